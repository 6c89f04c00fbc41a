"""Numbers for people who walk in: what is on offer, the draw, and the number's own page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.reservations import service as reservations
from portal.window import kinds, near, queue, rules, visits
from portal.window.kinds import Giving
from portal.window.models import Ticket
from portal.window.moves import CALLS, hold, last_number, next_number, try_move
from portal.window.rules import How, Lane, NumberEnded, State, TicketNotFound
from portal.window.turn_rules import Estimate

MAY_LEAVE = {State.WAITING, State.PARKED, State.CALLED}


@dataclass(frozen=True, slots=True)
class Offer:
    """One kind of window as a walk-in sees it; `why_not` is there when no number is given now."""

    kind: str
    words: str
    letter: str
    waiting: int
    estimate: Estimate
    why_not: Refusal | None


def offers(session: Session, office: str) -> list[Offer]:
    """The kinds of window of *office* in the city's order; none for an office that gives no numbers."""
    if office not in reservations.opening().offices:
        return []
    return [_offer(session, office, one) for one in kinds.here(office).values()]


def _offer(session: Session, office: str, one: Giving) -> Offer:
    waiting = queue.count_waiting(session, office, one.kind)
    return Offer(
        kind=str(one.kind),
        words=one.words,
        letter=one.letter,
        waiting=waiting,
        estimate=queue.estimate(session, office, one.kind, waiting),
        why_not=_why_not(session, office, one),
    )


def _why_not(session: Session, office: str, one: Giving) -> Refusal | None:
    try:
        kinds.check_open(session, one, office, clock.now())
        if last_number(session, office, one.letter) >= one.quota:
            raise rules.NumbersGone
    except Refusal as refusal:
        return refusal
    return None


def draw(session: Session, office: str, kind: str, token: str, *, how: How, language: str) -> Ticket:
    """A number for somebody without a reservation; the same *token* again gives the same number.

    Raises window-kind-not-here, office-closed-today, numbers-not-yet, numbers-closed or numbers-gone.
    """
    if known := find(session, token):
        return known
    one = kinds.giving(office, kind)
    kinds.check_open(session, one, office, clock.now())
    return _drawn(session, office, one, token, how=how, language=language)


def _drawn(session: Session, office: str, one: Giving, token: str, *, how: How, language: str) -> Ticket:
    hold(session, office, one.letter)
    if known := find(session, token):  # pressed twice at one instant: the second waited for the first
        return known
    number = next_number(session, office, one.letter, last=min(one.quota, rules.RESERVED_FROM))
    if number is None:
        raise rules.NumbersGone
    ticket = Ticket(
        id=new_id(),
        office=office,
        day=clock.today(),
        kind=str(one.kind),
        token=token,
        how=str(how),
        language=language,
        lane=str(Lane.GENERAL),
        number=number,
        label=rules.label(one.letter, Lane.GENERAL, number),
        state=str(State.WAITING),
        drawn_at=clock.now(),
    )
    session.add(ticket)
    session.flush()
    return ticket


def find(session: Session, token: str) -> Ticket | None:
    """The number a token opens, if there is one."""
    query = select(Ticket).where(Ticket.token == token).execution_options(populate_existing=True)
    return session.scalars(query).one_or_none()


def by_token(session: Session, token: str) -> Ticket:
    """The number a token opens, on its day only; raises TicketNotFound."""
    ticket = find(session, token)
    if ticket is None or ticket.day != clock.today():
        raise TicketNotFound
    return ticket


def page_of(ticket: Ticket) -> str:
    """The path of the number's own page."""
    return f"/number/{ticket.token}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a number stands: how many are called before it, how long that takes, who of its kind was called last."""

    before: int
    estimate: Estimate
    calling: Sequence[str]
    may_come_back: bool


def standing(session: Session, ticket: Ticket) -> Standing:
    """What the phone page, the kiosk and the paper say about a number."""
    before = queue.before(session, ticket)
    return Standing(
        before=before,
        estimate=queue.estimate(session, ticket.office, ticket.kind, before),
        calling=queue.last_calls(session, ticket.office, ticket.kind),
        may_come_back=ticket.state == State.NO_SHOW and _in_time(ticket),
    )


def _in_time(ticket: Ticket) -> bool:
    return ticket.ended_at is not None and clock.now() <= ticket.ended_at + rules.BACK_IN


def leave(session: Session, token: str) -> Ticket:
    """The person goes home: nobody calls them in vain. A second time changes nothing."""
    ticket = by_token(session, token)
    if ticket.state == State.LEFT:
        return ticket
    hold(session, ticket.office, CALLS)
    if not try_move(session, ticket, MAY_LEAVE, State.LEFT, ended_at=clock.now()):
        raise NumberEnded
    visits.did_not_come(session, ticket)
    near.tell(session, ticket.office, ticket.kind)
    return ticket


def come_back(session: Session, token: str) -> Ticket:
    """Who missed the call is in the queue again, at the place their waiting gives them; a second time is once."""
    return back_in_queue(session, by_token(session, token))


def back_in_queue(session: Session, ticket: Ticket) -> Ticket:
    """Bring a number that nobody answered back to the queue. Raises not-back-in-time."""
    if ticket.state in (State.WAITING, *rules.AT_WINDOW):
        return ticket
    if ticket.state != State.NO_SHOW or ticket.ended_at is None:
        raise NumberEnded
    rules.check_back(ticket.ended_at, clock.now())
    if try_move(session, ticket, {State.NO_SHOW}, State.WAITING, ended_at=None, recalled=0):
        visits.arrived_again(session, ticket)
    return ticket
