"""What each paper says, as plain facts; `paper` turns them into a PDF. No database, no clock, no request.

Form of the copy of the resident record: 住民基本台帳法 7条 and 12条 (items of the record) and the form in
the national standard specification of the resident-record system. An item nobody asked for is printed as
省略, never left blank, so that nothing can be written in afterwards. In a designated city the head of the
ward attests (同法 38条).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from portal.core.wareki import japanese

OMITTED = "省略"
NONE = "－"


class Scope(StrEnum):
    """Whom the copy covers: one person, everybody in the household (世帯全員), or some of it (世帯一部)."""

    SELF = "self"
    HOUSEHOLD = "household"
    PART = "part"


ATTESTATIONS = {
    Scope.HOUSEHOLD: "この写しは、世帯全員の住民票の原本と相違ないことを証明する。",
    Scope.SELF: "この写しは、住民票の原本と相違ないことを証明する。",
    Scope.PART: "この写しは、世帯の一部の住民票の原本と相違ないことを証明する。",
}
SCOPE_WORDS = {Scope.SELF: "個人", Scope.HOUSEHOLD: "世帯全員", Scope.PART: "世帯一部"}


class Item(StrEnum):
    """Items printed only when the person asks for them (同法 12条5項)."""

    RELATION = "relation"
    DOMICILE = "domicile"
    PREVIOUS = "previous"


@dataclass(frozen=True, kw_only=True)
class ForeignStatus:
    """Items of a foreign resident (同法 30条の45): printed in place of 本籍 and 筆頭者."""

    nationality: str
    category: str = ""
    residence_status: str = ""
    period: str = ""
    expires_on: date | None = None
    card_number: str = ""

    def rows(self) -> list[list[str]]:
        """What the register says; "－" where that category of resident has no such item."""
        until = japanese(self.expires_on) if self.expires_on else NONE
        return [
            ["国籍・地域", self.nationality, "法第30条の\n45の区分", self.category or NONE],
            ["在留資格", self.residence_status or NONE, "在留期間", self.period or NONE],
            ["在留カード等\nの番号", self.card_number or NONE, "在留期間の\n満了の日", until],
        ]


@dataclass(frozen=True, kw_only=True)
class PersonOnRecord:
    """One person as the register has them; names keep their variation selectors."""

    name: str
    kana: str
    born_on: date
    sex: str
    relation: str
    resident_since: date
    address_since: date
    notified_on: date | None = None
    previous_address: str = ""
    domicile: str = ""
    head_of_register: str = ""
    alias: str = ""
    former_name: str = ""
    foreign: ForeignStatus | None = None
    my_number: str = field(default="", repr=False)
    """As printed; "" leaves it out. It is put in last, and is no part of what an order keeps."""
    who: UUID | None = None

    @property
    def born(self) -> str:
        """The date of birth as every paper prints it: foreign residents' as their residence card does."""
        return f"西暦{self.born_on:%Y年%-m月%-d日}" if self.foreign else japanese(self.born_on)


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """Who attests: title (千葉市中央区長), a fictitious name, the nine signs of the seal in reading order."""

    title: str
    name: str
    seal: str


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What makes this one sheet traceable: its order, whose it is, its numbers, the address its 2D code opens.

    `owner` is what only the card of its owner and this order give together (orders.owner_mark); `free_for` says what a
    paper without fee may be used for.
    """

    order_id: UUID
    issue_number: str
    verification_code: str
    verification_url: str
    issued_at: datetime
    """Aware instant; the printed day is taken in `issued_on`, which the caller decides in JST."""
    issued_on: date
    owner: str = ""
    free_for: str = ""

    def facts(self) -> dict[str, object]:
        return {
            "issued": japanese(self.issued_on),
            "issue_number": self.issue_number,
            "verification_code": self.verification_code,
            "verification_page": self.verification_url.partition("#")[0].partition("://")[2],
            "free_for": self.free_for,
            "keywords": [
                f"order:{self.order_id}",
                f"issue:{self.issue_number}",
                *([f"owner:{self.owner}"] if self.owner else []),
            ],
        }


class Sheet(Protocol):
    """One paper before it is drawn; every kind has one."""

    @property
    def issuer(self) -> Issuer: ...

    @property
    def layout(self) -> str:
        """The typst file that draws it."""

    def title(self) -> str: ...

    def facts(self) -> dict[str, object]:
        """All the register and the issuer say; the same facts again mean that nothing changed."""

    def names(self) -> list[str]:
        """Every text that has to be drawn exactly as registered."""

    def births(self) -> list[date]:
        """The dates of birth on it."""

    def claims(self) -> dict[str, object]:
        """What the signed statement says of it: nothing the paper does not show."""


@dataclass(frozen=True, kw_only=True)
class ResidentRecord:
    """住民票の写し: address, head of household, the persons covered, the optional items asked for."""

    scope: Scope
    address: str
    head: str
    persons: Sequence[PersonOnRecord]
    items: frozenset[Item]
    issuer: Issuer
    layout: str = "resident_record"

    def title(self) -> str:
        return f"住民票の写し（{SCOPE_WORDS[self.scope]}）"

    def facts(self) -> dict[str, object]:
        """All the register and the issuer say; the same facts again mean that nothing changed."""
        return {
            "address": self.address,
            "head": self.head if Item.RELATION in self.items else OMITTED,
            "persons": [person_facts(person, self.items) for person in self.persons],
            "attestation": ATTESTATIONS[self.scope],
            "issuer_title": self.issuer.title,
            "issuer_name": self.issuer.name,
            "seal": self.issuer.seal,
        }

    def names(self) -> list[str]:
        """Every text that has to be drawn exactly as registered."""
        found = [self.address, self.issuer.name]
        if Item.RELATION in self.items:
            found.append(self.head)
        for person in self.persons:
            found += [person.name, person.kana, person.alias, person.former_name, person.previous_address]
            found += [person.domicile, person.head_of_register]
        return found

    def births(self) -> list[date]:
        return [person.born_on for person in self.persons]

    def claims(self) -> dict[str, object]:
        relation = Item.RELATION in self.items
        return {
            "title": self.title(),
            "by": self.issuer.title,
            "address": self.address,
            "persons": [
                {"name": one.name, "born": one.born_on.isoformat()}
                | ({"alias": one.alias} if one.alias else {})
                | ({"relation": one.relation} if relation else {})
                for one in self.persons
            ],
        }


def person_facts(person: PersonOnRecord, items: frozenset[Item]) -> dict[str, object]:
    """One person's block: values as printed; `rows` counts its table rows."""
    names = (("旧　　氏", person.former_name), ("通　　称", person.alias))
    other_names = [[name, value] for name, value in names if value]
    origin = _origin(person, items)
    foreign = person.foreign is not None
    return {
        "name": person.name,
        "kana": person.kana,
        "born": person.born,
        "sex": person.sex,
        "relation": person.relation if Item.RELATION in items else OMITTED,
        "other_names": other_names,
        "since_label": "外国人住民と\nなった年月日" if foreign else "住民となった\n年月日",
        "resident_since": japanese(person.resident_since),
        "address_since": japanese(person.address_since),
        "notified_on": japanese(person.notified_on) if person.notified_on else "",
        "previous_address": person.previous_address or "なし",
        "origin": origin,
        "my_number": person.my_number or OMITTED,
        "record_code": OMITTED,
        "rows": 5 + len(other_names) + bool(person.notified_on) + len(origin),
    }


