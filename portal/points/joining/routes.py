"""Pages on which two records of one person are compared, proposed to be joined, and decided on."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.core.text import TextRefused, single_line
from portal.points import once
from portal.points.joining import rules, service
from portal.points.joining.models import PointJoin
from portal.points.joining.rules import STATE_WORDS, STAYS, State
from portal.points.joining.service import Record
from portal.points.ledger.rules import JoinedAlready, MovedSince, SentBefore
from portal.points.programmes.routes import APPROVER, KEEPER
from portal.points.programmes.rules import AnswerNeeded
from portal.points.rules import RANK_WORDS
from portal.residents import service as residents
from portal.residents.service import Person
from portal.web.decisions import pressed
from portal.web.i18n import gettext as _
from portal.web.i18n import ngettext, show_date, show_points
from portal.web.room import Room

room = Room("point_joins", __name__, "/staff/points/joins")
REFUSED = (
    rules.RecordUnknown, rules.SameRecord, rules.RecordProtected, rules.KeptLeft, rules.OwnRecord, rules.JoinUnsure,
    rules.JoinWaiting, rules.OwnJoin, rules.JoinDecided, rules.ThirdRecord, JoinedAlready, MovedSince, AnswerNeeded,
    SentBefore,
)  # fmt: skip
LONGEST = 300


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show_all(session: Session, actor: Actor) -> str:
    """Proposals, the newest first; they name nobody."""
    rows = [(one, _state(one)) for one in service.joins(session)]
    return render_template("joining/list.html", rows=rows)


def _state(one: PointJoin) -> tuple[str, str]:
    words, tone = STATE_WORDS[one.state]
    return _(words), tone


# ---- proposing ----------------------------------------------------------------------------


@room.page("/new", access=KEEPER, purpose=Purpose.POINTS)
def new(session: Session, actor: Actor) -> str:
    """Which two records; nobody's data yet."""
    return _ask()


def _ask(refusal: Refusal | None = None) -> str:
    return render_template("joining/new.html", typed=_typed(), refusal=refusal)


def _typed() -> dict[str, str]:
    kept, gone = ("gone", "kept") if request.form.get("step") == "swap" else ("kept", "gone")
    return {
        "kept": text.shown_again(request.form.get(kept, ""), longest=40),
        "gone": text.shown_again(request.form.get(gone, ""), longest=40),
        "why": text.shown_again(request.form.get("why", ""), longest=LONGEST),
    }


