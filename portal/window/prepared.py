"""What the office filled in with somebody joins the number they hold, and is done at the window that calls it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.text import fold_width
from portal.staff import service as staff
from portal.window import desk, rules
from portal.window.models import Ticket, TicketApplication
from portal.window.moves import NO_SYNC, try_move
from portal.window.rules import State

LONGEST_LABEL = 10


def add(session: Session, actor: Actor, application_id: UUID, typed: str) -> Ticket:
    """Add the application to the number *typed*; pressed twice it is added once.

    Raises application-not-found unless *actor* sent it with the person, number-unknown, number-of-somebody-else,
    number-other-taken, and what the window refuses to finish.
    """
    about, beside = applications.summary(session, application_id), applications.assistance_of(session, application_id)
    if beside is None or beside.sent_at is None or beside.member_id != actor.id or not about.may_be_booked:
        raise rules.NothingToAdd
    applications.check_window(session, application_id)
    ticket = _find(session, actor.office, typed)
    if ticket.resident_id not in (None, about.resident_id):
        raise rules.NumberOfSomebodyElse
    row = {"application_id": application_id, "ticket_id": ticket.id, "at": clock.now()}
    is_new = insert_once(session, TicketApplication.__table__, row) == 1  # type: ignore[arg-type]
    if not is_new:
        if ticket.id != session.scalar(_of(application_id)):
            raise rules.NumberOtherTaken
        return ticket
    _belongs_to(session, ticket, about.resident_id, about.reference)
    if ticket.called_by == actor.id:
        here: dict[str, Any] = {"serving_at": ticket.serving_at or clock.now()}
        # Who sat there on another day may be somebody else today: then the window checks again.
        if beside.verified_at.astimezone(clock.JST).date() == clock.today():
            here |= {"verified_how": beside.verified_how, "verified_at": beside.verified_at}
        try_move(session, ticket, set(rules.AT_WINDOW), State.SERVING, **here)
    said = {"number": ticket.label, "office": staff.office_name(session, ticket.office)}
    applications.add_to_timeline(session, application_id, "checked-in", said, actor=actor.label)
    audit.did(session, Action.CHANGE, whose=about.resident_id, what="tickets", case_ref=about.reference)
    return ticket


def _of(application_id: UUID) -> Select[UUID]:
    return select(TicketApplication.ticket_id).where(TicketApplication.application_id == application_id)


def _find(session: Session, office: str, typed: str) -> Ticket:
    """A number of today at the office that is not finished, as somebody reads it from the paper."""
    label = "".join(fold_width(typed[:40]).upper().split())[:LONGEST_LABEL]
    wanted = Ticket.office == office, Ticket.day == clock.today(), Ticket.label == label, Ticket.state.in_(desk.OPEN)
    found = session.scalars(select(Ticket).where(*wanted).execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise rules.NumberUnknown
    return found


def _belongs_to(session: Session, ticket: Ticket, resident_id: UUID, reference: str) -> None:
    """From now on the number is this person's; somebody else's, or ended meanwhile, it is refused."""
    free = or_(Ticket.resident_id.is_(None), Ticket.resident_id == resident_id)
    mine = update(Ticket).where(Ticket.id == ticket.id, Ticket.state.in_(desk.OPEN), free)
    values = {"resident_id": resident_id, "reference": ticket.reference or reference, "assisted": True}
    if session.execute(mine.values(**values), execution_options=NO_SYNC).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.NumberOfSomebodyElse
    session.refresh(ticket)


def number_of(session: Session, actor: Actor, resident_id: UUID) -> str:
    """The number the person holds at the member's office now, or that of who stands at the member's window; "" for none."""
    mine = Ticket.resident_id.is_(None) & (Ticket.called_by == actor.id) & Ticket.state.in_(rules.AT_WINDOW)
    query = (
        select(Ticket.label)
        .where(Ticket.office == actor.office, Ticket.day == clock.today(), Ticket.state.in_(desk.OPEN))
        .where(or_(Ticket.resident_id == resident_id, mine))
        .order_by(Ticket.resident_id.is_(None))
    )
    return session.scalar(query.limit(1)) or ""
