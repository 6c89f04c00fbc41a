"""A paper of each kind about fictitious people, and a desk that draws them as the city does."""

import io
from dataclasses import replace

from PIL import Image, ImageDraw

from portal.certificates import contents, issuing
from portal.certificates.desk import Desk
from portal.certificates.item_sheet import RecordItems
from portal.certificates.paper import press
from portal.certificates.seal_sheet import SealCertificate
from portal.certificates.sealing import pdf_seal
from portal.certificates.sealing.reading import Published
from portal.certificates.sheets import Item, Marks, Scope, Sheet
from portal.certificates.tax_sheets import Account, Assessment, IncomeCertificate, TaxPaymentCertificate
from tests.portal.certificates.city import Town, desk
from tests.portal.certificates.people import HANAKO, ISSUER, MARKS, NEIGHBOUR, family, record

ADDRESS = "千葉県千葉市中央区千葉港1番1号 架空ハイツ203号室"
AMOUNTS = {
    "salary_receipts": 5_200_000,
    "salary": 3_720_000,
    "total": 3_720_000,
    "deductions": 1_226_000,
    "levied": 254_300,
}


def impression(side: int = 360) -> bytes:
    """A round seal as a machine reads it: black on white, PNG."""
    image = Image.new("1", (side, side), 1)
    ImageDraw.Draw(image).ellipse((8, 8, side - 8, side - 8), outline=0, width=12)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def assessment(year: int = 2026) -> Assessment:
    return Assessment(year=year, address_then=ADDRESS, amounts=AMOUNTS, dependants=1)


def accounts() -> list[Account]:
    return [
        Account(tax="residents", owed=254_300, paid=127_000, not_due=127_300),
        Account(tax="vehicle", owed=10_800, paid=10_800, not_due=0),
    ]


def every_kind() -> dict[str, Sheet]:
    city = {"address": ADDRESS, "year": 2026, "issuer": contents.issuer("")}
    return {
        "resident-record": record(family(2), Scope.HOUSEHOLD, Item.RELATION),
        "record-items": RecordItems(
            scope=Scope.SELF,
            address=ADDRESS,
            head="架空 太郎",
            persons=[HANAKO, NEIGHBOUR],
            items=frozenset({Item.RELATION, Item.PREVIOUS}),
            issuer=ISSUER,
        ),
        "seal": SealCertificate(
            person=HANAKO, address=ADDRESS, impression=impression(), millimetres=(15.0, 15.0), issuer=ISSUER
        ),
        "income": IncomeCertificate(person=HANAKO, assessment=assessment(), **city),
        "tax-payment": TaxPaymentCertificate(person=HANAKO, accounts=accounts(), **city),
    }


def at_desk() -> Desk:
    return desk(Town())


def drawn(sheet: Sheet, marks: Marks = MARKS, **changed: object) -> bytes:
    """The sealed PDF of a sheet."""
    marks = replace(marks, **changed)
    text = issuing.statement_of(at_desk(), marks, sheet)
    pdf = press().certificate(sheet, marks, text, issuing.embedded(marks, sheet, text))
    return pdf_seal.sealer(at_desk().seal()).seal(pdf, marks.issued_at)


def published() -> Published:
    keys = at_desk().seal()
    return Published(keys.jwks(), keys.chain_pem())
