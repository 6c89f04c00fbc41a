"""Pages of a section: conditions put together and counted, kept, asked of one person; lists of recipients."""

from itertools import pairwise
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.small_numbers import FEW
from portal.core.text import TextRefused
from portal.core.words import N_
from portal.facts import service as facts
from portal.residents import service as residents
from portal.segments import asking, builder, counting, numbers_file, rules, service
from portal.segments.attributes import ATTRIBUTES, town_names
from portal.segments.builder import FACT, Draft
from portal.segments.words import LANGUAGE_NAMES, RELATION_WORDS
from portal.web import throttle
from portal.web.access import Access
from portal.web.forms import NEEDED, explain
from portal.web.i18n import gettext as _
from portal.web.i18n import show_date
from portal.web.room import Room

room = Room("segments", __name__, "/staff/segments")
SENDER = Access.staff(Permission.NOTICE_WRITE)
# Of one clerk in a day: many counts beside each other tell more than each of them does.
COUNTS_A_DAY = 300
REASON_WORDS = {
    counting.MOVED: N_("Moved away"),
    counting.DIED: N_("Died"),
}


@room.page("", access=SENDER, purpose=Purpose.SENDING)
def show_all(session: Session, actor: Actor) -> str:
    """What the section keeps."""
    kept = [(one, _words(one.condition)) for one in service.saved_of(session, actor)]
    return render_template("segments/list.html", kept=kept, lists=service.lists_of(session, actor))


@room.page("/new", access=SENDER, purpose=Purpose.SENDING)
def new(session: Session, actor: Actor) -> str:
    """An empty page to put conditions together."""
    return _page(session, actor, Draft())


