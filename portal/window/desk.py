"""The desk: one's own window, whom it serves, identity, completion. Every step is one conditional UPDATE."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.core import audit, clock, identity
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.identity import CardNotRead, Document
from portal.reservations.service import BookingNotFound
from portal.staff import service as staff
from portal.window import arrivals, rules, visits
from portal.window.kinds import giving
from portal.window.models import Desk, Ticket
from portal.window.moves import NO_SYNC, at_office, try_move
from portal.window.queue import Queued, queue
from portal.window.rules import (
    DeskBusy,
    NotVerified,
    OtherPerson,
    State,
    TicketElsewhere,
    WindowNotChosen,
    WindowTaken,
)

OPEN = frozenset({State.WAITING, State.PARKED, State.NO_SHOW, *rules.AT_WINDOW})


@dataclass(frozen=True, slots=True)
class DeskView:
    """What a desk sees: its window (None: not chosen today) and kinds, who is at it, who waits for it, how many wait
    for other windows, who is called elsewhere, set aside, or absent for a short while."""

    window: int | None
    kinds: list[str]
    current: Ticket | None
    waiting: list[Queued]
    elsewhere: int
    called: list[Queued]
    parked: list[Queued]
    absent: list[Queued]


def desk_view(session: Session, actor: Actor) -> DeskView:
    """The queue of the member's office from their window."""
    served = kinds_of(session, actor)
    rows = queue(session, actor.office, OPEN)
    waiting = [row for row in rows if row.state is State.WAITING]
    mine = [row for row in waiting if not served or row.kind in served]
    return DeskView(
        window=window_of(session, actor),
        kinds=served,
        current=at_my_window(session, actor),
        waiting=mine,
        elsewhere=len(waiting) - len(mine),
        called=[row for row in rows if row.state in rules.AT_WINDOW],
        parked=[row for row in rows if row.state is State.PARKED],
        absent=[row for row in rows if row.state is State.NO_SHOW],
    )


def window_of(session: Session, actor: Actor) -> int | None:
    """The window the member chose today."""
    return session.scalar(select(Desk.window).where(*_today(actor)))


def kinds_of(session: Session, actor: Actor) -> list[str]:
    """The kinds of window the member's desk serves today; none chosen: all."""
    return (session.scalar(select(Desk.kinds).where(*_today(actor))) or "").split()


