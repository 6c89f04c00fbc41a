"""What each step of a journal means for the numbers, bookings and windows of its office and day."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.reservations import service as reservations
from portal.reservations.service import Booking
from portal.staff import service as staff
from portal.window import arrivals, calls, kinds, queue, visits
from portal.window import rules as window_rules
from portal.window.models import Ticket
from portal.window.moves import try_move
from portal.window.offline import rules
from portal.window.offline.forms import Step
from portal.window.offline.models import Lease, MergedStep
from portal.window.offline.rules import Outcome, What
from portal.window.rules import AT_WINDOW, EXPRESS_LETTER, How, Lane, Reason, State

HERE = frozenset({State.WAITING, State.PARKED, *AT_WINDOW})


class Follows(Exception):
    """The step follows one that was not possible."""


@dataclass(frozen=True, slots=True)
class Done:
    """The number a step was about, and what staff must know."""

    ticket: Ticket | None
    conflict: Refusal | None = None


@dataclass(slots=True)
class Deeds:
    """The steps of one lease. `actor` merges them; whoever held the lease made them."""

    session: Session
    actor: Actor
    lease: Lease
    salt: bytes
    touched: dict[UUID, Ticket] = field(default_factory=dict)
    _visits: dict[str, Booking] | None = None

    # --- numbers ---

    def number(self, step: Step, at: datetime) -> Done:
        """A walk-in got a number. Another desk may have called it before this journal came on line."""
        ticket = self._labelled(step.label)
        if ticket is None:
            return self._touch(self._new(step, at))
        self._check_first(step)
        ticket.drawn_at, ticket.needs = min(ticket.drawn_at, at), ticket.needs or step.needs
        return self._touch(ticket)

    def check_in(self, step: Step, at: datetime) -> Done:
        """Somebody with a reservation got a number; who has one already keeps that one."""
        adopted = self._labelled(step.label)
        if adopted is not None:
            self._check_first(step)
        booking = self._booking(step.visit)
        if booking is None:
            return self._without_reservation(step, at, adopted, rules.VisitUnknown(number=step.label))
        if known := arrivals.ticket_of_booking(self.session, booking.id):
            return self._twice(step, known, adopted, at)
        try:
            arrivals.check_state(booking)
            window_rules.check_time(booking.starts_at, at)
            came = (adopted is None or adopted.state in HERE) and reservations.arrived(self.session, booking)
        except Refusal:
            came = False
        if not came:
            return self._without_reservation(step, at, adopted, rules.CheckInNotPossible(number=step.label))
        ticket = adopted or self._new(step, at, booking)
        self._bind(ticket, booking)
        return self._touch(ticket)

    def _twice(self, step: Step, known: Ticket, adopted: Ticket | None, at: datetime) -> Done:
        if adopted is not None:
            try_move(self.session, adopted, {State.WAITING, State.PARKED}, State.LEFT, ended_at=at)
        return Done(known, rules.CheckedInTwice(number=step.label, stays=known.label))

    def _without_reservation(self, step: Step, at: datetime, adopted: Ticket | None, why: Refusal) -> Done:
        return Done(self._touch(adopted or self._new(step, at)).ticket, why)

    def _bind(self, ticket: Ticket, booking: Booking) -> None:
        ticket.booking_id, ticket.application_id = booking.id, booking.application_id
        ticket.resident_id, ticket.reference = booking.resident_id, booking.reference
        ticket.starts_at = booking.starts_at
        reservations.ticket_drawn(self.session, booking, ticket.label)
        self.session.flush()
        visits.tell(self.session, ticket, "checked-in", actor=staff.office_name(self.session, ticket.office))

    def _new(self, step: Step, at: datetime, booking: Booking | None = None) -> Ticket:
        letter, number = rules.split(step.label)
        lane, kind = visits.lane_and_kind(self.session, booking) if booking else (Lane.GENERAL, str(kinds.CALLER))
        if letter != EXPRESS_LETTER:
            here = kinds.here(self.lease.office).values()
            lane, kind = Lane.GENERAL, next(str(one.kind) for one in here if one.letter == letter)
        ticket = Ticket(
            id=new_id(),
            office=self.lease.office,
            day=self.lease.day,
            kind=kind,
            token=secrets.token_urlsafe(32),
            how=str(How.RECEPTION),
            language="ja",
            lane=str(lane),
            number=number,
            label=step.label,
            state=str(State.WAITING),
            needs=step.needs,
            drawn_at=at,
        )
        self.session.add(ticket)
        self.session.flush()
        return ticket

    # --- calls ---

    def call(self, step: Step, at: datetime) -> Done:
        """Called to a window. Who called the same number somewhere else meanwhile keeps it."""
        ticket = self._ticket(step, at)
        if ticket.state == State.CALLED and self._is_mine(ticket) and ticket.window == step.window:
            return self._touch(ticket)
        if ticket.state not in calls.TO_CALL:
            raise rules.CalledElsewhere(number=step.label)
        conflict = self._clear_window(step, at)
        self._count_passed(ticket)
        was = ticket.state
        values = {"window": step.window, "called_by": self.lease.staff_id, "called_at": at, "recalled": 0}
        first = ticket.first_called_at or at
        try_move(
            self.session, ticket, calls.TO_CALL, State.CALLED, first_called_at=first, ended_at=None,
            call_number=None, **values
        )  # fmt: skip
        if was == State.NO_SHOW:
            visits.arrived_again(self.session, ticket)
        return Done(self._touch(ticket).ticket, conflict)

    def _clear_window(self, step: Step, at: datetime) -> Refusal | None:
        """Somebody this member of staff left at the window is set aside; a colleague's visit stays."""
        there = self.session.scalars(
            select(Ticket).where(*self._today(), Ticket.window == step.window, Ticket.state.in_(AT_WINDOW))
        ).first()
        if there is None:
            return None
        if not self._is_mine(there):
            raise rules.WindowOccupied(number=step.label, window=step.window)
        self._set_aside(there, at, Reason.SECTION)
        return rules.LeftAtWindow(number=step.label, window=step.window, other=there.label)

    def _count_passed(self, ticket: Ticket) -> None:
        if self.lease.day != clock.today():
            return
        waiting = queue.waiting(self.session, self.lease.office, [ticket.kind])
        for chosen in waiting:
            if chosen.id == ticket.id:
                calls.count_passed(self.session, chosen, waiting)

    def recall(self, step: Step, at: datetime) -> Done:
        ticket = self._at_window(step, at)
        return self._move(ticket, {State.CALLED}, State.CALLED, called_at=at, recalled=ticket.recalled + 1)

    def start(self, step: Step, at: datetime) -> Done:
        ticket = self._at_window(step, at)
        return self._move(ticket, set(AT_WINDOW), State.SERVING, serving_at=ticket.serving_at or at)

    def absent(self, step: Step, at: datetime) -> Done:
        done = self._move(self._at_window(step, at), {State.CALLED}, State.NO_SHOW, ended_at=at)
        assert done.ticket
        visits.did_not_come(self.session, done.ticket)
        return done

    def park(self, step: Step, at: datetime) -> Done:
        ticket = self._at_window(step, at)
        self._set_aside(ticket, at, Reason(step.reason))
        return self._touch(ticket)

    def served(self, step: Step, at: datetime) -> Done:
        """The visit is done. Where the identity or an application stands against it, it waits for staff."""
        ticket = self._at_window(step, at)
        try:
            with self.session.begin_nested():
                self._finish(ticket, step, at)
        except Refusal:
            self.session.refresh(ticket)
            self._set_aside(ticket, at, Reason.SECTION)
            return Done(self._touch(ticket).ticket, rules.NotFinished(number=step.label))
        return self._touch(ticket)

    def _finish(self, ticket: Ticket, step: Step, at: datetime) -> None:
        values: dict[str, Any] = {"ended_at": at, "serving_at": ticket.serving_at or at}
        if step.document and ticket.verified_at is None:
            values |= {"verified_how": str(step.document), "verified_at": at}
        elif ticket.resident_id is not None and ticket.verified_at is None:
            raise window_rules.NotVerified
        self._move(ticket, set(AT_WINDOW), State.SERVED, **values)
        visits.completed(self.session, ticket, self.actor, None)

    def _set_aside(self, ticket: Ticket, at: datetime, reason: Reason) -> None:
        self._move(ticket, set(AT_WINDOW), State.PARKED, parked_at=at, park_reason=str(reason))

    def _move(self, ticket: Ticket, of: set[State], to: State, **values: Any) -> Done:
        if not try_move(self.session, ticket, of, to, **values):
            raise rules.CalledElsewhere(number=ticket.label)
        return self._touch(ticket)

    # --- which number, which visit ---

    def _today(self) -> tuple[Any, ...]:
        return Ticket.office == self.lease.office, Ticket.day == self.lease.day

    def _touch(self, ticket: Ticket) -> Done:
        self.touched[ticket.id] = ticket
        return Done(ticket)

    def _labelled(self, label: str) -> Ticket | None:
        query = select(Ticket).where(*self._today(), Ticket.label == label)
        return self.session.scalars(query.execution_options(populate_existing=True)).one_or_none()

    def _check_first(self, step: Step) -> None:
        """A number that exists was called by a desk that saw its slip; but this journal gives it once."""
        given = self._steps(step.label).where(MergedStep.what.in_(rules.GIVES))
        if self.session.scalars(given.limit(1)).first() is not None:
            raise rules.NumberTwice(number=step.label)

    def _steps(self, label: str) -> Any:
        return select(MergedStep).where(MergedStep.lease_id == self.lease.id, MergedStep.label == label)

    def _ticket(self, step: Step, at: datetime) -> Ticket:
        """The number a step speaks of: what it was merged as, else the one of this name, else one whose slip another
        desk gave and has not sent yet."""
        given = self._steps(step.label).where(MergedStep.ticket_id.is_not(None)).order_by(MergedStep.place.desc())
        if (merged := self.session.scalars(given.limit(1)).first()) is not None:
            return self.session.get_one(Ticket, merged.ticket_id, populate_existing=True)
        if (ticket := self._labelled(step.label)) is not None:
            return ticket
        if step.what is What.CALL and self._is_lent(step.label):
            return self._new(step, at)
        self._follows(step)
        raise rules.NumberUnknown(number=step.label)

    def _is_lent(self, label: str) -> bool:
        letter, number = rules.split(label)
        letters = {EXPRESS_LETTER, *(one.letter for one in kinds.here(self.lease.office).values())}
        lent = select(Lease.id).where(
            Lease.office == self.lease.office, Lease.day == self.lease.day, Lease.block == rules.block_of(number)
        )
        others = lent.where(Lease.id != self.lease.id)
        return letter in letters and number % 100 > 0 and self.session.scalars(others).first() is not None

    def _at_window(self, step: Step, at: datetime) -> Ticket:
        ticket = self._ticket(step, at)
        if ticket.state not in AT_WINDOW or not self._is_mine(ticket):
            self._follows(step)
            raise rules.CalledElsewhere(number=step.label)
        return ticket

    def _follows(self, step: Step) -> None:
        """Raises Follows when an earlier step about this number was told already."""
        told = self._steps(step.label).where(MergedStep.outcome == Outcome.CONFLICT)
        if self.session.scalars(told.limit(1)).first() is not None:
            raise Follows

    def _is_mine(self, ticket: Ticket) -> bool:
        return ticket.called_by == self.lease.staff_id

    def _booking(self, wanted: str) -> Booking | None:
        if self._visits is None:
            day = reservations.visits_of_day(self.session, self.lease.office, self.lease.day)
            self._visits = {
                rules.visit_hash(reference, self.salt): booking
                for booking in day
                for reference in visits.references(self.session, booking)
            }
        found = self._visits.get(wanted)
        return reservations.open_booking(self.session, found.id) if found else None


DEEDS: Mapping[What, Callable[[Deeds, Step, datetime], Done]] = {
    What.NUMBER: Deeds.number,
    What.CHECK_IN: Deeds.check_in,
    What.CALL: Deeds.call,
    What.RECALL: Deeds.recall,
    What.START: Deeds.start,
    What.PARK: Deeds.park,
    What.ABSENT: Deeds.absent,
    What.SERVED: Deeds.served,
}
