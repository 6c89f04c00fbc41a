"""Questions ready to be drawn: what stands in them, what is wrong with them, and whether they are asked at all."""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.applications import register
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import rules
from portal.applications.procedures.answers import Typed
from portal.applications.procedures.fields import rows
from portal.applications.procedures.schema import FormField, Kind, Section
from portal.applications.procedures.words import Fault
from portal.applications.written import YES_NO
from portal.core.text import show_sign
from portal.core.words import N_
from portal.web.i18n import gettext, language, show_date

Known = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One field ready to be drawn: `values` and `errors` by part ("" for fields of one input).

    `when` is the condition (JSON) the browser decides again while other answers of the page change, "" for none; `hidden`
    says that it does not hold now. `rows` holds the questions of each row; `kana_input` the input that takes the reading.
    """

    field: FormField
    label: str
    hint: str
    values: dict[str, Any]
    errors: dict[str, str]
    options: list[tuple[str, str, str]]
    from_register: bool
    when: str = ""
    hidden: bool = False
    rows: list[list["Shown"]] = dataclasses.field(default_factory=list)
    kana_input: str = ""


def show_fields(
    fields: Iterable[FormField], case: Application, typed: Typed, faults: Mapping[str, Fault]
) -> list[Shown]:
    """Questions with what stands in them; after faults exactly what was typed."""
    asked = list(fields)
    return [_shown(one, case.answers.get(one.name), case.known, typed, faults, asked) for one in asked]


def show_page(
    section: Section, told: Mapping[str, Any], case: Application, typed: Typed, faults: Mapping[str, Fault]
) -> list[Shown]:
    """A page with all that its own answers may open; *told* are the answers that count before it."""
    found, so_far = [], dict(told)
    for one in section.fields:
        asked, live = rules.holds(one.when, so_far), section.live(one)
        if not asked and not live:
            continue
        if asked and one.name in case.answers:
            so_far[one.name] = case.answers[one.name]
        when = json.dumps(one.when, ensure_ascii=False) if live else ""
        answer = case.answers.get(one.name)
        found.append(_shown(one, answer, case.known, typed, faults, section.fields, when=when, hidden=not asked))
    return found


def facts_of(section: Section, told: Mapping[str, Any]) -> dict[str, Any]:
    """What the browser must know of earlier pages to decide the conditions of this one, and nothing else."""
    wanted = {name for one in section.fields if section.live(one) for name in rules.names_in(one.when)}
    return {name: told[name] for name in sorted(wanted) if name in told}


def _shown(
    one: FormField,
    answer: Any,
    known: Known,
    typed: Typed,
    faults: Mapping[str, Fault],
    beside: Iterable[FormField],
    **more: Any,
) -> Shown:
    told = register.known_answer(one, known)
    return Shown(
        field=one,
        label=gettext(one.label),
        hint=gettext(one.hint) if one.hint else "",
        values=_values(one, answer, typed),
        errors={_part(one, name): say(fault) for name, fault in faults.items() if reading.owns(one, name)},
        options=_options(one, known),
        from_register=told not in (None, []) and answer == told,
        rows=_rows(one, answer, known, typed, faults) if one.type is Kind.ROWS else [],
        kana_input=_kana_input(one, beside),
        **more,
    )


def _values(one: FormField, answer: Any, typed: Typed) -> dict[str, Any]:
    again = reading.typed_again(one, answer, typed)
    values: dict[str, Any] = {_part(one, name): (texts or [""])[0] for name, texts in again.items()}
    if one.type is Kind.MEMBERS:
        values[""] = again.get(one.name, [])
    if one.type is Kind.DATE and answer and f"{one.name}-year" not in typed:
        values |= _day_kept(date.fromisoformat(answer))
    return values


def _rows(one: FormField, answer: Any, known: Known, typed: Typed, faults: Mapping[str, Fault]) -> list[list[Shown]]:
    again = reading.typed_again(one, answer, typed)
    found = []
    for row in range(rows.shown_rows(one, again)):
        columns = [rows.column_of(one, row, column) for column in one.columns]
        own = {name: texts for name, texts in again.items() if name.startswith(f"{one.name}-{row}-")}
        cells = answer[row] if not typed and isinstance(answer, list) and row < len(answer) else {}
        found.append(
            [
                _shown(column, cells.get(plain.name), known, own, faults, columns)
                for column, plain in zip(columns, one.columns, strict=True)
            ]
        )
    return found


def _kana_input(one: FormField, beside: Iterable[FormField]) -> str:
    """Beside "spouse_name" stands "spouse_kana": its reading is written while the name is typed."""
    if one.type is not Kind.NAME or not one.name.endswith("name"):
        return ""
    reading_of = one.name.removesuffix("name") + "kana"
    return next((other.name for other in beside if other.name == reading_of and other.type is Kind.KANA), "")


def _day_kept(day: date) -> dict[str, Any]:
    """A day nobody typed on this page: only readers of Japanese count years in eras."""
    if language() == "ja":
        return {"date": day}
    return {"era": "ce", "year": str(day.year), "month": str(day.month), "day": str(day.day), "date": day}


def _part(one: FormField, name: str) -> str:
    return name.removeprefix(one.name).removeprefix("-")


def _options(one: FormField, known: Known) -> list[tuple[str, str, str]]:
    if one.type is Kind.YES_NO:
        return [(value, gettext(words), "") for value, words in YES_NO.items()]
    if one.type is Kind.MEMBERS:
        people = known.get(str(one.prefill)) or []
        return [(person["id"], person["name"], _born(person)) for person in people]
    if one.type is Kind.LICENCE:
        return [(held["id"], held["name"], _until(held)) for held in known.get(str(one.prefill)) or ()]
    return [
        (option.value, gettext(option.label), gettext(option.hint) if option.hint else "") for option in one.options
    ]


def _born(person: Mapping[str, str]) -> str:
    born = show_date(date.fromisoformat(person["birth_date"]))
    return gettext("%(relation)s, born %(date)s", relation=person["relation"], date=born)


def _until(held: Mapping[str, str]) -> str:
    until = held.get("valid_until")
    return gettext("Holds until %(date)s", date=show_date(date.fromisoformat(until))) if until else ""


def say(fault: Fault) -> str:
    """What is wrong and what to do, in the reader's language."""
    sign = str(fault.facts.get("sign", ""))
    facts = fault.facts | ({"sign": show_sign(sign)} if sign.startswith("U+") else {})
    return " ".join(gettext(words, **facts) for words in (fault.wrong, fault.remedy) if words)


