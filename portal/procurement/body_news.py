"""What the people of a body are told of by mail: that an objection or a message came, never from whom or what it says.

It goes to the members of the body's sections who may answer it, at their own addresses (PORTAL_STAFF_MAIL_DOMAIN). Where the
city sends no mail to its staff, the lists on their desks say the same.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import outbox
from portal.core.outbox import Errand
from portal.core.permissions import Permission
from portal.core.words import N_
from portal.mailbox import service as mailbox
from portal.procurement.models import AgencySection
from portal.staff import service as staff

TELL = "procurement.body-news"
LANGUAGE = "ja"
OBJECTION, CLARIFICATION, QUESTION = "objection", "clarification", "question"
ENDED, MOVED = "ended", "moved"
SUBJECTS = {
    OBJECTION: N_("A company objects: an answer is waited for"),
    CLARIFICATION: N_("A bidder has answered in a clarification"),
    QUESTION: N_("A question about a tender waits for an answer"),
    ENDED: N_("A company you have to do with was closed or merged"),
    MOVED: N_("Companies you have to do with have another name or address"),
}
_OPEN = N_("Open the page to read it. You sign in as staff.")
_FOOT = N_("This mail says nothing of the contents on purpose.")


def post(session: Session, agency_code: str, matter: str, *, to: Permission, link: str, key: str) -> None:
    """Promise one mail to each member of the body who holds the permission *to*; the same *key* once."""
    payload = {"agency": agency_code, "matter": matter, "to": str(to), "link": link}
    outbox.post(session, TELL, payload | {"key": key}, key=f"body-news:{key}")


def addresses(session: Session, settings: Settings, agency_code: str, permission: Permission) -> list[str]:
    """Where those who may answer get their mail; nobody where the city sends none."""
    sections = session.scalars(select(AgencySection.section_id).where(AgencySection.agency_code == agency_code)).all()
    logins = staff.logins_with(session, sections, permission)
    return [found for login in logins if (found := mailbox.staff_address(settings, login))]


def errand(settings: Settings) -> Errand:
    """How it leaves: who may answer now, not when it was promised."""
    ways = mailbox.WaysOf.of(settings)

    def take(session: Session, payload: dict[str, Any]) -> list[Any]:
        if ways.mail is None:
            return []
        to = addresses(session, settings, payload["agency"], Permission(payload["to"]))
        subject, text = words(payload["matter"], f"{ways.base_url}{payload['link']}")
        said = {"subject": subject, "text": text, "language": LANGUAGE}
        key = payload["key"].replace(":", ".")
        return [mailbox.mail.letter(ways.mail, to=one, key=f"{key}.{place}", **said) for place, one in enumerate(to)]

    def carry(letters: Sequence[Any]) -> None:
        if not letters or ways.mail is None:
            return
        with ways.mail.open() as line:
            outcomes = [line.send(letter).outcome for letter in letters]  # each is tried
        if "later" in outcomes:
            raise ConnectionError("the mail server does not take it now")  # the outbox tries again

    return Errand(take, carry, lambda session, brought: None)


def words(matter: str, link: str) -> tuple[str, str]:
    """(subject, text)."""
    say = mailbox.mail_words.say
    subject = say(LANGUAGE, SUBJECTS[matter])
    return subject, f"{subject}\n\n{say(LANGUAGE, _OPEN)}\n{link}\n\n--\n{say(LANGUAGE, _FOOT)}\n"
