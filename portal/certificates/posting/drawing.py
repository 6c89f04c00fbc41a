"""A batch as one file for the printer: behind each letter for the window envelope its certificates."""

import io
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.certificates import contents, issuing
from portal.certificates.desk import Desk
from portal.certificates.kinds import NAMES, Kind
from portal.certificates.models import CertificateOrder
from portal.certificates.posting import service
from portal.certificates.posting.models import CertificateBatch, CertificateLetter
from portal.core import barcode
from portal.core.addresses import CITY
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.press import press
from portal.core.wareki import japanese
from portal.residents import service as residents
from portal.web.i18n import catalogue

LAYOUT = Path(__file__).parent / "layouts" / "cover.typ"


def file_of(session: Session, desk: Desk, batch: CertificateBatch) -> bytes:
    """Each person's data are opened for it, on record. Drawn again it is the same, as long as the register is: what would
    say something else now is left out. It is not told here that it must not be posted: a sheet drawn before may lie in the
    pile, so that is for whoever says that the batch is posted."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for letter, order in service.letters_of(session, batch):
        if service.is_pulled(order):
            continue
        try:
            paper = issuing.document(desk, order, issuing.same_sheet(session, desk, order)).pdf
        except Refusal:
            continue
        writer.append(PdfReader(io.BytesIO(_cover(session, batch, letter, order))))
        for _copy in range(order.copies):
            writer.append(PdfReader(io.BytesIO(paper)), import_outline=False)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _cover(session: Session, batch: CertificateBatch, letter: CertificateLetter, order: CertificateOrder) -> bytes:
    person = residents.look_up(session, order.resident_id, case_ref=order.reference)
    drawable = not press().undrawable([person.known_as])
    sheet: dict[str, Any] = {
        "title": "証明書の送付",
        "author": CITY,
        "keywords": [f"order:{order.id}"],
        "date": japanese(batch.printed_at.astimezone(JST).date()),
        "section": contents.issuer("").title,
        "number": f"{str(batch.id)[:8].upper()}-{letter.place:03d}",
        "postal_code": f"{person.postal_code[:3]}-{person.postal_code[3:]}",
        "address": _lines(person),
        "name": person.known_as if drawable else person.kana,
        "bars": barcode.bars(person.postal_code, f"{person.block} {person.building}"),
        "paper": catalogue("ja").gettext(NAMES[Kind(order.kind)]),
        "copies": order.copies,
        "reference": order.reference,
        "issue_number": order.issue_number or "",
        "fee": f"{order.fee:,}円",
        "postage": f"{order.postage:,}円",
        "total": f"{order.total:,}円",
    }
    return press().draw(LAYOUT, sheet, batch.printed_at, tags=False)


def _lines(person: Any) -> list[str]:
    """The lines of the window: a building in one of its own."""
    whole = person.address
    if person.building and whole.endswith(person.building):
        return [whole.removesuffix(person.building).strip(), person.building]
    return [whole]
