"""Registered seals and taxes of the cast: a seal for the grown-ups, this year's and last year's tax."""

import io

from sqlalchemy.orm import Session

from portal.certificates.ledgers import service as ledgers
from portal.certificates.ledgers.service import Impression
from portal.certificates.tax_sheets import Account, Assessment
from portal.core import clock
from portal.demo import cast
from portal.residents import service as residents

SEALS = (cast.TARO, cast.HANAKO, cast.ICHIRO)
INCOMES = {cast.TARO: 5_200_000, cast.HANAKO: 3_600_000, cast.MARIA: 2_640_000}
DOTS = 24
"""Dots a millimetre, as the machines of seal registries read."""


def load(session: Session) -> None:
    """Loading twice changes nothing."""
    for place, person in enumerate(SEALS):
        known = residents.find_by_number(session, person.addressee_number)
        if known and not ledgers.has_seal(session, known.id):
            impression = Impression(_drawn(person.name[-2:], 15 - 2 * place), 150 - 20 * place, 150 - 20 * place)
            ledgers.register_seal(
                session, known.id, number=f"架空-{place + 1:06d}", impression=impression, on=person.moved_in
            )
    newest = clock.today().year if clock.today().month >= 6 else clock.today().year - 1
    for person, salary in INCOMES.items():
        known = residents.find_by_number(session, person.addressee_number)
        if known:
            for year in (newest, newest - 1):
                _tax(session, known, year, salary - (newest - year) * 100_000)


def _tax(session: Session, known: residents.Person, year: int, receipts: int) -> None:
    """Round sums in the shape of the real ones (給与所得控除 and 基礎控除 of 2025)."""
    salary = int(receipts * 0.8) - 440_000
    social, basic = int(receipts * 0.145), 430_000
    taxed = max(0, salary - social - basic) // 1_000 * 1_000
    city, prefecture = taxed * 8 // 100 // 100 * 100, taxed * 2 // 100 // 100 * 100
    levied = city + prefecture + 3_000 + 1_000 + 1_000
    amounts = {
        "salary_receipts": receipts,
        "salary": salary,
        "total": salary,
        "social_insurance": social,
        "basic": basic,
        "deductions": social + basic,
        "city_income": city,
        "city_head": 3_000,
        "prefecture_income": prefecture,
        "prefecture_head": 1_000,
        "forest": 1_000,
        "levied": levied,
    }
    told = Assessment(year=year, address_then=known.address, amounts=amounts)
    ledgers.take_assessment(session, known.id, told)
    half = levied // 2
    ledgers.take_accounts(
        session, known.id, year, [Account(tax="residents", owed=levied, paid=half, not_due=levied - half)]
    )


def _drawn(signs: str, millimetres: int) -> bytes:
    """A round seal with two signs, drawn without a font: the demo must not lack it where the font is missing."""
    from PIL import Image, ImageDraw

    side = millimetres * DOTS
    image = Image.new("1", (side, side), 1)
    pen = ImageDraw.Draw(image)
    pen.ellipse((4, 4, side - 5, side - 5), outline=0, width=side // 28)
    half, arm, width = side // 2, side // 5, side // 24
    for row, sign in enumerate(signs):
        top = side // 6 + row * side // 3
        for stroke in range(3 + ord(sign) % 3):
            y = top + stroke * side // 14
            pen.line((half - arm + stroke % 2 * width, y, half + arm - stroke % 3 * width, y), fill=0, width=width)
        pen.line((half, top - width, half, top + side // 4), fill=0, width=width)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
