"""Letters on paper: of a template, drawn when they are asked for, or a PDF the section's program made itself."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.core.clock import JST
from portal.core.envelope import KeyRing
from portal.core.wareki import japanese
from portal.mailbox.notify import calls, filling, papers, protocol, receivers
from portal.mailbox.notify.calls import Caller
from portal.mailbox.notify.models import Notification
from portal.mailbox.notify.papers import Sheet
from portal.mailbox.notify.protocol import KeyKind, Kind, Status

LAYOUT = Path(__file__).parent / "layouts" / "letter.typ"
LINES = [f"address_line_{number}" for number in range(1, 8)]
FEWEST, MOST = 3, 7
POSTAL_CODE = re.compile(r"(?<![0-9])[0-9]{3}-?[0-9]{4}(?![0-9])")
BAD_STARTS = tuple('@()=[]”"\\/,<>')
PROVIDED = "Provided as PDF"


def send(session: Session, caller: Caller, form: dict[str, Any]) -> dict[str, Any]:
    """A letter of a template."""
    values = form["personalisation"]
    if papers_in(values):
        raise protocol.bad_request("Can only send a file by email")
    wording = calls.template_for(session, caller, Kind.LETTER, form["template_id"], values)
    _check_key(caller)
    lines = address_of(values)
    subject, body = calls.fill(wording, values)
    row = {
        **calls.fresh(caller, Kind.LETTER, form, wording),
        "recipient": lines[0][:254],
        "subject": subject,
        "body": body,
        "address": {"lines": lines},
        "postage": "second",
    }
    _keep(session, caller, row, values)
    return calls.answer(caller, row)


def send_finished(session: Session, caller: Caller, form: dict[str, Any], sheet: Sheet) -> dict[str, Any]:
    """A letter that came as a PDF."""
    _check_key(caller)
    row = {
        **calls.fresh(caller, Kind.LETTER, form, None),
        "recipient": PROVIDED,
        "subject": PROVIDED,
        "body": "",
        "postage": form.get("postage", "second"),
    }
    if sheet.checked == "waiting":
        row["status"] = str(Status.PENDING_VIRUS_CHECK)
    number = _keep(session, caller, row, {})
    papers.keep(session, caller.settings.file_ring, number, sheet, at=papers.new_place())
    return {"id": str(row["id"]), "reference": row["reference"], "postage": row["postage"]}


def papers_in(values: Mapping[str, Any]) -> bool:
    return any(isinstance(value, dict) and "file" in value for value in values.values())


def address_of(values: Mapping[str, Any]) -> list[str]:
    """The lines for the window of the envelope: three to seven, a postal code in one of them (内国郵便約款)."""
    given = {filling.folded(name): value for name, value in values.items()}
    said = [given.get(filling.folded(name)) for name in LINES]
    if said[6] is None:
        said[6] = given.get("postcode")
    lines = [" ".join(str(line).split()) for line in said if line is not None and str(line).strip()]
    if len(lines) < FEWEST:
        raise protocol.invalid(f"Address must be at least {FEWEST} lines")
    if len(lines) > MOST:
        raise protocol.invalid(f"Address must be no more than {MOST} lines")
    if any(line.startswith(BAD_STARTS) for line in lines):
        raise protocol.invalid(
            "Address lines must not start with any of the following characters: @ ( ) = [ ] ” \\ / , < >"
        )
    if not any(POSTAL_CODE.search(_narrow(line)) for line in lines):
        raise protocol.invalid("Must be a real postal code")
    if not all(line.isprintable() and len(line) <= 200 for line in lines):
        raise protocol.invalid("Address lines must be printable")
    return lines


def _narrow(line: str) -> str:
    return line.translate(
        {0xFF10 + digit: 0x30 + digit for digit in range(10)} | dict.fromkeys(map(ord, "－−‐ー"), "-")
    )


def _check_key(caller: Caller) -> None:
    if caller.key_kind is KeyKind.TEAM:
        raise protocol.bad_request("Cannot send letters with a team api key", status=403)


def _keep(session: Session, caller: Caller, row: dict[str, Any], values: Mapping[str, Any]) -> int:
    """A letter waits for the section to print it; whom the section names by number reads it in the mailbox too."""
    if caller.key_kind is not KeyKind.TEST and row["body"]:
        row |= receivers.into_mailbox(session, caller.actor, row, values)
    return int(session.execute(insert(Notification).values(**row).returning(Notification.number)).scalar_one())


def paper_of(session: Session, ring: KeyRing, row: Notification, section: str) -> bytes:
    """The letter as it is printed."""
    if row.template_id is None:
        made = papers.of_letter(session, ring, row.number)
        if made is None:
            raise protocol.pdf_not_ready()
        return made
    return drawn(row, section)


def drawn(row: Notification, section: str) -> bytes:
    """A4, the address where the window of a 長形3号 envelope shows it; the same row gives the same bytes."""
    from portal.core.press import press

    day = row.made_at.astimezone(JST).date()
    sheet = {
        "title": row.subject,
        "author": section,
        "keywords": [],
        "lines": row.address.get("lines", []),
        "date": japanese(day),
        "section": section,
        "body": [part for part in row.body.split("\n\n") if part.strip()],
        "number": str(row.id)[:8],
    }
    return press().draw(LAYOUT, sheet, row.made_at)
