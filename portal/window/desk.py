"""The desk: one's own window, calling, identity, completion. Every step is one conditional UPDATE."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.applications import service as applications
from portal.core import audit, clock, identity
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.identity import CardNotRead, Document
from portal.reservations import service as reservations
from portal.staff import service as staff
from portal.window import rules
from portal.window.models import Desk, Ticket
from portal.window.queue import Queued, queue
from portal.window.rules import (
    DeskBusy,
    NobodyWaiting,
    NotVerified,
    OtherPerson,
    State,
    TicketElsewhere,
    TicketNotFound,
    WindowNotChosen,
    WindowTaken,
)

NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class DeskView:
    """What a desk sees: its window (None: not chosen today), who is at it, who waits, who is elsewhere or absent."""

    window: int | None
    current: Ticket | None
    waiting: list[Queued]
    called: list[Queued]
    absent: list[Queued]


def desk_view(session: Session, actor: Actor) -> DeskView:
    """The queue of the member's office from their window."""
    rows = queue(session, actor.office, *State)
    return DeskView(
        window=window_of(session, actor),
        current=at_my_window(session, actor),
        waiting=[row for row in rows if row.state is State.WAITING],
        called=[row for row in rows if row.state in rules.AT_WINDOW],
        absent=[row for row in rows if row.state is State.NO_SHOW],
    )


def window_of(session: Session, actor: Actor) -> int | None:
    """The window the member chose today."""
    query = select(Desk.window).where(Desk.staff_id == actor.id, Desk.office == actor.office, Desk.day == clock.today())
    return session.scalar(query)


def choose_window(session: Session, actor: Actor, number: int) -> None:
    """Sit down at a window for today; WindowTaken if a colleague sits there."""
    if number not in rules.WINDOWS:
        raise rules.WindowNumberUnknown
    if window_of(session, actor) == number:
        return
    if at_my_window(session, actor):
        raise DeskBusy
    session.execute(delete(Desk).where(Desk.staff_id == actor.id))
    row = {"staff_id": actor.id, "office": actor.office, "day": clock.today(), "window": number}
    if insert_once(session, Desk.__table__, row) == 0:  # type: ignore[arg-type]
        raise WindowTaken


def at_my_window(session: Session, actor: Actor) -> Ticket | None:
    """The number this member called and has not finished with."""
    query = select(Ticket).where(
        Ticket.called_by == actor.id, Ticket.day == clock.today(), Ticket.state.in_(rules.AT_WINDOW)
    )
    return session.scalars(query.execution_options(populate_existing=True)).first()


