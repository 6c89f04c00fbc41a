"""Pages of gifts to many: what was given, what is proposed, and who decides it."""

from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused, single_line
from portal.points import once
from portal.points.gifts import rules, service
from portal.points.gifts.forms import GiftForm
from portal.points.gifts.models import PointGift
from portal.points.gifts.rules import STATE_WORDS, State
from portal.points.ledger.rules import SentBefore
from portal.points.programmes import rules as terms
from portal.points.programmes import service as programmes
from portal.points.programmes.routes import APPROVER, KEEPER, title_of
from portal.segments import service as segments
from portal.web.decisions import pressed
from portal.web.i18n import gettext as _
from portal.web.i18n import show_date
from portal.web.room import Room

room = Room("gifts", __name__, "/staff/points/gifts")
REFUSED = (
    rules.OwnGift,
    rules.GiftDecided,
    rules.GiftForTooFew,
    rules.GiftTooDear,
    terms.NoTerms,
    terms.AnswerNeeded,
)


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show_all(session: Session, actor: Actor) -> str:
    """The gifts until now, the newest first."""
    titles = _titles(session)
    rows = [_row(gift, titles) for gift in service.gifts(session)]
    return render_template("gifts/list.html", rows=rows)


def _row(gift: PointGift, titles: dict[str, str]) -> dict[str, Any]:
    words, tone = STATE_WORDS[gift.state]
    return {
        "gift": gift,
        "title": titles.get(gift.programme, gift.programme),
        "state": (_(words), tone),
        "whom": segments.lines_of(segments.of_json(gift.whom), _, show_date),
        "given": gift.people * gift.points,
    }


def _titles(session: Session, *, in_force: bool = False) -> dict[str, str]:
    found = {}
    for one in programmes.programmes(session):
        now = programmes.terms_on(session, one.code, clock.today())
        if now or not in_force:
            found[one.code] = title_of(now or programmes.terms_of(session, one.code)[0])
    return found


@room.page("/new", access=KEEPER, purpose=Purpose.POINTS)
def new(session: Session, actor: Actor) -> str:
    """An empty gift."""
    return _editor(_form(session))


def _form(session: Session) -> GiftForm:
    return GiftForm.of(list(_titles(session, in_force=True).items()))


def _editor(form: GiftForm, refusal: Refusal | None = None) -> str:
    return render_template("gifts/editor.html", form=form, refusal=refusal, key=once.fresh())


@room.page("/new", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def propose(session: Session, actor: Actor) -> Any:
    """Propose it; it waits for a second person."""
    form = _form(session)
    if (condition := form.condition()) is None:
        return _editor(form), 422
    facts = {"programme": form.programme.data, "points": int(form.points.data or 0), "why": form.why.data or ""}

    def deed() -> str:
        return str(service.propose(session, actor, condition=condition, **facts).number)

    try:
        number = int(once.once(session, actor, deed))
    except (*REFUSED, SentBefore) as refusal:
        return _editor(form, refusal), refusal.status
    return redirect(url_for(".show", number=number), 303)


@room.page("/<int:number>", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor, number: int) -> str:
    """One gift: for whom, about how many, how far it has come, and what is to be decided."""
    return _page(session, actor, service.find(session, number))


def _page(session: Session, actor: Actor, gift: PointGift, refusal: Refusal | None = None, answer: str = "") -> str:
    row = _row(gift, _titles(session))
    waits = gift.state == State.PROPOSED
    reach = service.reach(session, segments.of_json(gift.whom)).shown if waits else None
    is_own = gift.proposed_by == actor.id
    return render_template(
        "gifts/gift.html",
        **row,
        reach=reach,
        left=programmes.budget(session, gift.programme)[1],
        waits=waits,
        is_own=is_own,
        may_decide=actor.may(Permission.POINTS_APPROVE) and not is_own,
        stopped=gift.state == State.STOPPED,
        giving=gift.state == State.GIVING,
        refusal=refusal,
        answer=answer,
    )


@room.page("/<int:number>/decide", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def decide(session: Session, actor: Actor, number: int) -> Any:
    """The second person approves the gift, or says why not; or lets it go on after the budget was raised."""
    gift, typed = service.find(session, number), request.form.get("answer", "")
    button = pressed("approve", "refuse", "go-on")
    try:
        answer = single_line(typed, longest=300) if typed.strip() else ""
    except TextRefused:
        answer = ""
    try:
        with session.begin_nested():
            _act(session, actor, number, button, answer)
    except REFUSED as refusal:
        session.expire_all()
        return _page(session, actor, gift, refusal, answer), refusal.status
    return redirect(url_for(".show", number=number), 303)


def _act(session: Session, actor: Actor, number: int, decision: str, answer: str) -> None:
    if decision == "approve":
        service.approve(session, actor, number)
    elif decision == "go-on":
        service.go_on(session, number)
    elif not answer:
        raise terms.AnswerNeeded
    else:
        service.refuse(session, actor, number, answer)
