"""Answers, fields and events as the reader sees them: in their language, with dates in two calendars."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import segno
from markupsafe import Markup

from portal.applications import cases, drafts, register, rules, sheet
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import search
from portal.applications.procedures.answers import Typed
from portal.applications.procedures.schema import FormField, Kind, Procedure, Section
from portal.applications.procedures.topics import TOPIC_WORDS, WINDOW_WORDS, Topic
from portal.applications.procedures.words import Fault
from portal.applications.rules import State
from portal.applications.service import TimelineEntry
from portal.core import text
from portal.core.words import N_
from portal.web.i18n import LANGUAGES, catalogue, gettext, language, office_words, show_date, show_datetime

YES_NO: Mapping[str, str] = {"yes": N_("Yes"), "no": N_("No")}
ACCOUNT_KINDS: Mapping[str, str] = {"ordinary": N_("Ordinary account"), "current": N_("Current account")}
# What the person should know now, by state.
NEXT: Mapping[State, str] = {
    State.SUBMITTED: N_("We are checking what you typed. You need not do anything now."),
    State.CORRECTION_ASKED: N_("Please correct what is marked. The rest stays as it is."),
    State.CORRECTED: N_("Thank you. We are checking your correction."),
    State.READY: N_("Everything is checked. At the ward office it takes about %(minutes)s minutes."),
    State.COMPLETED: N_("Everything is done. Thank you."),
    State.REJECTED: N_("We could not accept this application. The reason is written below."),
    State.WITHDRAWN: N_("You withdrew this application. You can start again at any time."),
}


# The last line of the timeline of an open case.
NOW: Mapping[State, str] = {
    State.SUBMITTED: N_("We are checking it"),
    State.CORRECTION_ASKED: N_("Waiting for your correction"),
    State.CORRECTED: N_("We are checking it"),
    State.READY: N_("Waiting for your visit"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One field ready to be drawn: `values` and `errors` by part ("" for fields of one input)."""

    field: FormField
    label: str
    hint: str
    values: dict[str, Any]
    errors: dict[str, str]
    options: list[tuple[str, str, str]]
    from_register: bool


def show_fields(
    fields: tuple[FormField, ...], case: Application, typed: Typed, faults: Mapping[str, Fault]
) -> list[Shown]:
    """The fields of a page with what stands in them; after faults exactly what was typed."""
    return [_shown(field, case, typed, faults) for field in fields]


def _shown(field: FormField, case: Application, typed: Typed, faults: Mapping[str, Fault]) -> Shown:
    answer = case.answers.get(field.name)
    again = reading.typed_again(field, answer, typed)
    known = register.known_answer(field, case.known)
    values: dict[str, Any] = {_part(field, name): (texts or [""])[0] for name, texts in again.items()}
    if field.type is Kind.MEMBERS:
        values[""] = again.get(field.name, [])
    if field.type is Kind.DATE and answer and not typed:
        values |= _day_kept(date.fromisoformat(answer))
    return Shown(
        field=field,
        label=gettext(field.label),
        hint=gettext(field.hint) if field.hint else "",
        values=values,
        errors={_part(field, name): say(fault) for name, fault in faults.items() if _belongs(field, name)},
        options=_options(field, case.known),
        from_register=known not in (None, []) and answer == known,
    )


def _day_kept(day: date) -> dict[str, Any]:
    """A day nobody typed on this page: only readers of Japanese count years in eras."""
    if language() == "ja":
        return {"date": day}
    return {"era": "ce", "year": str(day.year), "month": str(day.month), "day": str(day.day), "date": day}


def _part(field: FormField, name: str) -> str:
    return name.removeprefix(field.name).removeprefix("-")


def _belongs(field: FormField, name: str) -> bool:
    return name == field.name or name in reading.inputs_of(field)


