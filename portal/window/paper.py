"""The number on paper: one strip of an 80 mm thermal roll, as PDF. The same number gives the same bytes."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from portal.core import qr
from portal.core.clock import JST
from portal.core.press import press
from portal.core.words import N_
from portal.staff import service as staff
from portal.window import kinds, numbers
from portal.window.models import Ticket
from portal.window.numbers import Standing

LAYOUT = Path(__file__).parent / "layouts" / "number.typ"
GOTHIC = "BIZ UDPGothic"
FACES = {"zh": ["Noto Sans CJK SC"], "ko": ["Noto Sans CJK KR"]}

Say = Callable[[str, str], str]
"""Translates into the language of a code the msgid after it."""

TIME = N_("Drawn at")
BEFORE = N_("People before you")
MINUTES = N_("Minutes, about")
PHONE = N_("Your phone shows when it is your turn. Scan this code.")
KEEP = N_("Please watch the call board, and stay near it. Give this slip back at the window.")


def slip(session: Session, ticket: Ticket, base_url: str, say: Say) -> bytes:
    """The slip of a number in the language it was drawn in and in Japanese; its QR code opens the phone page."""
    sheet = facts(ticket, numbers.standing(session, ticket), staff.office_name(session, ticket.office), say)
    sheet["qr"] = qr.on_paper(base_url + numbers.page_of(ticket), border=1)
    return press().draw(LAYOUT, sheet, ticket.drawn_at, tags=False, standard=None)


def facts(ticket: Ticket, standing: Standing, office: str, say: Say) -> dict[str, object]:
    """What stands on the slip; *office* is the name on the door. No name, nothing of the person."""

    def both(message: str) -> tuple[str, str]:
        own, japanese = say(ticket.language, message), say("ja", message)
        return own, "" if own == japanese else japanese

    return {
        "title": ticket.label,
        "author": office,
        "office": office,
        "lang": ticket.language,
        "face": [*FACES.get(ticket.language, []), GOTHIC],
        "kind": both(kinds.WORDS[ticket.kind]),
        "number": ticket.label,
        "lines": [
            (both(TIME), f"{ticket.drawn_at.astimezone(JST):%H:%M}"),
            (both(BEFORE), str(standing.before)),
            (both(MINUTES), f"{standing.estimate.optimistic}–{standing.estimate.normal}"),
        ],
        "phone": both(PHONE),
        "keep": both(KEEP),
        "sample": True,
    }
