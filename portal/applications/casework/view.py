"""Cases as staff see them: filters, due dates, comparisons and checks in words."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import request, url_for

from portal.applications import rules, sheet, written
from portal.applications.casework import compare
from portal.applications.casework.checks import CODE_WORDS, RESULT_TONES, RESULT_WORDS, Check, Result
from portal.applications.casework.compare import RESULT_TONES as COMPARED_TONES
from portal.applications.casework.compare import RESULT_WORDS as COMPARED_WORDS
from portal.applications.casework.corrections import Round, changed
from portal.applications.casework.rules import AGES
from portal.applications.casework.statutory import STANDING_TONES, STANDING_WORDS, DayKind, Reading, Standing
from portal.applications.casework.worklist import DUE, WHO, Counts, Wanted
from portal.applications.procedures import catalogue
from portal.applications.procedures.schema import Kind, Procedure
from portal.core.text import TextRefused, whole_number
from portal.core.words import N_
from portal.web.i18n import gettext, ngettext, show_date, show_datetime

DUE_WORDS: Mapping[str, str] = {"overdue": N_("Overdue"), "today": N_("Due today"), "soon": N_("Due soon")}
WHO_WORDS: Mapping[str, str] = {
    "mine": N_("Taken by me"),
    "unclaimed": N_("Taken by nobody"),
    "second": N_("Wait for a second person"),
}
OF_WORDS: Mapping[str, str] = {"residents": N_("Residents"), "companies": N_("Companies")}
COUNT_TONES: Mapping[str, str] = {"overdue": "error", "today": "warning", "soon": "warning"}


def wanted() -> Wanted:
    """The filters in the address; what is none of them counts as not given."""
    given = request.args
    return Wanted(
        procedure=given.get("procedure", "")[:60],
        state=given.get("state", "")[:20],
        office=given.get("office", "")[:20],
        due=given.get("due", "")[:10],
        age=number(given.get("age", "")),
        who=given.get("who", "")[:10],
        of=given.get("of", "")[:10],
        page=number(given.get("page", "")) or 1,
    )


def number(typed: str) -> int:
    """A number of the address, 0 for what is none."""
    try:
        return whole_number(typed, least=0, most=100_000)
    except TextRefused:
        return 0


def chosen_ids() -> list[UUID]:
    """The cases marked in the list; what is no id is left out."""
    found = []
    for typed in request.form.getlist("case")[:200]:
        try:
            found.append(UUID(typed))
        except ValueError:
            continue
    return found


def query_of(chosen: Wanted, **other: Any) -> dict[str, Any]:
    """The filters as an address has them, without those that filter nothing."""
    values = {name: getattr(chosen, name) for name in Wanted.__dataclass_fields__} | other
    return {name: value for name, value in values.items() if value and (name, value) != ("page", 1)}


def count_links(counts: Counts) -> list[dict[str, Any]]:
    """What stands above the list: (words, count, address) of what is asked most."""
    words = {"waiting": N_("To check"), **DUE_WORDS, **WHO_WORDS}
    found = []
    for name, label in words.items():
        count = getattr(counts, name)
        query: dict[str, Any] = {"due": name} if name in DUE else {"who": name} if name in WHO else {}
        found.append(
            {
                "label": gettext(label),
                "count": count,
                "href": url_for("applications_review.worklist", **query),
                "tone": COUNT_TONES.get(name, "neutral") if count else "neutral",
            }
        )
    return found


def filter_options(procedures: frozenset[str] | None, offices: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """What each filter offers."""
    shown = [one for one in catalogue.newest() if procedures is None or one.name in procedures]
    states = [state for state in rules.State if state is not rules.State.DRAFT]
    return {
        "procedure": sorted(((one.name, gettext(one.title)) for one in shown), key=lambda option: option[1]),
        "state": [(str(state), gettext(rules.STATE_WORDS[state])) for state in states],
        "office": list(offices.items()),
        "due": [(name, gettext(words)) for name, words in DUE_WORDS.items()],
        "age": [(str(days), gettext("Sent more than %(days)s days ago", days=days)) for days in AGES],
        "who": [(name, gettext(words)) for name, words in WHO_WORDS.items()],
        "of": [(name, gettext(words)) for name, words in OF_WORDS.items()],
    }


def due_words(reading: Reading) -> dict[str, str]:
    """The due date, what is left and a tag: {"date", "left", "tag", "tone"}."""
    return {
        "date": show_date(reading.due_on) if reading.due_on else "",
        "left": _left(reading),
        "tag": gettext(STANDING_WORDS[reading.standing]),
        "tone": STANDING_TONES[reading.standing],
    }


def _left(reading: Reading) -> str:
    if reading.left == 0:
        return ""
    days, working = abs(reading.left), reading.kind is DayKind.WORKING
    if reading.standing is Standing.OVERDUE:
        if working:
            return ngettext("%(num)s working day late", "%(num)s working days late", days)
        return ngettext("%(num)s day late", "%(num)s days late", days)
    if working:
        return ngettext("%(num)s working day left", "%(num)s working days left", days)
    return ngettext("%(num)s day left", "%(num)s days left", days)


def rows(found: list[sheet.Row]) -> list[dict[str, Any]]:
    """Typed beside register, with the differences of each row."""
    shown = []
    for row in found:
        answer, known = written.answer_words(row), written.known_words(row)
        compared = compare.compare(answer, known, address=row.field.type is Kind.ADDRESS)
        if row.field.prefill is None:
            compared = compare.Comparison(compare.Result.UNKNOWN, ((answer, False),), ())
        signs = "、".join(f"{one} – {other}" for one, other in compared.signs)
        shown.append(
            {
                "row": row,
                "compared": compared,
                "words": gettext(COMPARED_WORDS[compared.result]) if row.field.prefill else "",
                "tone": COMPARED_TONES[compared.result],
                "signs": signs,
            }
        )
    return shown


def check_lines(checks: list[Check]) -> list[dict[str, Any]]:
    """What the server found, one line a check."""
    return [
        {
            "code": gettext(CODE_WORDS[check.code]),
            "result": gettext(RESULT_WORDS[check.result]),
            "tone": RESULT_TONES[check.result],
            "reason": gettext(check.words, **check.facts),
            "labels": [gettext(label) for label in check.labels],
        }
        for check in checks
    ]


def open_points(checks: list[Check]) -> list[str]:
    """What a clerk should look at before deciding, in one sentence each."""
    return [gettext(check.words, **check.facts) for check in checks if check.result is not Result.PASSED]


def round_lines(procedure: Procedure, rounds: list[Round], known: list[sheet.Row]) -> list[dict[str, Any]]:
    """Rounds of correction with old and new answers in words."""
    people = known[0].people if known else {}
    shown = []
    for number, one_round in enumerate(rounds, start=1):
        lines = []
        for request_ in one_round.requests:
            field = procedure.field(request_.field)
            lines.append(
                {
                    "label": gettext(field.label) if field else request_.field,
                    "reason": gettext(rules.REASON_WORDS[rules.Reason(request_.reason)]),
                    "comment": request_.comment,
                    "before": written.words_of(field, request_.before, people) if field else "",
                    "after": written.words_of(field, request_.after, people) if field else "",
                    "changed": changed(request_),
                    "reply": request_.reply,
                    "answered": one_round.resolved_at is not None,
                }
            )
        when = show_datetime(one_round.asked_at)
        shown.append(
            {"title": gettext("Round %(number)s, asked on %(when)s", number=number, when=when), "lines": lines}
        )
    return shown
