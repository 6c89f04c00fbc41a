"""The number on paper: one strip of an 80 mm thermal roll, as PDF."""

import io
import json
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import cast

from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.core.words import N_
from portal.staff import service as staff
from portal.window import kinds, numbers
from portal.window.models import Ticket
from portal.window.numbers import Standing

LAYOUTS = Path(__file__).parent / "layouts"
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
    sheet["qr"] = _qr(base_url + numbers.page_of(ticket))
    return _compile(json.dumps(sheet, ensure_ascii=False, sort_keys=True), ticket)


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


def _qr(url: str) -> str:
    """Error correction M: thermal paper is folded into a pocket."""
    import segno  # here, like typst: the worker need not carry it

    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=1, xmldecl=False, svgclass=None)
    return out.getvalue().decode()


_turn = threading.Lock()


def _compile(sheet: str, ticket: Ticket) -> bytes:
    """One compiler a process, behind a lock, as in certificates.paper; the same number gives the same bytes."""
    at = ticket.drawn_at.replace(microsecond=0)
    with _turn:
        pdf = _compiler().compile(
            input=LAYOUTS / "number.typ", format="pdf", sys_inputs={"sheet": sheet}, timestamp=at, pdf_tags=False
        )
    return cast(bytes, pdf)


@cache
def _compiler():  # type: ignore[no-untyped-def]
    import typst

    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    return typst.Compiler(root=LAYOUTS, font_paths=fonts)
