"""Pages of a section's notices: the list, a draft and its course."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused
from portal.mailbox.attachments import service as attachments
from portal.mailbox.composing import course, drafts, figures, library, people, view
from portal.mailbox.composing.drafts import Content
from portal.mailbox.composing.figures import Wanted
from portal.mailbox.composing.forms import LISTED, NoticeForm, sent, typed_of
from portal.mailbox.composing.models import Plan
from portal.mailbox.composing.rules import ROWS_SHOWN, NotADraft, ReasonMissing, StartImpossible, TypedOver
from portal.mailbox.models import Notice
from portal.mailbox.paper import service as paper
from portal.mailbox.retention.rules import What, last_day
from portal.mailbox.rules import KIND_WORDS, STATE_WORDS, DueDatePassed, Kind, NobodyReached, State
from portal.segments.service import UNUSABLE, Count
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext, show_date, show_time
from portal.web.pages import page_number
from portal.web.room import Room

room = Room("composing", __name__, "/staff/notices")
SENDER = Access.staff(Permission.NOTICE_WRITE)
APPROVER = Access.staff(Permission.NOTICE_APPROVE)
LONGEST_PAGE_NAME = 40


def wanted_of() -> Wanted:
    """What the filters say; what is none of the choices is no filter."""
    asked = request.args
    state, kind = asked.get("state", ""), asked.get("kind", "")
    return Wanted(
        state=state if state in set(State) else "",
        kind=kind if kind in set(Kind) else "",
        words=text.shown_again(asked.get("q", ""), longest=100).strip(),
        page=page_number(),
    )


@room.page("", access=SENDER, purpose=Purpose.SENDING)
def sent_notices(session: Session, actor: Actor) -> str:
    """The section's notices with how many were delivered and read."""
    wanted = wanted_of()
    lines, total = figures.listed(session, actor.section, wanted) if actor.section else ([], 0)
    counts = figures.states(session, actor.section) if actor.section else {}
    pages = max(1, -(-total // wanted.size))
    known: dict[str, Any] = {
        name: value for name, value in request.args.items() if name in ("state", "kind", "q") and value
    }
    return render_template(
        "composing/sent.html",
        lines=[(line, view.title_of(line.notice), view.TONES[State(line.notice.state)]) for line in lines],
        states={str(state): gettext(label) for state, label in STATE_WORDS.items()},
        kinds={str(kind): gettext(label) for kind, label in KIND_WORDS.items()},
        counts=[(state, counts.get(state, 0)) for state in (State.DRAFT, State.WAITING, State.SCHEDULED)],
        wanted=wanted,
        total=total,
        pages=pages,
        page_url=lambda page: url_for(".sent_notices", page=page, **known),
        known=known,
    )


@room.page("/new", access=SENDER, purpose=Purpose.SENDING)
def compose(session: Session, actor: Actor) -> str:
    """What to begin with: a template of the section, or nothing."""
    return render_template("composing/new.html", templates=library.all_of(session, actor))


@room.page("/new", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def begin(session: Session, actor: Actor) -> Redirect:
    """A draft that is kept from the first word on."""
    content, template = Content(), None
    if (typed := request.form.get("template", "")) and (chosen := _uuid(typed)):
        found = library.open_template(session, actor, chosen)
        content, template = Content.of(library.version(session, found).content), (found.id, found.version)
    notice = drafts.begin(session, actor, content, template=template)
    return redirect(url_for(".edit", notice_id=notice.id), 303)


def _uuid(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


@room.page("/<uuid:notice_id>/edit", access=SENDER, purpose=Purpose.SENDING)
def edit(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """The draft as it stands."""
    notice, plan = drafts.open_plan(session, actor, notice_id)
    if notice.state != State.DRAFT:
        return redirect(url_for(".show", notice_id=notice_id), 303)
    form = _form(session, actor, notice, _typed(notice, plan))
    return _edit_page(notice, plan, form, base=plan.revision)


def _typed(notice: Notice, plan: Plan) -> Mapping[str, str]:
    """What stands in the form: as it was typed, or as the notice says."""
    return plan.typed or typed_of(Content.of_notice(notice), due_on=notice.due_on, readers=notice.segment)


def _form(session: Session, actor: Actor, notice: Notice, typed: Mapping[str, str]) -> NoticeForm:
    kept = view.kept_segments(session, actor, typed.get("segment", ""))
    form = NoticeForm.of(typed).label(view.procedures(), same=people.SAME in notice.segment).offer(kept)
    return form.look_up(people.look_at(session, form.people.data) if form.source.data == LISTED else None)


def _edit_page(notice: Notice, plan: Plan, form: NoticeForm, *, base: int, crossed: Any = None) -> str:
    return render_template(
        "composing/edit.html",
        notice=notice,
        plan=plan,
        form=form,
        base=base,
        kept_until=show_date(last_day(What.DRAFT, plan.saved_at)),
        page=request.form.get("_page", "")[:LONGEST_PAGE_NAME] or secrets.token_urlsafe(8),
        in_languages=view.fields_by_language(form),
        facts=view.fact_names(),
        faults=view.fault_lines(form.listed),
        more_faults=max(0, len(form.listed.faults) - ROWS_SHOWN) if form.listed else 0,
        crossed=crossed,
    )


@room.page("/<uuid:notice_id>/edit", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def save(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """Keep what was typed; if it is complete, the notice says it, and can be sent."""
    notice, plan = drafts.open_plan(session, actor, notice_id)
    typed = sent(NoticeForm)
    try:
        revision = _keep(session, actor, notice, typed)
    except TypedOver:
        newest = session.get_one(Plan, notice.number, populate_existing=True)
        form, theirs = _form(session, actor, notice, typed), _form(session, actor, notice, _typed(notice, newest))
        crossed = view.crossing(form, theirs)
        return _edit_page(notice, newest, form, base=newest.revision, crossed=crossed), 409
    form = _form(session, actor, notice, typed)
    if request.form.get("act") == "keep":
        return redirect(url_for(".sent_notices"), 303)
    if not form.validate():
        return _edit_page(notice, plan, form, base=revision), 422
    listed = form.listed if form.source.data == LISTED else None
    drafts.settle(session, notice, form.content(), readers=form.readers(notice), listed=listed, due_on=form.due_on.data)
    return redirect(url_for(".show", notice_id=notice_id), 303)


def _keep(session: Session, actor: Actor, notice: Notice, typed: Mapping[str, str]) -> int:
    base, page = request.form.get("_base", ""), request.form.get("_page", "")[:LONGEST_PAGE_NAME]
    number = int(base) if base.isascii() and base.isdigit() and len(base) < 9 else -1
    page = page if page.isascii() and page.isprintable() else ""
    return drafts.keep(session, actor, notice, typed, base=number, page=page)


@room.page("/<uuid:notice_id>/autosave", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def autosave(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """What was typed so far (js/draft.js)."""
    notice = drafts.open_notice(session, actor, notice_id)
    try:
        _keep(session, actor, notice, sent(NoticeForm))
    except (TypedOver, NotADraft) as refusal:
        return jsonify(code=refusal.code), 409
    return jsonify(saved_at=show_time(clock.now()))


@room.page("/<uuid:notice_id>/discard", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def discard(session: Session, actor: Actor, notice_id: UUID) -> Redirect:
    """Throw the draft away."""
    drafts.discard(session, drafts.open_notice(session, actor, notice_id))
    return redirect(url_for(".sent_notices"), 303)


@room.page("/<uuid:notice_id>", access=SENDER, purpose=Purpose.SENDING)
def show(session: Session, actor: Actor, notice_id: UUID) -> str:
    """Where a notice stands and what can be done with it now."""
    notice, plan = drafts.open_plan(session, actor, notice_id)
    return show_page(session, actor, notice, plan)


def show_page(session: Session, actor: Actor, notice: Notice, plan: Plan, refusal: Refusal | None = None) -> str:
    """The page of a notice; *refusal* is why something asked for here was not done."""
    state = State(notice.state)
    is_sent = state in view.ON_THE_WAY
    delivered, read = figures.numbers(session, notice) if is_sent else (0, 0)
    try:
        reach = Count(delivered) if is_sent else people.shown(session, notice)
        exact = delivered if is_sent else people.count(session, notice)
    except UNUSABLE as gone:
        reach, exact, refusal = Count(None), 0, refusal or gone
    return render_template(
        "composing/show.html",
        notice=notice,
        plan=plan,
        **view.sheet(notice),
        facts=view.facts(notice, plan, reach),
        reach=exact,
        read=read,
        expected=plan.people or delivered,
        files=attachments.listed(session, notice),
        small=reach.is_small,
        asks=view.asks(session, notice, exact),
        may_approve=view.may_approve(session, actor, notice, plan),
        corrects=session.get(Notice, plan.corrects) if plan.corrects else None,
        steps=view.steps(drafts.steps_of(session, notice.number)),
        letters=paper.of_notice(session, notice.number) if is_sent else None,
        sent=request.form,
        today=clock.today(),
        refusal=refusal,
    )


@room.page("/<uuid:notice_id>/send", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def send(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """Send it now or at a time, or ask for approval where that is needed."""
    notice, plan = drafts.open_plan(session, actor, notice_id)
    seen = request.form.get("seen", "")
    try:
        start = _start() if request.form.get("when") == "later" else None
        course.submit(
            session,
            actor,
            notice,
            seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1,
            start=start,
            over=hall().settings.approval_over,
        )
    except (StartImpossible, DueDatePassed, NobodyReached, *UNUSABLE) as refusal:
        return show_page(session, actor, notice, plan, refusal), 422
    return redirect(url_for(".show", notice_id=notice_id), 303)


def _start() -> datetime:
    """The day and time typed for sending, in Japan."""
    try:
        typed = f"{text.fold_width(request.form.get('day', ''))} {text.fold_width(request.form.get('time', ''))}"
        return datetime.strptime(typed.strip(), "%Y-%m-%d %H:%M").replace(tzinfo=clock.JST)
    except (ValueError, TextRefused):
        raise StartImpossible from None


@room.page("/<uuid:notice_id>/approve", access=APPROVER, purpose=Purpose.SENDING, methods=("POST",))
def approve(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """Agree to exactly what was seen."""
    notice, plan = drafts.open_plan(session, actor, notice_id)
    try:
        course.approve(session, actor, notice, seen=request.form.get("seen", ""))
    except (DueDatePassed, NobodyReached, *UNUSABLE) as refusal:
        return show_page(session, actor, notice, plan, refusal), 422
    return redirect(url_for(".show", notice_id=notice_id), 303)


@room.page("/<uuid:notice_id>/send-back", access=APPROVER, purpose=Purpose.SENDING, methods=("POST",))
def send_back(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """Not like this, with words."""
    notice, plan = drafts.open_plan(session, actor, notice_id)
    try:
        course.send_back(
            session, actor, notice, text.shown_again(request.form.get("words", ""), longest=600, lines=True)
        )
    except ReasonMissing as refusal:
        return show_page(session, actor, notice, plan, refusal), 422
    return redirect(url_for(".show", notice_id=notice_id), 303)


@room.page("/<uuid:notice_id>/take-back", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def take_back(session: Session, actor: Actor, notice_id: UUID) -> Redirect:
    """Make it a draft again before it is sent."""
    course.take_back(session, actor, drafts.open_notice(session, actor, notice_id))
    return redirect(url_for(".edit", notice_id=notice_id), 303)


@room.page("/<uuid:notice_id>/copy", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def copy(session: Session, actor: Actor, notice_id: UUID) -> Redirect:
    """A new draft that says the same."""
    made = drafts.copy(session, actor, drafts.open_notice(session, actor, notice_id))
    return redirect(url_for(".edit", notice_id=made.id), 303)


@room.page("/<uuid:notice_id>/correct", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def correct(session: Session, actor: Actor, notice_id: UUID) -> Redirect:
    """A draft that puts right what was sent, to the same people."""
    made = course.correct(session, actor, drafts.open_notice(session, actor, notice_id))
    return redirect(url_for(".edit", notice_id=made.id), 303)


@room.page("/<uuid:notice_id>/withdraw", access=SENDER, purpose=Purpose.SENDING)
def ask_withdraw(session: Session, actor: Actor, notice_id: UUID) -> str:
    """Asks for the reason: readers see it."""
    return _withdraw_page(drafts.open_notice(session, actor, notice_id))


def _withdraw_page(notice: Notice, refusal: Refusal | None = None) -> str:
    return render_template(
        "composing/withdraw.html", notice=notice, title=view.title_of(notice), refusal=refusal, sent=request.form
    )


@room.page("/<uuid:notice_id>/withdraw", access=SENDER, purpose=Purpose.SENDING, methods=("POST",))
def withdraw(session: Session, actor: Actor, notice_id: UUID) -> Any:
    """Take back what was sent."""
    notice = drafts.open_notice(session, actor, notice_id)
    try:
        course.withdraw(
            session, actor, notice, text.shown_again(request.form.get("reason", ""), longest=600, lines=True)
        )
    except ReasonMissing as refusal:
        return _withdraw_page(notice, refusal), 422
    return redirect(url_for(".show", notice_id=notice_id), 303)
