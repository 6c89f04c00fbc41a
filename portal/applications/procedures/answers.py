"""From what people type to answers, and back: one reader for each kind of field. Nothing here touches a database.

`typed` maps names of inputs to the texts sent for them, as in a form. An answer is JSON: a string (dates in ISO form),
a mapping of strings (address, account) or a list of ids (people).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from portal.applications.procedures.schema import FormField, Kind
from portal.applications.procedures.words import Fault, fault_of
from portal.core import clock, text, wareki
from portal.core.addresses import CITY, PREFECTURE, find_towns
from portal.core.text import TextRefused

Typed = Mapping[str, Sequence[str]]
KnownFacts = Mapping[str, Any]

PARTS: Mapping[Kind, tuple[str, ...]] = {
    Kind.DATE: ("era", "year", "month", "day"),
    Kind.ADDRESS: ("postal", "town", "street", "building"),
    Kind.BANK: ("bank", "branch", "kind", "number", "holder"),
}
ACCOUNT_KINDS = ("ordinary", "current")


@dataclass(slots=True)
class Reading:
    """What came out of one page: sound answers, what was typed but not understood, and why, by input."""

    answers: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, list[str]] = field(default_factory=dict)
    faults: dict[str, Fault] = field(default_factory=dict)


class NotUnderstood(Exception):
    """One or more inputs of a field could not be taken."""

    def __init__(self, faults: dict[str, Fault]) -> None:
        super().__init__()
        self.faults = faults


def inputs_of(asked: FormField) -> tuple[str, ...]:
    """The names of the inputs a field is typed into."""
    return tuple(f"{asked.name}-{part}" for part in PARTS.get(asked.type, ())) or (asked.name,)


def read_fields(fields: Iterable[FormField], typed: Typed, known: KnownFacts) -> Reading:
    """Read every field of one page."""
    reading = Reading()
    for asked in fields:
        try:
            reading.answers[asked.name] = read_field(asked, typed, known)
        except NotUnderstood as unclear:
            reading.faults.update(unclear.faults)
            reading.typed.update({name: [str(one) for one in typed.get(name, ())] for name in inputs_of(asked)})
    return reading


def read_field(asked: FormField, typed: Typed, known: KnownFacts) -> Any:
    """The answer to one question, None if it was left empty and need not be given; NotUnderstood otherwise."""
    if not has_text(asked, typed):
        if asked.required:
            raise NotUnderstood({first_input(asked): fault_of("choose" if _is_chosen(asked) else "missing")})
        return [] if asked.type is Kind.MEMBERS else None
    try:
        return READERS[asked.type](asked, typed, known)
    except TextRefused as refused:
        raise NotUnderstood({first_input(asked): fault_of(refused.code, refused.facts)}) from refused


def has_text(asked: FormField, typed: Typed) -> bool:
    """Whether anything was typed; a calendar or a kind of account chosen in a list is not typing."""
    return any(_first(typed, name) for name in inputs_of(asked) if not name.endswith(("-era", "-kind")))


def first_input(asked: FormField) -> str:
    """Where the error summary's link goes."""
    return f"{asked.name}-{PARTS[asked.type][0]}" if asked.type in (Kind.ADDRESS, Kind.BANK) else asked.name


def _is_chosen(asked: FormField) -> bool:
    return asked.type in (Kind.CHOICE, Kind.YES_NO, Kind.MEMBERS)


def _first(typed: Typed, name: str) -> str:
    texts = typed.get(name) or ("",)
    return texts[0].strip(" \u3000\r\n\t")


def _line(read: Callable[[str], str]) -> Callable[[FormField, Typed, KnownFacts], str]:
    return lambda asked, typed, known: read(_first(typed, asked.name))


def _text(asked: FormField, typed: Typed, known: KnownFacts) -> str:
    return text.single_line(_first(typed, asked.name), longest=asked.longest)


def _long_text(asked: FormField, typed: Typed, known: KnownFacts) -> str:
    return text.free_text(_first(typed, asked.name), longest=asked.longest)


def _number(asked: FormField, typed: Typed, known: KnownFacts) -> int:
    return text.whole_number(_first(typed, asked.name), least=asked.least, most=asked.most)


def _date(asked: FormField, typed: Typed, known: KnownFacts) -> str:
    era, year, month, day = (_first(typed, name) for name in inputs_of(asked))
    found = wareki.from_parts(era, year or "x", month or "x", day or "x")
    check_date(asked, found)
    return found.isoformat()


