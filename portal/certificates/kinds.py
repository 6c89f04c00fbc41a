"""Which papers there are, what is asked about each, and what they cost, by channel and purpose. Pure.

Kinds and questions at the machine follow コンビニ交付; what only a desk or the portal can offer (part of a household,
a purpose that makes it free of charge) is not asked there. A copy with a personal number (個人番号) is offered at the
window alone, when it is asked for, and to whom it is to be shown is asked back.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from portal.certificates.sheets import Item, Scope
from portal.certificates.tax_sheets import era_year
from portal.core.money import Yen
from portal.core.words import N_

MAX_COPIES = 5
YEARS_BACK = 3
FIRST_MONTH = 6
"""A fiscal year's tax is fixed and told in June (地方税法 319条の2): from then on its certificates exist."""


class Kind(StrEnum):
    RESIDENT_RECORD = "resident-record"
    RECORD_ITEMS = "record-items"
    SEAL = "seal"
    INCOME = "income"
    TAX_PAYMENT = "tax-payment"


RECORDS = (Kind.RESIDENT_RECORD, Kind.RECORD_ITEMS)
TAXES = (Kind.INCOME, Kind.TAX_PAYMENT)


class Channel(StrEnum):
    KIOSK = "kiosk"
    WINDOW = "window"
    ONLINE = "online"


class Purpose(StrEnum):
    """What a paper is for, as far as the fee depends on it."""

    GENERAL = "general"
    PENSION = "pension"
    CHILDREN = "children"
    LABOUR = "labour"
    WELFARE = "welfare"


@dataclass(frozen=True, slots=True)
class Exemption:
    """A purpose that makes some kinds free: by which law, and the words printed so that the paper serves nothing
    else."""

    kinds: tuple[Kind, ...]
    law: str
    printed: str