@room.page("/new", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def propose(session: Session, actor: Actor) -> Any:
    """Both records side by side; or, once that is seen, the proposal."""
    typed = _typed()
    try:
        gone, kept = (service.by_number(session, typed[name]) for name in ("gone", "kept"))
        service.check(session, actor, gone, kept)
    except REFUSED as refusal:
        return _ask(refusal), refusal.status
    if request.form.get("step") != "propose":
        return _compared(session, gone, kept)
    try:
        with session.begin_nested():
            why = _line("why")
            rules.check_sure(why, request.form.get("sure", ""))
            made = once.once(session, actor, lambda: str(service.propose(session, actor, gone, kept, why).id))
    except REFUSED as refusal:
        session.expire_all()
        return _compared(session, gone, kept, refusal), refusal.status
    return redirect(url_for(".show", id=made), 303)


def _line(name: str) -> str:
    typed = request.form.get(name, "")
    try:
        return single_line(typed, longest=LONGEST) if typed.strip() else ""
    except TextRefused:
        return ""


def _compared(session: Session, gone: Person, kept: Person, refusal: Refusal | None = None) -> str:
    records = [service.record(session, one) for one in (gone, kept)]
    return render_template(
        "joining/compare.html",
        typed=_typed(),
        rows=_rows(*records),
        records=records,
        stays=_stays(),
        refusal=refusal,
        key=once.fresh(),
    )


def _stays() -> list[str]:
    return [_(one) for one in STAYS]


def _rows(gone: Record, kept: Record) -> list[tuple[str, str, str, bool]]:
    """What is compared: its name, both values, and whether they should be the same and are not."""
    pairs = [
        (_("Addressee number"), _number, False), (_("Name"), _name, True), (_("Kana"), _kana, True),
        (_("Date of birth"), _birth, True), (_("Address"), _address, True), (_("Time in the city"), _lives, False),
        (_("Points"), _points, False), (_("Owed"), _owed, False), (_("Rank"), _rank, False),
        (_("What is open"), _open, False),
    ]  # fmt: skip
    return [(label, said(gone), said(kept), alike and said(gone) != said(kept)) for label, said, alike in pairs]


def _number(one: Record) -> str:
    return one.person.addressee_number


def _name(one: Record) -> str:
    return f"{one.person.name} ({one.person.alias})" if one.person.alias else one.person.name


def _kana(one: Record) -> str:
    return one.person.kana


def _birth(one: Record) -> str:
    return show_date(one.person.birth_date)


def _address(one: Record) -> str:
    return _("Not shown: protected") if one.is_hidden else one.person.address


def _lives(one: Record) -> str:
    left = one.person.moved_out
    return _("Left on %(day)s", day=show_date(left)) if left else _("Since %(day)s", day=show_date(one.person.moved_in))


def _points(one: Record) -> str:
    return show_points(one.points)


def _owed(one: Record) -> str:
    return show_points(one.owed)


def _rank(one: Record) -> str:
    return _(RANK_WORDS[one.rank])


def _open(one: Record) -> str:
    said = [
        ngettext("%(num)s coupon", "%(num)s coupons", one.coupons) if one.coupons else "",
        ngettext("%(num)s exchange", "%(num)s exchanges", one.exchanges) if one.exchanges else "",
    ]
    return " · ".join(filter(None, said)) or _("Nothing")


# ---- deciding -----------------------------------------------------------------------------


@room.page("/<uuid:id>", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor, id: UUID) -> str:
    """One proposal, with both records side by side, and what is to be decided."""
    return _page(session, actor, id)


def _page(session: Session, actor: Actor, id: UUID, refusal: Refusal | None = None) -> str:
    found = service.find(session, id)
    people = [residents.look_up(session, who, case_ref=found.reference) for who in (found.gone_id, found.kept_id)]
    records = [service.record(session, one) for one in people]
    leaving, approves = found.state == State.LEAVING, actor.may(Permission.POINTS_APPROVE)
    is_own = actor.id == (found.apart_asked_by if leaving else found.proposed_by)
    return render_template(
        "joining/join.html", join=found, state=_state(found), rows=_rows(*records), records=records, stays=_stays(),
        waits=found.state == State.PROPOSED, joined=found.state == State.JOINED, leaving=leaving, is_own=is_own,
        may_decide=approves and not is_own, refusal=refusal, answer=_line("answer"),
    )  # fmt: skip


@room.page("/<uuid:id>/decide", access=APPROVER, purpose=Purpose.POINTS, methods=("POST",))
def decide(session: Session, actor: Actor, id: UUID) -> Any:
    """The second person: join them, or not; take them apart, or not."""
    return _do(session, actor, id, pressed("join", "refuse", "apart", "keep"))


@room.page("/<uuid:id>/apart", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def ask_apart(session: Session, actor: Actor, id: UUID) -> Any:
    """It was wrong: somebody asks for it to be taken apart."""
    return _do(session, actor, id, "ask-apart")


def _do(session: Session, actor: Actor, id: UUID, decision: str) -> Any:
    try:
        with session.begin_nested():
            _act(session, actor, id, decision, _line("answer"))
    except REFUSED as refusal:
        session.expire_all()
        return _page(session, actor, id, refusal), refusal.status
    return redirect(url_for(".show", id=id), 303)


def _act(session: Session, actor: Actor, id: UUID, decision: str, answer: str) -> None:
    if decision == "join":
        rules.check_sure("yes", request.form.get("sure", ""))
        service.agree(session, actor, id)
    elif decision == "apart":
        service.take_apart(session, actor, id)
    elif decision == "keep":
        service.keep_joined(session, id)
    elif not answer:
        raise AnswerNeeded
    elif decision == "ask-apart":
        service.ask_apart(session, actor, id, answer)
    else:
        service.refuse(session, actor, id, answer)
