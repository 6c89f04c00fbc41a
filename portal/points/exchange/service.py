"""An exchange, from the wish to the programme's last word. The portal decides between the two calls: until then points are
only set aside, from then on they are the programme's, however often it has to be told."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.events import emit
from portal.core.outbox import Errand
from portal.core.reference import new_reference
from portal.points.events import ExchangeAsked
from portal.points.exchange import rules, watching
from portal.points.exchange.models import PointExchange
from portal.points.exchange.programme import Programme, ProgrammeRefuses, ProgrammeSilent
from portal.points.exchange.rules import Difference, State
from portal.points.exchange.watching import promise
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, known
from portal.points.ledger.rules import HoldEnded, Kind, Reason, SentBefore

CARRY = watching.CARRY
BRIDGE = "bridge private"


def ask(session: Session, resident_id: UUID, *, member: str, points: int, key: UUID) -> PointExchange:
    """Set points aside and promise to carry them over, once a *key*. Raises ExchangeUnclear, ExchangeLimit,
    NotEnoughPoints, SentBefore."""
    if points not in rules.AMOUNTS or not (member.isascii() and member.isdigit() and 6 <= len(member) <= 20):
        raise rules.ExchangeUnclear
    account = ledger.hold_accounts(session, [resident_id])[resident_id]
    once = f"exchange:{resident_id}:{key}"
    if there := known(session, [once]):
        before = session.scalars(select(PointExchange).where(PointExchange.hold == there[once])).one()
        if (before.points, before.member) != (points, member):
            raise SentBefore
        return before
    if _this_month(session, resident_id) + points > rules.MOST_A_MONTH:
        raise rules.ExchangeLimit(most=rules.MOST_A_MONTH)
    reference = new_reference()
    target = ledger.named(session, BRIDGE, Kind.BRIDGE)
    wish = Entry(once, account, target, points, Reason.HOLD, case_ref=reference)
    now = clock.now()
    made = PointExchange(
        reference=reference, resident_id=resident_id, member=member, points=points, state=State.ASKED, asked_at=now,
        hold=ledger.hold(session, wish, until=now + rules.HOLDS),
    )  # fmt: skip
    session.add(made)
    session.flush()
    did(session, Action.CHANGE, whose=resident_id, what="points.balance", case_ref=reference)
    emit(session, ExchangeAsked(resident_id=resident_id, reference=reference))
    promise(session, made)
    return made


def _this_month(session: Session, resident_id: UUID) -> int:
    today = clock.today()
    begin = datetime(today.year, today.month, 1, tzinfo=JST)
    states = [str(state) for state in (State.ASKED, State.TAKEN, State.DONE)]
    query = select(func.sum(PointExchange.points)).where(
        _of(session, resident_id), PointExchange.asked_at >= begin, PointExchange.state.in_(states)
    )
    return session.scalar(query) or 0


def exchanges(session: Session, resident_id: UUID) -> Sequence[PointExchange]:
    """The person's, the newest first."""
    query = select(PointExchange).where(_of(session, resident_id))
    return session.scalars(query.order_by(PointExchange.asked_at.desc()).limit(20)).all()


def _of(session: Session, resident_id: UUID) -> ColumnElement[bool]:
    """Whichever of the person's records asked for it."""
    return PointExchange.resident_id.in_(ledger.records_of(session, resident_id))


# ---- carried by the worker ----------------------------------------------------------------

Step = tuple[str, str, str, int]
"""Reference, state, member, points."""
Told = tuple[str, str, str | None]
"""Reference, the state it was carried in, and why the programme said no (None: it did not)."""


def errand(settings: Settings) -> Errand:
    """One call to the programme and what follows from it; no answer is asked for again by the outbox."""
    return Errand(take=_take, carry=partial(_carry, Programme.of(settings)), record=_record)


def _take(session: Session, payload: dict[str, Any]) -> Step:
    one = session.get_one(PointExchange, payload["exchange"])
    return one.reference, one.state, one.member, one.points


def _carry(programme: Programme | None, step: Step) -> Told:
    reference, state, member, points = step
    if programme is None:
        raise ProgrammeSilent
    try:
        if state == State.ASKED:
            programme.reserve(reference, member=member, units=points)
        elif state == State.TAKEN:
            programme.capture(reference)
        elif state == State.LAPSED:
            programme.release(reference)
    except ProgrammeRefuses as no:
        if state == State.LAPSED:
            raise ProgrammeSilent from None  # it has them: the comparison finds what is there and not here
        return reference, state, no.code
    return reference, state, None


def _record(session: Session, told: Told) -> None:
    reference, since, why = told
    one = session.scalars(select(PointExchange).where(PointExchange.reference == reference).with_for_update()).one()
    if one.state != since:
        return  # carried twice
    if since == State.ASKED:
        _decide(session, one, why)
    elif since == State.TAKEN and why:
        watching.find(session, one, Difference.REFUSED_THERE)  # it broke its promise: somebody decides
        one.why = why
    elif since == State.TAKEN:
        one.state, one.done_at = State.DONE, clock.now()
        watching.came_right(session, one)
    elif since == State.LAPSED:
        one.state = State.ENDED
    session.flush()


def _decide(session: Session, one: PointExchange, why: str | None) -> None:
    """The programme has reserved, or says no. Points that are no longer set aside went back to their owner."""
    try:
        if why is not None:
            ledger.release(session, one.hold)
            one.state, one.why = State.REFUSED, why
            watching.tell_back(session, one)
        else:
            ledger.capture(session, one.hold, reason=Reason.EXCHANGE)
            one.state = State.TAKEN
            promise(session, one)
    except HoldEnded:
        one.state = State.REFUSED if why is not None else State.LAPSED
        watching.tell_back(session, one)
        if why is None:
            promise(session, one)
    did(session, Action.CHANGE, whose=one.resident_id, what="points.balance", case_ref=one.reference)
