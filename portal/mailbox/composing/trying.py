"""A test send: the notice, as somebody invented gets it, by real mail to the clerk's own address and to nobody else."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock, outbox
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.outbox import Errand
from portal.core.words import N_
from portal.mailbox.channels import mail, wording
from portal.mailbox.channels.parcels import Outcome
from portal.mailbox.channels.rules import MailOff, Says
from portal.mailbox.channels.ways import Ways
from portal.mailbox.composing import placeholders
from portal.mailbox.models import Notice
from portal.staff import service as staff

TRY = "mailbox.test-send"
_SUBJECT = N_("[Test] %(title)s")
_ABOVE = N_("This is a test. Nobody else got it. So the notice reads in the mailbox:")
_BELOW = N_("And this is all that is said outside the mailbox:")


def own_address(session: Session, settings: Settings, clerk: Actor) -> str:
    """Where the clerk's own mail goes; "" where the city has no mail server, or has set no domain for its staff."""
    if not settings.smtp_url.get_secret_value() or not settings.staff_mail_domain or clerk.id is None:
        return ""
    return address_of(settings, staff.login_of(session, clerk.id))


def address_of(settings: Settings, login: str) -> str:
    """Where the mail of a member of staff goes; "" where the city has no mail server, or has set no domain for them."""
    if not settings.smtp_url.get_secret_value() or not settings.staff_mail_domain:
        return ""
    return login if "@" in login else f"{login}@{settings.staff_mail_domain}"


def test_send(session: Session, settings: Settings, clerk: Actor, notice: Notice, language: str) -> None:
    """Promise one mail to *clerk*; what the draft says when it is taken is what is sent."""
    if not own_address(session, settings, clerk):
        raise MailOff
    now = clock.now()
    payload = {"number": notice.number, "language": language, "to": str(clerk.id), "at": now.isoformat()}
    outbox.post(session, TRY, payload, lane=outbox.Lane.URGENT)
    did(session, Action.LOOK, whose=None, what="mailbox.test-send", case_ref=str(notice.id)[:8])


def errands(settings: Settings) -> dict[str, Errand]:
    """How it leaves."""
    ways = Ways.of(settings)

    def take(session: Session, payload: dict[str, Any]) -> Any:
        notice = session.get(Notice, payload["number"])
        found = staff.actor_of(session, UUID(payload["to"]))
        address = own_address(session, settings, found[0]) if found else ""
        if notice is None or ways.mail is None or not address:
            return None
        key = f"{notice.id.hex}.{payload['at'].translate(str.maketrans('', '', ':+.-'))}"
        return letter(ways.mail, notice, payload["language"], to=address, key=key, link=f"{ways.base_url}/mailbox")

    def carry(taken: Any) -> Any:
        if taken is None or ways.mail is None:
            return None
        with ways.mail.open() as line:
            if line.send(taken).outcome is Outcome.LATER:
                raise ConnectionError("the mail server does not take it now")  # the outbox tries again
        return None

    return {TRY: Errand(take, carry, lambda session, brought: None)}


def letter(server: mail.MailServer, notice: Notice, code: str, *, to: str, key: str, link: str) -> Any:
    """The mail: the notice with invented values, and what would be said outside."""
    spoken = code if code in notice.texts else "ja"
    reader = "ja" if spoken == "easy" else spoken
    said = notice.texts[spoken]
    wanted = placeholders.names(said["body"])
    fills = {name: placeholders.INVENTED.get(name, f"({name})") for name in wanted}
    outside = [(Says.LETTER, "")]
    parts = [
        wording.say(reader, _ABOVE),
        f"■ {said['title']}",
        placeholders.fill(said["body"], fills),
        "--",
        wording.say(reader, _BELOW),
        wording.title(reader, outside),
        wording.mail_text(reader, outside, link=link),
    ]
    subject = wording.say(reader, _SUBJECT, title=" ".join(said["title"].split()))
    return mail.letter(server, to=to, subject=subject, text="\n\n".join(parts), key=key, language=reader)