EXEMPTIONS: dict[Purpose, Exemption] = {
    Purpose.PENSION: Exemption(
        (*RECORDS,), "国民年金法 104条、厚生年金保険法 95条", "国民年金・厚生年金の手続きのために無料で交付しました"
    ),
    Purpose.CHILDREN: Exemption(
        (*RECORDS, Kind.INCOME), "児童扶養手当法 28条の2", "児童扶養手当の手続きのために無料で交付しました"
    ),
    Purpose.LABOUR: Exemption(
        (Kind.RECORD_ITEMS,), "労働基準法 111条", "労働基準法第111条の証明のために無料で交付しました"
    ),
    Purpose.WELFARE: Exemption(
        (*RECORDS, *TAXES), "生活保護法、手数料条例", "生活保護の手続きのために無料で交付しました"
    ),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """`label` is a msgid, `facts` what it names."""

    value: str
    label: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Option:
    """One question about a certificate; labels are msgids."""

    name: str
    label: str
    choices: tuple[Choice, ...]

    def allows(self, value: str) -> bool:
        return any(choice.value == value for choice in self.choices)


YES_NO = (Choice("yes", N_("Include")), Choice("no", N_("Leave out")))
NAMES: dict[Kind, str] = {
    Kind.RESIDENT_RECORD: N_("Copy of the resident record"),
    Kind.RECORD_ITEMS: N_("Certificate of items on the resident record"),
    Kind.SEAL: N_("Seal registration certificate"),
    Kind.INCOME: N_("Income and tax certificate"),
    Kind.TAX_PAYMENT: N_("Tax payment certificate"),
}
WITH_SCOPE: dict[Scope, str] = {
    Scope.SELF: N_("Copy of the resident record (yourself only)"),
    Scope.HOUSEHOLD: N_("Copy of the resident record (whole household)"),
    Scope.PART: N_("Copy of the resident record (part of the household)"),
}
TO_OTHERS: dict[Scope, str] = {**WITH_SCOPE, Scope.SELF: N_("Copy of the resident record (one person)")}
"""The same for whoever checks a paper of somebody else."""
SCOPE = Option(
    "scope",
    N_("Who is on the certificate"),
    (Choice(Scope.SELF, N_("Yourself only")), Choice(Scope.HOUSEHOLD, N_("Everyone in the household"))),
)
PART = Choice(Scope.PART, N_("Some of the household"))
RELATION = Option(Item.RELATION, N_("Relation to the head of the household"), YES_NO)
DOMICILE = Option(Item.DOMICILE, N_("Registered domicile, or nationality and status of residence"), YES_NO)
PREVIOUS = Option(Item.PREVIOUS, N_("Previous address and day of moving in"), YES_NO)
PURPOSE = Option(
    "purpose",
    N_("What it is for"),
    (
        Choice(Purpose.GENERAL, N_("Something else (with fee)")),
        Choice(Purpose.PENSION, N_("Public pension (free of charge)")),
        Choice(Purpose.CHILDREN, N_("Child-rearing allowance (free of charge)")),
        Choice(Purpose.LABOUR, N_("Proof of age for an employer (free of charge)")),
        Choice(Purpose.WELFARE, N_("Public assistance (free of charge)")),
    ),
)
NUMBER = Option("number", N_("My Number (個人番号)"), YES_NO)
NUMBER_FOR = Option(
    "number_for",
    N_("To whom the My Number is shown"),
    (
        Choice("employer", N_("Employer: tax and social insurance")),
        Choice("tax-office", N_("Tax office")),
        Choice("bank", N_("Bank or securities company")),
        Choice("pension", N_("Pension office")),
        Choice("office", N_("Another office, for a task of the My Number Act")),
    ),
)
"""番号法 19条 names who may be given it; on a copy for anybody else it stays out."""
ITEM_WORDS: dict[Item, str] = {
    Item.RELATION: RELATION.label,
    Item.DOMICILE: DOMICILE.label,
    Item.PREVIOUS: PREVIOUS.label,
}
ITEMS: dict[Kind, tuple[Item, ...]] = {
    Kind.RESIDENT_RECORD: (Item.RELATION, Item.DOMICILE),
    Kind.RECORD_ITEMS: (Item.RELATION, Item.DOMICILE, Item.PREVIOUS),
}


def questions(kind: Kind, channel: Channel, today: date) -> tuple[Option, ...]:
    """What is asked about a kind at a channel, in order."""
    at_machine = channel is Channel.KIOSK
    scope = SCOPE if at_machine else Option(SCOPE.name, SCOPE.label, (*SCOPE.choices, PART))
    asked: dict[Kind, tuple[Option, ...]] = {
        Kind.RESIDENT_RECORD: (scope, RELATION, DOMICILE),
        Kind.RECORD_ITEMS: (scope, RELATION, DOMICILE, PREVIOUS),
        Kind.SEAL: (),
        Kind.INCOME: (_years(today),),
        Kind.TAX_PAYMENT: (_years(today),),
    }
    purposes = () if at_machine else _purposes(kind)
    number = (NUMBER, NUMBER_FOR) if channel is Channel.WINDOW and kind is Kind.RESIDENT_RECORD else ()
    return (*asked[kind], *number, *purposes)


def _purposes(kind: Kind) -> tuple[Option, ...]:
    free = {purpose for purpose, exemption in EXEMPTIONS.items() if kind in exemption.kinds}
    choices = tuple(one for one in PURPOSE.choices if one.value in {Purpose.GENERAL, *free})
    return (Option(PURPOSE.name, PURPOSE.label, choices),) if free else ()


def _years(today: date) -> Option:
    """The fiscal years there are certificates of, the newest first."""
    newest = today.year if today.month >= FIRST_MONTH else today.year - 1
    choices = [
        Choice(str(year), N_("Fiscal year %(year)s (%(era)s)"), {"year": year, "era": f"{era_year(year)}年度"})
        for year in range(newest, newest - YEARS_BACK, -1)
    ]
    return Option("year", N_("Which fiscal year"), tuple(choices))


def items_of(kind: Kind, options: Mapping[str, str]) -> frozenset[Item]:
    """The optional items somebody answered "yes" to."""
    return frozenset(item for item in ITEMS.get(kind, ()) if options.get(item) == "yes")


def purpose_of(options: Mapping[str, str]) -> Purpose:
    return Purpose(options.get("purpose", Purpose.GENERAL))


def title_of(options: Mapping[str, str], kind: str = Kind.RESIDENT_RECORD) -> str:
    """The msgid that names a certificate with these choices."""
    return WITH_SCOPE[Scope(options["scope"])] if kind == Kind.RESIDENT_RECORD else NAMES[Kind(kind)]


def title_to_others(options: Mapping[str, str], kind: str) -> str:
    return TO_OTHERS[Scope(options["scope"])] if kind == Kind.RESIDENT_RECORD else NAMES[Kind(kind)]


def fee(kind: Kind, channel: Channel, office: str = "", purpose: Purpose = Purpose.GENERAL) -> Yen:
    """Yen a copy at one office; 0 for a purpose a law frees. KeyError if the table has no such line."""
    if purpose is not Purpose.GENERAL and kind in EXEMPTIONS[purpose].kinds:
        return Yen(0)
    table = _fees()
    own = table.get((office, kind, channel))
    return own if own is not None else table["*", kind, channel]


@cache
def _fees() -> dict[tuple[str, str, str], Yen]:
    source = files("portal.certificates").joinpath("fees.csv").read_text(encoding="utf-8")
    lines = (line for line in source.splitlines() if not line.startswith("#"))
    return {(row["office"], row["kind"], row["channel"]): Yen(int(row["yen"])) for row in csv.DictReader(lines)}