def _origin(person: PersonOnRecord, items: frozenset[Item]) -> list[list[str]]:
    """Rows on where a person belongs: 本籍 for citizens, status of residence for foreign residents."""
    asked = Item.DOMICILE in items
    status = person.foreign
    if status is None:
        domicile, head = (person.domicile, person.head_of_register) if asked else (OMITTED, OMITTED)
        return [["本　　籍", domicile], ["筆 頭 者", head]]
    rows = status.rows()
    return rows if asked else [[row[0], OMITTED, row[2], OMITTED] for row in rows]


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """領収書 of a fee: `amount` as printed (￥200), lines of (what, copies, sum), facts of (name, value)."""

    language: str
    words: Mapping[str, tuple[str, str]]
    """Keys: heading keep."""
    number: str
    amount: str
    lines: Sequence[tuple[tuple[str, str], str, str]]
    facts_below: Sequence[tuple[tuple[str, str], str]]
    issuer: Issuer
    printed_at: datetime
    keywords: Sequence[str] = field(default_factory=tuple)

    def facts(self) -> dict[str, object]:
        return {
            "words": {key: list(pair) for key, pair in self.words.items()},
            "amount": self.amount,
            "lines": [[list(what), copies, total] for what, copies, total in self.lines],
            "facts": [[list(name), value] for name, value in self.facts_below],
            "issuer": self.issuer.title,
            "seal": self.issuer.seal,
        }
