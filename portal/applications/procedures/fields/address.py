"""A postal address: the postal code finds the town, with the browser's script or by a button without it."""

from portal.applications.procedures.fields.component import (
    Component,
    KnownFacts,
    NotUnderstood,
    Typed,
    each_part,
    read_parts,
)
from portal.applications.procedures.schema import FormField
from portal.applications.procedures.words import fault_of
from portal.core import text
from portal.core.addresses import CITY, PREFECTURE, find_towns
from portal.core.text import TextRefused

PARTS = ("postal", "town", "street", "building")
LONGEST = 100


def _line(typed: str) -> str:
    return text.address_line(typed, longest=LONGEST)


READERS = {"postal": text.postal_code, "town": _line, "street": _line, "building": lambda line: line and _line(line)}


def _read(asked: FormField, typed: Typed, known: KnownFacts) -> dict[str, str]:
    address = read_parts(asked, typed, READERS)
    if asked.within_city and not address["town"].startswith((CITY, PREFECTURE + CITY)):
        raise NotUnderstood({f"{asked.name}-town": fault_of("address-outside-city")})
    return address


def with_town(typed: Typed, prefix: str) -> dict[str, list[str]]:
    """*typed* with the town of the postal code in the address *prefix*, for people without JavaScript."""
    copy = {name: list(texts) for name, texts in typed.items()}
    try:
        found = find_towns((copy.get(f"{prefix}-postal") or [""])[0])
    except TextRefused:
        return copy
    return copy | {f"{prefix}-town": [found[0].address]} if found else copy


ADDRESS = Component(_read, lambda asked, answer: each_part(asked, answer, PARTS), PARTS, "postal")
