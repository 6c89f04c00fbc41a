"""Pages of the section that runs programmes: what there is, what is proposed, and who decides it."""

from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused, single_line
from portal.points import once, waiting
from portal.points.ledger.rules import SentBefore
from portal.points.programmes import rules, service, unpaid
from portal.points.programmes.forms import ProgrammeForm, TermsForm
from portal.points.programmes.models import PointProgramme, PointTerms
from portal.points.programmes.rules import KINDS, STATE_WORDS, UNIT_WORDS, State
from portal.web.access import Access
from portal.web.decisions import pressed
from portal.web.i18n import gettext as _
from portal.web.i18n import language, ngettext, show_points
from portal.web.room import Room

room = Room("programmes", __name__, "/staff/points")
KEEPER = Access.staff(Permission.POINTS_KEEP)
APPROVER = Access.staff(Permission.POINTS_APPROVE)


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show_all(session: Session, actor: Actor) -> str:
    """Every programme: what it gives, how much of its budget is left, what waits in this list and the others."""
    owed = unpaid.owed(session)
    rows = [_row(session, one) | {"unpaid": owed.get(one.code)} for one in service.programmes(session)]
    return render_template("programmes/list.html", rows=rows, waiting=waiting.counts(session))


def _row(session: Session, one: PointProgramme) -> dict[str, Any]:
    versions = service.terms_of(session, one.code)
    now = service.terms_on(session, one.code, clock.today())
    shown = now or versions[0]
    budget, left = service.budget(session, one.code)
    return {
        "code": one.code,
        "title": title_of(shown),
        "kind": _(KINDS.get(one.reason, one.reason)),
        "gives": gives(shown, one.unit),
        "is_open": now is not None,
        "ends_on": shown.ends_on,
        "budget": budget,
        "given": budget - left,
        "left": left,
        "waits": next((terms for terms in versions if terms.state == State.PROPOSED), None),
    }


def title_of(terms: PointTerms) -> str:
    """In the reader's language, or in Japanese."""
    return terms.title.get(language()) or terms.title["ja"]


def gives(terms: PointTerms, unit: str) -> str:
    """100 points for each hour."""
    return ngettext(
        "%(points)s point %(unit)s",
        "%(points)s points %(unit)s",
        terms.points,
        points=show_points(terms.points),
        unit=_(UNIT_WORDS[unit]),
    )


@room.page("/new", access=KEEPER, purpose=Purpose.POINTS)
def new(session: Session, actor: Actor) -> str:
    """An empty programme."""
    return _editor(ProgrammeForm.of())


def _editor(form: TermsForm, one: PointProgramme | None = None) -> str:
    return render_template("programmes/editor.html", form=form, programme=one, key=once.fresh())


@room.page("/new", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def create(session: Session, actor: Actor) -> Any:
    """Propose a programme; it waits for a second person."""
    form = ProgrammeForm.of()
    if (facts := form.facts()) is None:
        return _editor(form), 422
    asked = {"code": form.code.data or "", "reason": form.kind.data, "unit": form.unit.data}
    try:
        code = once.once(session, actor, lambda: service.create(session, actor, facts=facts, **asked).programme)
    except (rules.ProgrammeExists, SentBefore) as refusal:
        form.code.errors = [_say(refusal)]
        return _editor(form), 422
    return redirect(url_for(".show", code=code), 303)


def _say(refusal: Refusal) -> str:
    return f"{_(refusal.message, **refusal.facts)} {_(refusal.next_step, **refusal.facts)}"


@room.page("/<code>", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor, code: str) -> str:
    """One programme: its budget, every version of its terms, and what is to be decided."""
    return _page(session, actor, service.programme(session, code))


def _page(session: Session, actor: Actor, one: PointProgramme, refusal: Refusal | None = None, answer: str = "") -> str:
    versions = service.terms_of(session, one.code)
    waiting = next((terms for terms in versions if terms.state == State.PROPOSED), None)
    now = service.terms_on(session, one.code, clock.today())
    budget, left = service.budget(session, one.code)
    return render_template(
        "programmes/programme.html",
        programme=one,
        title=title_of(now or versions[0]),
        kind=_(KINDS.get(one.reason, one.reason)),
        now=now and {"gives": gives(now, one.unit), "terms": now},
        versions=[_version(terms, one.unit) for terms in versions],
        waiting=waiting,
        may_decide=bool(waiting and actor.may(Permission.POINTS_APPROVE) and waiting.proposed_by != actor.id),
        is_own=bool(waiting and waiting.proposed_by == actor.id),
        budget=budget,
        left=left,
        given=budget - left,
        unpaid=unpaid.owed(session).get(one.code),
        refusal=refusal,
        answer=answer,
    )


def _version(terms: PointTerms, unit: str) -> dict[str, Any]:
    words, tone = STATE_WORDS[terms.state]
    return {"terms": terms, "gives": gives(terms, unit), "state": (_(words), tone)}


@room.page("/<code>/terms", access=KEEPER, purpose=Purpose.POINTS)
def change(session: Session, actor: Actor, code: str) -> str:
    """The newest terms, to propose others."""
    one = service.programme(session, code)
    return _editor(TermsForm.of(service.terms_of(session, code)[0]), one)


@room.page("/<code>/terms", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def propose(session: Session, actor: Actor, code: str) -> Any:
    """Propose other terms; they wait for a second person."""
    one, form = service.programme(session, code), TermsForm.of()
    if (facts := form.facts()) is None:
        return _editor(form, one), 422
    try:
        once.once(session, actor, lambda: service.propose(session, actor, code, facts).programme)
    except rules.TermsTooEarly as refusal:
        form.begins_on.errors = [_say(refusal)]
        return _editor(form, one), 422
    except (rules.TermsWaiting, SentBefore) as refusal:
        return _page(session, actor, one, refusal), refusal.status
    return redirect(url_for(".show", code=code), 303)


@room.page("/<code>/<int:version>/decide", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def decide(session: Session, actor: Actor, code: str, version: int) -> Any:
    """The second person approves the terms, or says why not."""
    one, typed = service.programme(session, code), request.form.get("answer", "")
    approves = pressed("approve", "refuse") == "approve"
    try:
        answer = single_line(typed, longest=300) if typed.strip() else ""
    except TextRefused:
        answer = ""
    try:
        with session.begin_nested():
            if approves:
                service.approve(session, actor, code, version)
            elif not answer:
                raise rules.AnswerNeeded
            else:
                service.refuse(session, actor, code, version, answer)
    except (
        rules.OwnTerms,
        rules.TermsDecided,
        rules.TermsTooEarly,
        rules.BudgetGivenAway,
        rules.AnswerNeeded,
    ) as refusal:
        session.expire_all()
        return _page(session, actor, one, refusal, answer), refusal.status
    return redirect(url_for(".show", code=code), 303)