def summary_of(faults: Mapping[str, Fault], fields: Iterable[FormField]) -> list[tuple[str, str]]:
    """Lines of the error summary: where to jump, and which question is meant."""
    return [
        (name, gettext("%(field)s: %(fault)s", field=_label_of(one, name), fault=say(fault)))
        for one in fields
        for name, fault in faults.items()
        if reading.owns(one, name)
    ]


PART_WORDS: Mapping[str, str] = {
    "bank": N_("Bank"),
    "bank_code": N_("Bank code"),
    "branch": N_("Branch"),
    "branch_code": N_("Branch code"),
    "kind": N_("Kind of account"),
    "number": N_("Account number"),
    "holder": N_("Account holder in katakana"),
    "postal": N_("Postal code"),
    "town": N_("Prefecture, city and town"),
    "street": N_("House number"),
    "building": N_("Building and room"),
}


def _label_of(one: FormField, name: str) -> str:
    """The question; of an account or an address also which part of it, in rows which row and which column."""
    part = _part(one, name)
    words = PART_WORDS.get(part) if one.type in (Kind.BANK, Kind.ADDRESS) else None
    if words:
        return gettext("%(question)s, %(part)s", question=gettext(one.label), part=gettext(words))
    place, _, rest = part.partition("-")
    if one.type is not Kind.ROWS or not place.isdecimal():
        return gettext(one.label)
    column = next(column for column in one.columns if reading.owns(column, rest))
    row = gettext("%(row)s %(number)s", row=gettext(one.title), number=int(place) + 1)
    return gettext("%(question)s, %(part)s", question=row, part=_label_of(column, rest))
