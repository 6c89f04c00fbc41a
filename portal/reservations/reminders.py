"""Reminders of a visit: the evening before, and some hours before. Promised when it is
reserved, looked at again when due."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import clock, outbox
from portal.core.clock import JST
from portal.core.events import emit
from portal.core.words import N_
from portal.reservations.events import BookingChanged, BookingFact, BookingMade, VisitNear
from portal.reservations.models import Booking
from portal.reservations.rules import State
from portal.reservations.terms import Terms, terms
from portal.reservations.waiting_rules import at_time

REMIND = "reservations.remind"
# A worker that was down does not remind of what begins in a moment.
TOO_LATE = timedelta(minutes=30)


def times(starts_at: datetime, given: Terms) -> dict[str, datetime]:
    """When to remind of a visit: the evening before it, and hours before it but not in the night."""
    day = starts_at.astimezone(JST).date()
    return {
        "tomorrow": at_time(day - timedelta(days=1), given.day_before),
        "today": max(starts_at - given.hours_before, at_time(day, given.not_before)),
    }


def on_booking_made(session: Session, event: BookingMade) -> None:
    """Promise the reminders that are still to come."""
    _promise(session, event)


def on_booking_changed(session: Session, event: BookingChanged) -> None:
    """The same for the new time; those of the old one find another time when they are due, and say nothing."""
    _promise(session, event)


def _promise(session: Session, event: BookingFact) -> None:
    for which, at in times(event.starts_at, terms()).items():
        if at > clock.now():
            facts = {"booking": str(event.booking_id), "starts_at": event.starts_at.isoformat(), "which": which}
            key = f"{REMIND}:{event.booking_id}:{event.starts_at:%Y%m%dT%H%M}:{which}"
            outbox.post(session, REMIND, facts, key=key, at=at)


def remind(session: Session, payload: dict[str, Any]) -> None:
    """Remind of the visit, unless it was cancelled, moved, began, or the person is there already (worker)."""
    starts_at = datetime.fromisoformat(payload["starts_at"])
    booking = still_planned(session, UUID(payload["booking"]), starts_at)
    if booking is None:
        return
    if booking.application_id:
        words = N_("We reminded you of your visit")
        applications.add_to_timeline(session, booking.application_id, "visit-reminder", {}, text=words)
    names = ("application_id", "resident_id", "reference", "office", "starts_at")
    facts = {name: getattr(booking, name) for name in names}
    emit(session, VisitNear(booking_id=booking.id, today=payload["which"] == "today", **facts))


def still_planned(session: Session, booking_id: UUID, starts_at: datetime) -> Booking | None:
    """The booking, if it still stands for that time and the time is still to come."""
    booking = session.get(Booking, booking_id, populate_existing=True)
    if booking is None or booking.state != State.BOOKED or booking.starts_at != starts_at:
        return None
    return booking if clock.now() + TOO_LATE < starts_at else None
