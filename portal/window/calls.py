"""Calling: whose turn it is, once more, not there, set aside, sent on. Every step is one conditional UPDATE."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.window import desk, kinds, near, queue, rules, turn_rules, visits
from portal.window.models import Ticket
from portal.window.moves import CALLS, NO_SYNC, at_office, hold, record, take_turn, try_move
from portal.window.rules import (
    NobodyWaiting,
    Reason,
    ReasonMissing,
    RecallFirst,
    SameKind,
    State,
    TicketElsewhere,
)
from portal.window.turn_rules import Turn

TO_CALL = {State.WAITING, State.NO_SHOW, State.PARKED}


def call_next(session: Session, actor: Actor) -> Ticket:
    """Call whose turn it is at this desk's kinds of window (turn_rules.in_order). Two desks never call the same person."""
    window = desk.free_window(session, actor)
    served = desk.kinds_of(session, actor)
    turn = take_turn(session, actor.office)
    waiting = queue.waiting(session, actor.office, served)
    if not waiting:
        raise NobodyWaiting
    ticket = at_office(session, actor.office, waiting[0].id)
    _call(session, actor, ticket, window=window, turn=turn)
    count_passed(session, waiting[0], waiting)
    return ticket


def call(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """Call one number out of turn: set aside before, absent a short while ago, or somebody who needs help soon."""
    window = desk.free_window(session, actor)
    turn = take_turn(session, actor.office)
    ticket = at_office(session, actor.office, ticket_id)
    if ticket.state == State.NO_SHOW and ticket.ended_at is not None:
        rules.check_back(ticket.ended_at, clock.now())
    waiting = queue.waiting(session, actor.office, [ticket.kind])
    _call(session, actor, ticket, window=window, turn=turn)
    for chosen in waiting:
        if chosen.id == ticket.id:
            count_passed(session, chosen, waiting)
    return ticket


def _call(session: Session, actor: Actor, ticket: Ticket, *, window: int, turn: int) -> None:
    was, now = ticket.state, clock.now()
    values = {"window": window, "called_by": actor.id, "called_at": now, "call_number": turn, "recalled": 0}
    first = ticket.first_called_at or now
    if not try_move(session, ticket, TO_CALL, State.CALLED, ended_at=None, first_called_at=first, **values):
        raise TicketElsewhere
    if was == State.NO_SHOW:
        visits.arrived_again(session, ticket)
    visits.tell(session, ticket, "called", window=window)
    near.tell(session, actor.office, ticket.kind)


def count_passed(session: Session, chosen: Turn, waiting: list[Turn]) -> None:
    """Whoever of those waiting at the same desk has waited longer was passed over once more."""
    if ids := [turn.id for turn in turn_rules.passed_by(chosen, waiting, clock.now())]:
        one_more = update(Ticket).where(Ticket.id.in_(ids)).values(passed_over=Ticket.passed_over + 1)
        session.execute(one_more, execution_options=NO_SYNC)


def recall(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """Call the same number once more: the board shows it first again, chimes and says it."""
    ticket = desk.mine(session, actor, ticket_id)
    values = {"called_at": clock.now(), "recalled": ticket.recalled + 1}
    turn = take_turn(session, actor.office)
    if not try_move(session, ticket, {State.CALLED}, State.CALLED, call_number=turn, **values):
        raise TicketElsewhere
    return ticket


def nobody_came(session: Session, actor: Actor, ticket_id: UUID) -> None:
    """The person did not come, though called RECALLS times more; a second time changes nothing."""
    ticket = desk.mine(session, actor, ticket_id)
    if ticket.state == State.NO_SHOW:
        return
    if ticket.state == State.CALLED and ticket.recalled < rules.RECALLS:
        raise RecallFirst(times=rules.RECALLS)
    if not try_move(session, ticket, {State.CALLED}, State.NO_SHOW, ended_at=clock.now()):
        raise TicketElsewhere
    visits.did_not_come(session, ticket)


def park(session: Session, actor: Actor, ticket_id: UUID, reason: str) -> None:
    """Set the number aside, so that the desk can serve others meanwhile; `call` brings it back."""
    if reason not in set(Reason):
        raise ReasonMissing
    ticket = desk.mine(session, actor, ticket_id)
    if ticket.state == State.PARKED:
        return
    values = {"parked_at": clock.now(), "park_reason": reason}
    if not try_move(session, ticket, set(rules.AT_WINDOW), State.PARKED, **values):
        raise TicketElsewhere


def forward(session: Session, actor: Actor, ticket_id: UUID, kind: str) -> Ticket:
    """Send the person on to another kind of window of this office: they wait there as long as they have waited."""
    to = kinds.giving(actor.office, kind)
    ticket = desk.mine(session, actor, ticket_id)
    if ticket.kind == to.kind:
        raise SameKind
    hold(session, actor.office, CALLS)
    values = {
        "kind": str(to.kind),
        "forwarded_from": ticket.kind,
        "forwarded_at": clock.now(),
        "near_told_at": None,
        **dict.fromkeys(("window", "called_by", "call_number")),
    }
    if not try_move(session, ticket, set(rules.AT_WINDOW), State.WAITING, **values):
        raise TicketElsewhere
    return ticket


def set_needs(session: Session, actor: Actor, ticket_id: UUID, needs: bool) -> Ticket:
    """The reception sees that somebody cannot wait long (a wheelchair, a small child): yes or no, never why."""
    ticket = at_office(session, actor.office, ticket_id)
    ticket.needs = needs
    record(session, ticket, "tickets(needs)")
    session.flush()
    return ticket