def call_next(session: Session, actor: Actor) -> Ticket:
    """Call whoever is next: express first, then in order of numbers. Two desks never call the same person."""
    window = _free_desk(session, actor)
    query = (
        select(Ticket.id)
        .where(Ticket.office == actor.office, Ticket.day == clock.today(), Ticket.state == State.WAITING)
        .order_by(Ticket.lane, Ticket.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    ticket_id = session.scalar(query)
    if ticket_id is None:
        raise NobodyWaiting
    return _call(session, actor, ticket_id, window)


def call(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """Call one number out of turn: somebody who needs help soon, or who was absent when called."""
    return _call(session, actor, ticket_id, _free_desk(session, actor))


def _free_desk(session: Session, actor: Actor) -> int:
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


def _call(session: Session, actor: Actor, ticket_id: UUID, window: int) -> Ticket:
    ticket = _at_office(session, actor, ticket_id)
    was_absent = ticket.state == State.NO_SHOW
    values = {"window": window, "called_by": actor.id, "called_at": clock.now()}
    if not _try_move(session, ticket, {State.WAITING, State.NO_SHOW}, State.CALLED, ended_at=None, **values):
        raise TicketElsewhere
    if was_absent:
        reservations.arrived(session, reservations.open_booking(session, ticket.booking_id))
    _tell_called(session, ticket)
    return ticket


def _tell_called(session: Session, ticket: Ticket) -> None:
    if ticket.application_id:
        name = staff.office_name(session, ticket.office)
        facts = {"number": ticket.label, "window": ticket.window, "office": name}
        applications.add_to_timeline(session, ticket.application_id, "called", facts)


def recall(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """Call the same number once more: the board shows it first again and chimes."""
    ticket = mine(session, actor, ticket_id)
    values = {"called_at": clock.now(), "recalled": ticket.recalled + 1}
    if not _try_move(session, ticket, {State.CALLED}, State.CALLED, **values):
        raise TicketElsewhere
    return ticket


def nobody_came(session: Session, actor: Actor, ticket_id: UUID) -> None:
    """The person did not come to the window; a second time changes nothing."""
    ticket = mine(session, actor, ticket_id)
    if ticket.state == State.NO_SHOW:
        return
    if not _try_move(session, ticket, {State.CALLED}, State.NO_SHOW, ended_at=clock.now()):
        raise TicketElsewhere
    reservations.did_not_come(session, reservations.open_booking(session, ticket.booking_id))


def start(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """The person came to the window; a second time changes nothing."""
    ticket = mine(session, actor, ticket_id)
    if ticket.state == State.CALLED:
        _try_move(session, ticket, {State.CALLED}, State.SERVING, serving_at=clock.now())
    return ticket


def mine(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """A number this member called, also after the end; another one's person is none of their business."""
    ticket = _at_office(session, actor, ticket_id)
    if ticket.called_by != actor.id:
        raise TicketElsewhere
    return ticket


def _at_office(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    ticket = session.get(Ticket, ticket_id, populate_existing=True)
    if ticket is None or ticket.office != actor.office:
        raise TicketNotFound
    return ticket


def challenge_context(ticket: Ticket) -> str:
    """What a card's signature at the window is good for: this visit alone."""
    return f"window:{ticket.id}"


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """What the card bridge sent back: the challenge's id, certificate and signature in base64."""

    challenge_id: UUID
    certificate: str
    signature: str


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
    values: dict[str, Any] = {"verified_how": how, "verified_at": clock.now()}
    values["serving_at"] = ticket.serving_at or clock.now()
    if not _try_move(session, ticket, set(rules.AT_WINDOW), State.SERVING, **values):
        raise TicketElsewhere
    return ticket


def complete(session: Session, actor: Actor, ticket_id: UUID) -> Ticket:
    """Finish: application completed, visit served. Twice is once; raises NotVerified before the identity is checked."""
    ticket = mine(session, actor, ticket_id)
    if ticket.state == State.SERVED:
        return ticket
    if ticket.verified_at is None:
        raise NotVerified
    if not _try_move(session, ticket, {State.SERVING}, State.SERVED, ended_at=clock.now()):
        raise TicketElsewhere
    if ticket.application_id:
        applications.complete(session, ticket.application_id, actor)
    reservations.served(session, reservations.open_booking(session, ticket.booking_id))
    return ticket


def close_days(session: Session, _payload: dict[str, Any]) -> None:
    """Numbers of past days that nobody finished end as absent (worker, hourly)."""
    open_states = {State.WAITING, *rules.AT_WINDOW}
    query = select(Ticket).where(Ticket.day < clock.today(), Ticket.state.in_(open_states)).limit(500)
    for ticket in session.scalars(query):
        _try_move(session, ticket, open_states, State.NO_SHOW, ended_at=clock.now())
        reservations.did_not_come(session, reservations.open_booking(session, ticket.booking_id))


def _try_move(session: Session, ticket: Ticket, of: set[State], to: State, **values: datetime | Any) -> bool:
    """Bring the number from one of the states *of* to *to*; False if it was in none of them any more."""
    moved = session.execute(
        update(Ticket).where(Ticket.id == ticket.id, Ticket.state.in_(of)).values(state=str(to), **values),
        execution_options=NO_SYNC,
    )
    session.refresh(ticket)
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return False
    what = f"tickets(state={to})"
    audit.did(session, Action.CHANGE, whose=ticket.resident_id, what=what, case_ref=ticket.reference)
    return True
