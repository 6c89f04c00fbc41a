"""Cases, steps, events and offers as the reader sees them: in their language, with dates in two calendars."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from portal.applications import cases, drafts, rules, sheet, visits
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import search
from portal.applications.procedures.answers import Reading, Typed
from portal.applications.procedures.schema import Procedure, Section
from portal.applications.procedures.topics import TOPIC_WORDS, WINDOW_WORDS, Topic
from portal.applications.rules import State
from portal.applications.service import TimelineEntry
from portal.applications.ways import Way
from portal.applications.written import words_of
from portal.core.words import N_
from portal.web.i18n import LANGUAGES, catalogue, gettext, office_words, show_datetime

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


def steps_of(case: Application, current: str) -> list[tuple[str, str]]:
    """The step indicator: pages of the form, then the check of the answers. Pages not needed do not count."""
    items = [
        (gettext(page.section.title), "current" if page.section.name == current else page.state)
        for page in drafts.all_pages(case)
    ]
    return [*items, (gettext("Check your answers"), "current" if current == "" else "next")]


TASKS: Mapping[str, tuple[str, str]] = {
    "done": (N_("done"), "success"),
    "error": (N_("needs correction"), "error"),
    "next": (N_("not yet"), "neutral"),
    "skipped": (N_("not needed"), "neutral"),
}


def tasks_of(case: Application, address: Callable[[str], str]) -> list[dict[str, str | None]]:
    """The pages of a long form, to be filled in in any order."""
    found: list[dict[str, str | None]] = []
    for page in drafts.all_pages(case):
        words, tone = TASKS[page.state]
        href = address(page.section.name) if page.state != "skipped" else None
        found.append({"label": gettext(page.section.title), "href": href, "state": gettext(words), "tone": tone})
    return found


def both_versions(section: Section, case: Application, read: Reading, typed: Typed) -> list[tuple[str, str, str]]:
    """(question, what is kept, what was typed here) of a page that two devices wrote."""
    people = sheet.people_of(case)
    found = []
    for field in section.fields:
        kept = words_of(field, case.answers.get(field.name), people)
        here = words_of(field, read.answers.get(field.name), people)
        if not here and field.name not in read.answers:
            here = " ".join(text for name, texts in typed.items() if reading.owns(field, name) for text in texts)
        if kept or here:
            found.append((gettext(field.label), kept, here))
    return found


def groups_of(
    case: Application, answers: Mapping[str, Any] | None = None
) -> list[tuple[Section, list[tuple[sheet.Row, str]]]]:
    """Sections with their rows and the words of each answer, for the check page and the sheet."""
    rows = sheet.rows_of(case, answers)
    found = []
    for section in cases.procedure_of(case).asked(case.answers if answers is None else answers):
        own = [(row, words_of(row.field, row.answer, row.people)) for row in rows if row.section == section.name]
        found.append((section, own))
    return found


def next_words(way: Way, state: State, minutes: int) -> str:
    return gettext(way.words(NEXT[state]), minutes=minutes) if state in NEXT else ""


def timeline_items(entries: list[TimelineEntry], state: State, *, way: Way | None = None) -> list[dict[str, str]]:
    """What happened, and as the last line what is happening now; to whoever walks *way* in their words."""
    items = [
        {
            "title": gettext(way.words(entry.text) if way else entry.text),
            "when": _when(entry),
            "note": note(entry.facts),
            "state": _mark(entry.kind),
        }
        for entry in entries
    ]
    if items and state in rules.OPEN:
        items.append({"title": gettext(NOW[state]), "when": "", "note": "", "state": "current"})
    return items


def has_visit(entries: list[TimelineEntry]) -> bool:
    """Whether a visit is reserved, as far as the timeline tells."""
    kinds = [entry.kind for entry in entries if entry.kind in visits.VISIT_KINDS]
    return bool(kinds) and kinds[-1] != rules.Kind.BOOKING_CANCELLED


def _mark(kind: str) -> str:
    return "error" if kind in (rules.Kind.REJECTED, rules.Kind.CORRECTION_ASKED) else "done"


def _when(entry: TimelineEntry) -> str:
    when = show_datetime(entry.at)
    return f"{when} {office_words(entry.actor_label)}".strip()


def note(facts: Mapping[str, Any]) -> str:
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
    return "\N{NO-BREAK SPACE}· ".join(found)  # a line does not begin with the dot


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
    return spoken(procedure.title)


def _other_words(procedure: Procedure) -> tuple[str, ...]:
    texts = (*procedure.search, procedure.summary, TOPIC_WORDS[procedure.topic])
    return tuple(words for text in texts for words in spoken(text))


@lru_cache(maxsize=4096)
def spoken(text: str) -> tuple[str, ...]:
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
