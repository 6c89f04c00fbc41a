"""What the pages of composing show, in the reader's language."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core.actor import Actor
from portal.core.permissions import Permission
from portal.mailbox import rules
from portal.mailbox.composing import drafts, library, people, placeholders, plain
from portal.mailbox.composing.drafts import TEXTS
from portal.mailbox.composing.follow_form import STEP_WORDS, after_words
from portal.mailbox.composing.forms import STRENGTH_WORDS, NoticeForm, kept_key, language_name, suffix
from portal.mailbox.composing.lists import People
from portal.mailbox.composing.models import Plan, Step
from portal.mailbox.composing.rules import DONE_WORDS, ROWS_SHOWN, Done, needs_approval
from portal.mailbox.following import rules as following
from portal.mailbox.models import Notice
from portal.mailbox.rules import KIND_WORDS, STATE_WORDS, Kind, State, Strength
from portal.segments import service as segments
from portal.segments.service import Count, Saved
from portal.web.hall import hall
from portal.web.i18n import gettext, ngettext, office_words, show_date, show_datetime

TONES = {
    State.DRAFT: "neutral",
    State.WAITING: "warning",
    State.SCHEDULED: "info",
    State.SENDING: "info",
    State.SENT: "success",
    State.WITHDRAWN: "error",
}
ON_THE_WAY = (State.SENDING, State.SENT, State.WITHDRAWN)
STEP_SIGNS = {Done.SENT_BACK: "error", Done.STOPPED: "error", Done.WITHDRAWN: "error"}


def procedures() -> list[tuple[str, str]]:
    return [(name, gettext(title)) for name, title in applications.procedure_titles()]


def kept_segments(session: Session, clerk: Actor, chosen: str) -> dict[str, Saved]:
    """What the section keeps, each in its newest version, by `kept_key`; and the version that was *chosen* before,
    which stays on offer though a newer one is there."""
    newest = {kept_key(one.id, one.version): one for one in segments.saved_of(session, clerk)}
    named, _, version = chosen.partition(".")
    if not chosen or chosen in newest:
        return newest
    own = next((one for one in newest.values() if str(one.id) == named), None)
    if own is None or not version.isdecimal():
        return newest
    older = (one for one in segments.versions_of(session, clerk, own.id) if str(one.version) == version)
    return {kept_key(one.id, one.version): one for one in older} | newest


def procedure(notice: Notice) -> str | None:
    """The title of the procedure the notice leads to, while it is offered."""
    title = applications.procedure_title(notice.procedure) if notice.procedure else None
    return gettext(title) if title else None


def title_of(notice: Notice) -> str:
    """The Japanese title, by which a section knows its notices."""
    return notice.texts.get("ja", {}).get("title", "") or gettext("(no title yet)")


def said(notice: Notice, code: str) -> tuple[str, str, str]:
    """(title, body, language they are in) as a reader of *code* gets them: the own, else English, else Japanese."""
    wanted = (code, "ja") if code in ("ja", "easy") else (code, "en", "ja")
    spoken = next((one for one in wanted if one in notice.texts), "ja")
    text = notice.texts.get(spoken, {})
    return text.get("title", ""), text.get("body", ""), spoken


def lang(code: str) -> str:
    """The language of a text as HTML names it."""
    return "ja" if code == "easy" else code


def languages(notice: Notice) -> list[dict[str, Any]]:
    """Which languages it has, and what readers of the others get instead."""
    found = []
    for code in TEXTS:
        spoken = said(notice, code)[2]
        instead = "" if spoken == code else gettext("shown in %(language)s", language=language_name(spoken))
        found.append(
            {"code": code, "name": language_name(code), "missing": code not in notice.texts, "instead": instead}
        )
    return found


def conditions(notice: Notice) -> str:
    """The chosen people in words."""
    if people.SAME in notice.segment:
        return gettext("The people who got the notice it corrects")
    if people.LISTED in notice.segment:
        return gettext("People on a list")
    return " / ".join(segments.lines_of(people.whom(notice), gettext, show_date))


def sheet(notice: Notice) -> dict[str, Any]:
    """What the notice says in Japanese, where it stands, and advice on a draft's words."""
    state = State(notice.state)
    title, body, spoken = said(notice, "ja")
    return {
        "state": str(state),
        "state_words": gettext(STATE_WORDS[state]),
        "tone": TONES[state],
        "title": title_of(notice),
        "sheet_title": title,
        "paragraphs": paragraphs(body),
        "text_language": lang(spoken),
        "answers": answers(notice, "ja"),
        "in_languages": languages(notice),
        "asks_something": notice.kind != Kind.INFORMATION,
        "hints": hints(notice) if state is State.DRAFT else [],
    }


def hints(notice: Notice) -> list[dict[str, str]]:
    """Advice on plain words, in the clerk's language."""
    return [{"words": gettext(hint.words, **hint.facts), "about": hint.about} for hint in plain.hints(notice.texts)]