def _today(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return Desk.staff_id == actor.id, Desk.office == actor.office, Desk.day == clock.today()


def choose_window(session: Session, actor: Actor, number: int, kinds: Sequence[str] = ()) -> None:
    """Sit down at a window for today, to serve *kinds* of window (none: all); WindowTaken if a colleague sits there."""
    if number not in rules.WINDOWS:
        raise rules.WindowNumberUnknown
    served = " ".join(sorted({str(giving(actor.office, kind).kind) for kind in kinds}))
    if window_of(session, actor) == number:
        session.execute(update(Desk).where(*_today(actor)).values(kinds=served), execution_options=NO_SYNC)
        return
    if at_my_window(session, actor):
        raise DeskBusy
    session.execute(delete(Desk).where(Desk.staff_id == actor.id))
    row = {"staff_id": actor.id, "office": actor.office, "day": clock.today(), "window": number, "kinds": served}
    if insert_once(session, Desk.__table__, row) == 0:  # type: ignore[arg-type]
        raise WindowTaken


def at_my_window(session: Session, actor: Actor) -> Ticket | None:
    """The number this member called and has not finished with."""
    query = select(Ticket).where(
        Ticket.called_by == actor.id, Ticket.day == clock.today(), Ticket.state.in_(rules.AT_WINDOW)
    )
    return session.scalars(query.execution_options(populate_existing=True)).first()


def free_window(session: Session, actor: Actor) -> int:
    """The member's window, locked until the end: pressed twice at once, the second press finds the desk busy."""
    window: int | None = session.scalar(
        update(Desk)
        .where(Desk.staff_id == actor.id, Desk.office == actor.office, Desk.day == clock.today())
        .values(called_at=clock.now())
        .returning(Desk.window),
        execution_options=NO_SYNC,
    )
    if window is None:
        raise WindowNotChosen
    if at_my_window(session, actor):
        raise DeskBusy
    return window


def start(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """The person came to the window; a second time changes nothing."""
    ticket = mine(session, actor, ticket_id)
    if ticket.state == State.CALLED:
        try_move(session, ticket, {State.CALLED}, State.SERVING, serving_at=ticket.serving_at or clock.now())
    return ticket


def mine(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """A number this member called, also after the end; another one's person is none of their business."""
    ticket = at_office(session, actor.office, ticket_id)
    if ticket.called_by != actor.id:
        raise TicketElsewhere
    return ticket


def of_office(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """A number of the member's office, whoever called it; TicketNotFound otherwise."""
    return at_office(session, actor.office, ticket_id)


def challenge_context(ticket: Ticket) -> str:
    """What a card's signature at the window is good for: this visit alone."""
    return f"window:{ticket.id}"


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """What the card bridge sent back: the challenge's id, certificate and signature in base64."""

    challenge_id: UUID
    certificate: str
    signature: str


def reception_context(actor: Actor) -> str:
    """What a card's signature at the reception is good for: a check-in by this member of staff."""
    return f"reception:{actor.id}"


def check_in_by_card(session: Session, actor: Actor, answer: CardAnswer, ca_file: Path, *, by_label: str) -> Ticket:
    """Check in the owner of a card for their next reservation at this office.

    Raises card-not-read, what accounts.person_by_card raises, booking-not-found without any reservation, and what
    check_in says of one that is not for here and now.
    """
    challenge = accounts.use_challenge(session, answer.challenge_id, reception_context(actor))
    who = accounts.person_by_card(session, _bytes(answer.certificate), _bytes(answer.signature), challenge, ca_file)
    booking = arrivals.next_visit(session, who)
    if booking is None:
        raise BookingNotFound
    audit.looked(session, whose=who, what="reservations.visit", case_ref=booking.reference)
    rules.check_office(booking.office, actor.office, staff.office_name(session, booking.office))
    return arrivals.check_in(session, booking, by=by_label)


def verify_by_card(session: Session, actor: Actor, ticket_id: UUID, answer: CardAnswer, ca_file: Path) -> Ticket:
    """The card signed: it must be that of the person who reserved. Raises other-person, card-not-read, or what
    accounts.person_by_card raises."""
    ticket = mine(session, actor, ticket_id)
    challenge = accounts.use_challenge(session, answer.challenge_id, challenge_context(ticket))
    certificate, signature = _bytes(answer.certificate), _bytes(answer.signature)
    who = accounts.person_by_card(session, certificate, signature, challenge, ca_file)
    if who != ticket.resident_id:
        whose, reference = ticket.resident_id, ticket.reference
        audit.afterwards(
            session,
            lambda later: audit.did(
                later, Action.REFUSED, whose=whose, what="window.identity other-person", case_ref=reference
            ),
        )
        raise OtherPerson
    return _verified(session, ticket, identity.BY_CARD)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CardNotRead from None


def verify_by_document(session: Session, actor: Actor, ticket_id: UUID, document: Document) -> Ticket:
    """The member of staff compared a document with the person and the register; its kind is kept."""
    return _verified(session, mine(session, actor, ticket_id), str(document))


def _verified(session: Session, ticket: Ticket, how: str) -> Ticket:
    """Said twice in the same way, it was seen once."""
    if ticket.state == State.SERVING and ticket.verified_how == how:
        return ticket
    values: dict[str, Any] = {"verified_how": how, "verified_at": clock.now()}
    values["serving_at"] = ticket.serving_at or clock.now()
    if not try_move(session, ticket, set(rules.AT_WINDOW), State.SERVING, **values):
        raise TicketElsewhere
    return ticket


def complete(session: Session, actor: Actor, ticket_id: UUID, done: Sequence[UUID] | None = None) -> Ticket:
    """Finish: the applications in *done* (None: all of the visit) completed, visit served. Twice is once.

    Raises NotVerified before the identity of a person with a reservation is checked; what a walk-in asks for may
    need none, and what does is done in the procedure's own system.
    """
    ticket = mine(session, actor, ticket_id)
    if ticket.state == State.SERVED:
        return ticket
    if ticket.resident_id is not None and ticket.verified_at is None:
        raise NotVerified
    if not try_move(session, ticket, {State.SERVING}, State.SERVED, ended_at=clock.now()):
        raise TicketElsewhere
    visits.completed(session, ticket, actor, done)
    return ticket


def close_days(session: Session, _payload: dict[str, Any]) -> None:
    """Numbers of past days that nobody finished end as absent (worker, hourly)."""
    open_states = {State.WAITING, State.PARKED, *rules.AT_WINDOW}
    query = select(Ticket).where(Ticket.day < clock.today(), Ticket.state.in_(open_states)).limit(500)
    for ticket in session.scalars(query):
        try_move(session, ticket, open_states, State.NO_SHOW, ended_at=clock.now())
        visits.did_not_come(session, ticket)
