"""Letters as a file for the printer: drawn when it is fetched, from what the notice says and where people live now."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.core import barcode, qr
from portal.core.clock import JST
from portal.core.wareki import japanese
from portal.mailbox.composing import exports, people, placeholders
from portal.mailbox.models import Notice
from portal.mailbox.paper.models import Letter, LetterBatch
from portal.mailbox.rules import Strength
from portal.mailbox.sheets import drawable
from portal.residents import service as residents

LAYOUT = Path(__file__).parent / "layouts" / "letters.typ"
WHY_UNREAD = "電子私書箱でお送りしましたが、まだお読みになっていないため、書面でお届けします。"
WHY_LAW = "により、書面でもお届けします。"


def letters(session: Session, batch: LetterBatch, notice: Notice, found: Sequence[Letter], *, base_url: str) -> bytes:
    """One A4 sheet a letter, in the order of their numbers. Each person's data are opened for it, on record."""
    from portal.core.press import press

    link = f"{base_url.rstrip('/')}/mailbox/{notice.id}"
    at = batch.printed_at or batch.made_at
    machine = press()
    case_ref = str(notice.id)[:8]
    drawn = [_letter(session, machine, notice, letter, case_ref) for letter in found]
    sheet = {
        "title": drawable(machine, notice.texts["ja"]["title"]),
        "author": notice.section,
        "keywords": [],
        "date": japanese(at.astimezone(JST).date()),
        "section": notice.section,
        "batch": str(batch.id)[:8].upper(),
        "personal": notice.strength > Strength.PASSWORD,
        "due": japanese(notice.due_on) if notice.due_on else "",
        "why": f"{drawable(machine, batch.law)}{WHY_LAW}" if batch.law else WHY_UNREAD,
        "link": link,
        "qr": qr.on_paper(link),
        "letters": drawn,
    }
    return machine.draw(LAYOUT, sheet, at, tags=False)


def _letter(session: Session, machine: Any, notice: Notice, letter: Letter, case_ref: str) -> dict[str, Any]:
    person = residents.look_up(session, letter.resident_id, case_ref=case_ref)
    text = notice.texts["ja"]["body"]
    wanted = placeholders.names(text)
    fills: Mapping[str, str] = people.fills_of(session, notice, letter.resident_id, wanted) if wanted else {}
    name = person.known_as if not machine.undrawable([person.known_as]) else person.kana
    return {
        "postal_code": f"{person.postal_code[:3]}-{person.postal_code[3:]}",
        "address": [drawable(machine, line) for line in address_of(person)],
        "name": name,
        "bars": barcode.bars(person.postal_code, f"{person.block} {person.building}"),
        "number": f"{letter.place:05d}",
        "body": [part for part in drawable(machine, placeholders.fill(text, fills)).split("\n\n") if part.strip()],
    }


def address_of(person: Any) -> list[str]:
    """The lines of the window: a building in one of its own."""
    whole = person.address
    if person.building and whole.endswith(person.building):
        return [whole.removesuffix(person.building).strip(), person.building]
    return [whole]


def as_list(session: Session, notice: Notice, found: Sequence[Letter], heads: Sequence[str]) -> bytes:
    """The batch as a list (CSV): number, postal code, address, name. Each person's data are opened for it, on record."""
    rows = []
    for letter in found:
        person = residents.look_up(session, letter.resident_id, case_ref=str(notice.id)[:8])
        rows.append([str(letter.place), person.postal_code, person.address, person.known_as])
    return exports.as_csv(heads, rows)