@room.page("/new", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def make(session: Session, actor: Actor) -> Any:
    """A row more or less, a count, or keep it under a name."""
    draft = _read(actor)
    if request.form.get("step") != "save":
        return _stepped(session, actor, draft, None)
    condition, name, error = draft.condition(), "", ""
    try:
        name = text.single_line(request.form.get("name", ""), longest=rules.LONGEST_NAME)
    except TextRefused as refused:
        error = _(NEEDED) if refused.code == "text-empty" else explain(refused)
    if not error and draft.is_sound:
        try:
            kept = service.keep(session, actor, name, condition)
        except rules.SegmentNameTaken as taken:
            error = f"{_(taken.message)} {_(taken.next_step)}"
        else:
            return redirect(url_for(".show", segment_id=kept), 303)
    return _page(session, actor, draft, name_error=error), 422


@room.page("/<uuid:segment_id>", access=SENDER, purpose=Purpose.SENDING)
def show(session: Session, actor: Actor, segment_id: UUID) -> str:
    """One kept segment: in words, counted, its versions, and the question about one person."""
    return _kept_page(session, actor, segment_id)


@room.page("/<uuid:segment_id>/person", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def ask(session: Session, actor: Actor, segment_id: UUID) -> Any:
    """Would this person get it, and why or why not."""
    kept, number = service.find(session, actor, segment_id), request.form.get("number", "")
    try:
        answer = service.would_get(session, kept.condition, number, by=asking.of(actor), case_ref=str(kept.id)[:8])
    except TextRefused as refused:
        return _kept_page(session, actor, segment_id, number=number, error=explain(refused)), 422
    if answer is None:
        unknown = residents.ResidentUnknown
        error = f"{_(unknown.message)} {_(unknown.next_step)}"
        return _kept_page(session, actor, segment_id, number=number, error=error), 422
    parts = [(service.words_of(one, _, show_date), holds) for one, holds in answer.parts]
    return _kept_page(session, actor, segment_id, number=number, answer=answer, parts=parts)


@room.page("/<uuid:segment_id>/change", access=SENDER, purpose=Purpose.SENDING)
def change_form(session: Session, actor: Actor, segment_id: UUID) -> str:
    """The conditions as they are, to change them."""
    kept = service.find(session, actor, segment_id)
    return _page(session, actor, builder.of_condition(kept.condition) or Draft(), kept=kept)


@room.page("/<uuid:segment_id>/change", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def change(session: Session, actor: Actor, segment_id: UUID) -> Any:
    """A new version, unless a colleague was faster."""
    draft = _read(actor)
    kept = service.find(session, actor, segment_id, version=_seen())
    if request.form.get("step") != "save":
        return _stepped(session, actor, draft, kept)
    condition = draft.condition()
    if not draft.is_sound:
        return _page(session, actor, draft, kept=kept), 422
    service.change(session, actor, kept, condition)
    return redirect(url_for(".show", segment_id=segment_id), 303)


@room.page("/lists", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def add_list(session: Session, actor: Actor) -> Any:
    """People by a file of addressee numbers."""
    upload, made, error = request.files.get("file"), None, ""
    if upload is None or not upload.filename:
        error = _(N_("Choose a file."))
    else:
        try:
            name = text.single_line(request.form.get("name", "") or upload.filename, longest=rules.LONGEST_NAME)
            found = numbers_file.read(cast(BinaryIO, upload.stream))
            made = service.make_list(session, actor, name, [number for _line, number in found.numbers])
        except TextRefused as refused:
            error = explain(refused)
        except Refusal as refusal:
            error = f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step)}"
    kept = [(one, _words(one.condition)) for one in service.saved_of(session, actor)]
    unknown = sorted([*found.unreadable, *(found.numbers[place][0] for place in made.unknown)]) if made else []
    page = render_template(
        "segments/list.html", kept=kept, lists=service.lists_of(session, actor), made=made, unknown=unknown, error=error
    )
    return (page, 422) if error else page


def _seen() -> int | None:
    number = request.form.get("version", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 8 else None


def _read(actor: Actor) -> Draft:
    draft = builder.read(cast(builder.Typed, request.form))
    draft.mark_foreign(asking.of(actor).name)
    return draft


def _stepped(session: Session, actor: Actor, draft: Draft, kept: service.Saved | None) -> Any:
    step = request.form.get("step", "")
    if step != "count":
        draft.step(step, cast(builder.Typed, request.form))
        return _page(session, actor, draft, kept=kept, focus=draft.after(step))
    condition = draft.condition()
    if not draft.is_sound:
        return _page(session, actor, draft, kept=kept), 422
    try:
        found = _counted(session, actor, condition, str(kept.id) if kept else "")
    except service.UNUSABLE as gone:
        return _page(session, actor, draft, kept=kept, gone=gone), 422
    return _page(session, actor, draft, kept=kept, found=found, said=_words(condition))


def _counted(session: Session, actor: Actor, condition: service.Condition, case_ref: str) -> service.Breakdown:
    throttle.guard_day(session, "segment-count", str(actor.id), limit=COUNTS_A_DAY)
    return service.breakdown(session, condition, by=asking.of(actor), case_ref=case_ref)


def _page(
    session: Session,
    actor: Actor,
    draft: Draft,
    *,
    kept: service.Saved | None = None,
    found: service.Breakdown | None = None,
    said: list[str] | None = None,
    name_error: str = "",
    gone: Refusal | None = None,
    focus: str = "",
) -> str:
    wrong = _faults(draft)
    typed = text.shown_again(request.form.get("name", ""), longest=200) if request.method == "POST" else ""
    return render_template(
        "segments/build.html",
        draft=draft,
        kept=kept,
        offered=_offered(asking.of(actor).name),
        title_of=_title_of,
        choices_of=_choices_of,
        towns=town_names(),
        lists=[(str(one.id), one.name) for one in service.lists_of(session, actor)],
        counts=_counts(found) if found else None,
        said=said,
        name=typed,
        name_error=name_error,
        gone=gone,
        focus=focus,
        faults=list(wrong.values()),
        fault_of={row: words for row, (_control, words) in wrong.items()},
    )


def _faults(draft: Draft) -> dict[str, tuple[str, str]]:
    """By row: the control that is wrong, and why."""
    return {
        f"g{group}r{row}": (f"g{group}r{row}-{line.control}", _(line.fault, **line.facts))
        for group, lines in enumerate(draft.groups)
        for row, line in enumerate(lines.lines)
        if line.fault
    }


def _kept_page(session: Session, actor: Actor, segment_id: UUID, **answered: Any) -> str:
    kept = service.find(session, actor, segment_id)
    found, gone = None, None
    try:
        found = _counted(session, actor, kept.condition, str(kept.id))
    except service.UNUSABLE as refusal:
        gone = refusal
    versions = [(one, _words(one.condition)) for one in service.versions_of(session, actor, segment_id)]
    answered["number"] = text.shown_again(answered.get("number", ""), longest=40)
    return render_template(
        "segments/show.html",
        kept=kept,
        said=_words(kept.condition),
        counts=_counts(found) if found else None,
        gone=gone,
        versions=versions,
        **answered,
    )


def _words(condition: service.Condition) -> list[str]:
    return service.lines_of(condition, _, show_date)


def _offered(section: str) -> list[tuple[str, str]]:
    """Every attribute and every fact the section may use, in words."""
    attributes = [(name, _(one.title)) for name, one in ATTRIBUTES.items() if name != "fact"]
    known = attributes + [(FACT + name, _(one.title)) for name, one in facts.types().items()]
    return [(what, words) for what, words in known if builder.is_offered(what, section)]


def _title_of(what: str) -> str:
    return _(facts.types()[what.removeprefix(FACT)].title if what.startswith(FACT) else ATTRIBUTES[what].title)


def _choices_of(what: str) -> list[tuple[str, str]]:
    found = builder.choices_of(what)
    if what.startswith(FACT) or what == "consent":
        return [(value, _(words)) for value, words in found]
    if what == "language":
        return [(code, LANGUAGE_NAMES[code]) for code, _words in found]
    return [(value, _(RELATION_WORDS[words]) if words in RELATION_WORDS else words) for value, words in found]


def _shown(count: service.Count) -> str:
    return _("Fewer than %(number)s", number=FEW) if count.is_small else f"{count.shown:,}"


def _counts(found: service.Breakdown) -> dict[str, Any]:
    bands = [*counting.BANDS, None]
    ages = [
        (
            _("%(first)s or more", first=first)
            if last is None
            else _("%(first)s to %(last)s", first=first, last=last - 1)
        )
        for first, last in pairwise(bands)
    ]
    return {
        "people": _shown(found.people),
        "is_small": found.people.is_small,
        "wards": [(ward, _shown(count)) for ward, count in found.wards.items()],
        "ages": [(words, _shown(count)) for words, count in zip(ages, found.bands.values(), strict=True)],
        "languages": [(LANGUAGE_NAMES[code], _shown(count)) for code, count in found.languages.items()],
        "left_out": [(_(REASON_WORDS[reason]), _shown(count)) for reason, count in found.left_out.items()],
    }