def _options(field: FormField, known: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    if field.type is Kind.YES_NO:
        return [(value, gettext(words), "") for value, words in YES_NO.items()]
    if field.type is Kind.MEMBERS:
        people = known.get(str(field.prefill)) or []
        return [(one["id"], one["name"], _born(one)) for one in people]
    return [(one.value, gettext(one.label), gettext(one.hint) if one.hint else "") for one in field.options]


def _born(person: Mapping[str, str]) -> str:
    born = show_date(date.fromisoformat(person["birth_date"]))
    return gettext("%(relation)s, born %(date)s", relation=person["relation"], date=born)


def say(fault: Fault) -> str:
    """What is wrong and what to do, in the reader's language."""
    return " ".join(gettext(words, **fault.facts) for words in (fault.wrong, fault.remedy) if words)


def summary_of(faults: Mapping[str, Fault], fields: tuple[FormField, ...]) -> list[tuple[str, str]]:
    """Lines of the error summary: where to jump, and which question is meant."""
    found = []
    for field in fields:
        for name, fault in faults.items():
            if _belongs(field, name):
                found.append((name, gettext("%(field)s: %(fault)s", field=gettext(field.label), fault=say(fault))))
    return found


People = Mapping[str, Mapping[str, str]]


def words_of(field: FormField, answer: Any, people: People) -> str:
    """An answer in words; empty if there is none."""
    if answer in (None, [], ""):
        return ""
    return WRITERS.get(field.type, _as_typed)(field, answer, people)


def answer_words(row: sheet.Row) -> str:
    """What the person answered, in words."""
    return words_of(row.field, row.answer, row.people)


def known_words(row: sheet.Row) -> str:
    """What the register said, in words."""
    return words_of(row.field, row.known, row.people)


def _as_typed(field: FormField, answer: Any, people: People) -> str:
    return str(answer)


def _written_date(field: FormField, answer: str, people: People) -> str:
    return show_date(date.fromisoformat(answer))


def _written_address(field: FormField, answer: Mapping[str, str], people: People) -> str:
    line = f"〒{text.show_postal_code(answer['postal'])} {answer['town']}{answer['street']}"
    return f"{line} {answer['building']}".strip()


def _written_account(field: FormField, answer: Mapping[str, str], people: People) -> str:
    words = ACCOUNT_KINDS[answer["kind"]]
    kind = gettext(words)
    return f"{answer['bank']} {answer['branch']} {kind} {answer['number']} {answer['holder']}"


def _written_people(field: FormField, answer: list[str], people: People) -> str:
    return "、".join(people[one]["name"] for one in answer if one in people)


def _written_phone(field: FormField, answer: str, people: People) -> str:
    return text.show_phone(answer)


def _written_yes_no(field: FormField, answer: str, people: People) -> str:
    return gettext(YES_NO[answer])


def _written_choice(field: FormField, answer: str, people: People) -> str:
    return next((gettext(option.label) for option in field.options if option.value == answer), answer)


WRITERS: Mapping[Kind, Callable[[FormField, Any, People], str]] = {
    Kind.DATE: _written_date,
    Kind.ADDRESS: _written_address,
    Kind.BANK: _written_account,
    Kind.MEMBERS: _written_people,
    Kind.PHONE: _written_phone,
    Kind.YES_NO: _written_yes_no,
    Kind.CHOICE: _written_choice,
}


def steps_of(case: Application, current: str) -> list[tuple[str, str]]:
    """The step indicator: pages of the form, then the check of the answers."""
    items = [
        (gettext(page.section.title), "current" if page.section.name == current else page.state)
        for page in drafts.pages(case)
    ]
    return [*items, (gettext("Check your answers"), "current" if current == "" else "next")]


def groups_of(case: Application) -> list[tuple[Section, list[tuple[sheet.Row, str]]]]:
    """Sections with their rows and the words of each answer, for the check page and the sheet."""
    rows = sheet.rows_of(case)
    found = []
    for section in cases.procedure_of(case).asked(case.answers):
        own = [(row, words_of(row.field, row.answer, row.people)) for row in rows if row.section == section.name]
        found.append((section, own))
    return found


def next_words(state: State, minutes: int) -> str:
    return gettext(NEXT[state], minutes=minutes) if state in NEXT else ""


def timeline_items(entries: list[TimelineEntry], state: State) -> list[dict[str, str]]:
    """What happened, and as the last line what is happening now."""
    items = [
        {"title": gettext(entry.text), "when": _when(entry), "note": _note(entry.facts), "state": _mark(entry.kind)}
        for entry in entries
    ]
    if items and state in rules.OPEN:
        items.append({"title": gettext(NOW[state]), "when": "", "note": "", "state": "current"})
    return items


VISIT_KINDS = (rules.Kind.BOOKED, rules.Kind.BOOKING_CHANGED, rules.Kind.BOOKING_CANCELLED)


def has_visit(entries: list[TimelineEntry]) -> bool:
    """Whether a visit is reserved, as far as the timeline tells."""
    visits = [entry.kind for entry in entries if entry.kind in VISIT_KINDS]
    return bool(visits) and visits[-1] != rules.Kind.BOOKING_CANCELLED


def _mark(kind: str) -> str:
    return "error" if kind in (rules.Kind.REJECTED, rules.Kind.CORRECTION_ASKED) else "done"


def _when(entry: TimelineEntry) -> str:
    when = show_datetime(entry.at)
    return f"{when} {office_words(entry.actor_label)}".strip()


def _note(facts: Mapping[str, Any]) -> str:
    """The facts a person wants, in a fixed order; what a page does not know it does not show."""
    found = []
    if starts_at := facts.get("starts_at"):
        found.append(show_datetime(datetime.fromisoformat(starts_at)))
    if facts.get("office"):
        found.append(office_words(str(facts["office"])))
    if facts.get("window"):
        found.append(gettext("Window %(number)s", number=facts["window"]))
    if facts.get("number"):
        found.append(str(facts["number"]))
    if facts.get("points"):
        found.append(gettext("%(points)s points", points=facts["points"]))
    if facts.get("days"):
        found.append(gettext("after %(time)s", time=kept_for(facts["days"])))
    if facts.get("comment"):
        found.append(str(facts["comment"]))
    return " · ".join(found)


def qr_of(reference: str) -> Markup:
    """A QR code that holds the reference number and nothing else."""
    return Markup(segno.make(reference, error="m", micro=False).svg_inline(border=2, omitsize=True))  # noqa: S704 - segno's own


def offer_of(procedure: Procedure, offices: Mapping[str, str]) -> dict[str, Any]:
    """What the start page says about a procedure before anybody starts; `offices` names offices by code."""
    everywhere = set(procedure.offices) >= WARD_OFFICES
    return {
        "procedure": procedure,
        "where": gettext("Any ward office")
        if everywhere
        else "、".join(office_words(offices[code]) for code in procedure.offices),
        "window": gettext(WINDOW_WORDS[procedure.window]),
        "bring": procedure.to_bring({}),
        "bring_sometimes": [part.text for part in procedure.bring if part.when],
        "kept_for": kept_for(procedure.retention_days),
    }


WARD_OFFICES = frozenset({"chuo", "hanamigawa", "inage", "wakaba", "midori", "mihama"})


def found_by(typed: str, procedures: list[Procedure]) -> list[Procedure]:
    """The procedures some word of which is meant, those named so first."""
    found = [one for one in procedures if search.matches(typed, [*_titles(one), *_other_words(one)])]
    return sorted(found, key=lambda one: not search.matches(typed, _titles(one)))


def _titles(procedure: Procedure) -> tuple[str, ...]:
    return _spoken(procedure.title)


def _other_words(procedure: Procedure) -> tuple[str, ...]:
    texts = (*procedure.search, procedure.summary, TOPIC_WORDS[procedure.topic])
    return tuple(spoken for text in texts for spoken in _spoken(text))


@lru_cache(maxsize=4096)
def _spoken(text: str) -> tuple[str, ...]:
    """A sentence in all six languages, folded for the search; a word nobody translates stays itself."""
    return tuple({search.fold(catalogue(code).gettext(text)) for code in LANGUAGES})


def by_topic(procedures: list[Procedure]) -> list[tuple[Topic, str, list[Procedure]]]:
    """(topic, its words, its procedures) in the order of the catalogue, without empty topics."""
    groups = ((topic, words, [one for one in procedures if one.topic is topic]) for topic, words in TOPIC_WORDS.items())
    return [(topic, gettext(words), own) for topic, words, own in groups if own]


def kept_for(days: int) -> str:
    """A time of so many days, in years where it is some."""
    years, rest = divmod(days, 365)
    return gettext("%(years)s years", years=years) if years > 1 and not rest else gettext("%(days)s days", days=days)