def check_date(asked: FormField, found: date) -> None:
    """Not earlier and not later than the procedure allows, counted from today in Japan."""
    today = clock.today()
    if asked.latest_days is not None and found > today + timedelta(days=asked.latest_days):
        raise TextRefused("date-too-late", {"days": asked.latest_days})
    if asked.earliest_days is not None and found < today - timedelta(days=asked.earliest_days):
        raise TextRefused("date-too-early")


def _choice(asked: FormField, typed: Typed, known: KnownFacts) -> str:
    chosen = _first(typed, asked.name)
    if chosen not in asked.values:
        raise TextRefused("choose")
    return chosen


def _members(asked: FormField, typed: Typed, known: KnownFacts) -> list[str]:
    there = [person["id"] for person in known.get(str(asked.prefill), ())]
    chosen = set(typed.get(asked.name, ()))
    return [one for one in there if one in chosen]


def _address(asked: FormField, typed: Typed, known: KnownFacts) -> dict[str, str]:
    readers: dict[str, Callable[[str], str]] = {
        "postal": text.postal_code,
        "town": lambda line: text.address_line(line, longest=100),
        "street": lambda line: text.address_line(line, longest=100),
        "building": lambda line: text.address_line(line, longest=100) if line else "",
    }
    address = _each_part(asked, typed, readers)
    if asked.within_city and not address["town"].startswith((CITY, PREFECTURE + CITY)):
        raise NotUnderstood({f"{asked.name}-town": fault_of("address-outside-city")})
    return address


def _bank(asked: FormField, typed: Typed, known: KnownFacts) -> dict[str, str]:
    def kind(chosen: str) -> str:
        if chosen not in ACCOUNT_KINDS:
            raise TextRefused("choose")
        return chosen

    readers: dict[str, Callable[[str], str]] = {
        "bank": lambda line: text.single_line(line, longest=60),
        "branch": lambda line: text.single_line(line, longest=60),
        "kind": kind,
        "number": lambda line: text.digits(line, count=7),
        "holder": text.kana_name,
    }
    return _each_part(asked, typed, readers)


def _each_part(asked: FormField, typed: Typed, readers: Mapping[str, Callable[[str], str]]) -> dict[str, str]:
    """Read all parts, so that all faults are told at once."""
    found: dict[str, str] = {}
    faults: dict[str, Fault] = {}
    for part, read in readers.items():
        name = f"{asked.name}-{part}"
        try:
            found[part] = read(_first(typed, name))
        except TextRefused as refused:
            faults[name] = fault_of("missing" if refused.code == "text-empty" else refused.code, refused.facts)
    if faults:
        raise NotUnderstood(faults)
    return found


READERS: Mapping[Kind, Callable[[FormField, Typed, KnownFacts], Any]] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _long_text,
    Kind.NUMBER: _number,
    Kind.NAME: _line(text.kanji_name),
    Kind.KANA: _line(text.kana_name),
    Kind.DATE: _date,
    Kind.ADDRESS: _address,
    Kind.PHONE: _line(text.phone),
    Kind.EMAIL: _line(text.email),
    Kind.CHOICE: _choice,
    Kind.YES_NO: _choice,
    Kind.MEMBERS: _members,
    Kind.BANK: _bank,
}


def typed_again(asked: FormField, answer: Any, typed: Typed) -> dict[str, list[str]]:
    """What stands in the inputs when the page is opened again: what was typed last, else the answer kept."""
    if any(name in typed for name in inputs_of(asked)):
        return {name: list(typed.get(name, ())) for name in inputs_of(asked)}
    if answer is None:
        return {}
    if asked.type is Kind.DATE:
        day = date.fromisoformat(answer)
        era, year = wareki.era_year(day)
        return dict(zip(inputs_of(asked), ([era.code], [str(year)], [str(day.month)], [str(day.day)]), strict=True))
    if asked.type in PARTS:
        return {f"{asked.name}-{part}": [answer.get(part, "")] for part in PARTS[asked.type]}
    return {asked.name: list(answer) if isinstance(answer, list) else [str(answer)]}


def with_town(typed: Typed, prefix: str) -> dict[str, list[str]]:
    """*typed* with the town of the postal code in the address *prefix*, for people without JavaScript."""
    copy = {name: list(texts) for name, texts in typed.items()}
    try:
        found = find_towns((copy.get(f"{prefix}-postal") or [""])[0])
    except TextRefused:
        return copy
    return copy | {f"{prefix}-town": [found[0].address]} if found else copy