def steps(found: Sequence[Step]) -> list[dict[str, str]]:
    """The course of a notice for the timeline."""
    refusals = {one.code: one for one in (rules.NobodyReached, rules.DueDatePassed, *segments.UNUSABLE)}
    shown = []
    for step in found:
        done = Done(step.step)
        words = gettext(refusals[step.words].message) if step.words in refusals else step.words
        shown.append(
            {
                "title": f"{gettext(DONE_WORDS[done])}: {office_words(step.actor_label)}",
                "when": show_datetime(step.at),
                "note": "" if done is Done.CORRECTED else words,
                "state": STEP_SIGNS.get(done, "done"),
            }
        )
    return shown


def reach_words(reach: Count, *, named: bool) -> str:
    """How many people, as it may be shown."""
    if reach.shown is None:
        return gettext("Fewer than 5 people")
    if named:
        return ngettext("%(num)s person", "%(num)s people", reach.shown)
    return gettext("About %(number)s people", number=f"{reach.shown:,}")


def facts(notice: Notice, plan: Plan, reach: Count) -> list[dict[str, str]]:
    """The summary of a notice."""
    sent = State(notice.state) in ON_THE_WAY
    found = [
        {"label": gettext("State"), "value": gettext(STATE_WORDS[State(notice.state)])},
        {"label": gettext("Kind"), "value": gettext(KIND_WORDS[Kind(notice.kind)])},
        {"label": gettext("Whom it concerns"), "value": conditions(notice)},
        {
            "label": gettext("Delivered to") if sent else gettext("People it reaches"),
            "value": reach_words(reach, named=sent or people.by_name(notice)),
        },
        {"label": gettext("Due date"), "value": show_date(notice.due_on) if notice.due_on else gettext("None")},
        {"label": gettext("Procedure it leads to"), "value": procedure(notice) or gettext("None")},
    ]
    if notice.strength > Strength.PASSWORD:
        needed = gettext(STRENGTH_WORDS[Strength(notice.strength)])
        found.append({"label": gettext("Sign-in the text needs"), "value": needed})
    found += follow_ups(notice)
    if plan.start and notice.state in (State.WAITING, State.SCHEDULED):
        found.append({"label": gettext("Will be sent"), "value": show_datetime(plan.start)})
    return found


def follow_ups(notice: Notice) -> list[dict[str, str]]:
    """What is done later by itself, in words."""
    law = following.law_of(notice.choices)
    return [
        {
            "label": gettext(STEP_WORDS[step]),
            "value": after_words(step, days) + (f" ({law})" if law and not days else ""),
        }
        for step, days in following.of(notice.choices).items()
    ]


def answers(notice: Notice, code: str) -> list[str]:
    """The answers to choose from, as a reader of *code* sees them."""
    options = notice.choices.get("options", ())
    instead = "ja" if code in ("ja", "easy") else "en"
    return [option.get(code) or option.get(instead) or option["ja"] for option in options]


def paragraphs(body: str) -> list[list[tuple[str, bool]]]:
    """The text by paragraphs, each as parts that are a place or not."""
    return [placeholders.parts(part) for part in body.split("\n\n") if part.strip()]


def may_approve(session: Session, actor: Actor, notice: Notice, plan: Plan) -> bool:
    """Whether this is the second person."""
    return actor.may(Permission.NOTICE_APPROVE) and actor.id not in drafts.first_persons(session, notice, plan)


def asks(session: Session, notice: Notice, reach: int) -> bool:
    """Whether a second person will have to agree."""
    return needs_approval(
        people=reach,
        strength=notice.strength,
        sensitive=people.is_sensitive(session, notice),
        over=hall().settings.approval_over,
    )


def crossing(form: NoticeForm, theirs: NoticeForm) -> list[dict[str, Any]]:
    """Where two pages typed something else: mine and theirs, with what differs."""
    found = []
    for field in form:
        mine, other = (str(one.data or "").replace("\r\n", "\n") for one in (field, theirs[field.name]))
        if mine != other:
            ours, others = library.compare(mine, other)
            found.append({"label": field.label.text, "mine": ours, "theirs": others})
    return found


def fields_by_language(form: Any) -> list[dict[str, Any]]:
    """The fields of each language, Japanese first; a language is open where something stands or is wrong."""
    found = []
    for code in TEXTS:
        fields = [form[f"{part}{suffix(code)}"] for part in ("title", "body", "answers")]
        filled = any(field.data or field.errors for field in fields)
        found.append({"code": code, "name": language_name(code), "lang": lang(code), "fields": fields, "open": filled})
    return found


def fact_names() -> list[tuple[str, str]]:
    """(place, what fills it) of the facts of the register."""
    return [(f"(({fact}))", gettext(words)) for fact, words in placeholders.FACT_WORDS.items()]


def fault_lines(found: People | None) -> list[dict[str, Any]]:
    """What is wrong with which line of a list."""
    shown = found.faults[:ROWS_SHOWN] if found else []
    return [{"line": fault.line, "words": gettext(fault.words, **fault.facts)} for fault in shown]
