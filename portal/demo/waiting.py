"""A full morning with somebody on the waiting list, and visits of the last open day: kept, excused and missed."""

from collections import deque
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.core.reference import new_reference
from portal.demo import reservations
from portal.reservations import rules, service, slots, waiting
from portal.reservations.hours import opening
from portal.reservations.models import Booking, Slot
from portal.reservations.rules import State
from portal.reservations.waiting_models import WaitingEntry
from portal.reservations.waiting_rules import PartOfDay, Wish

FULL_OFFICE, PAST_OFFICE = "midori", "chuo"
DAYS_AHEAD = 4
PAST = (State.SERVED, State.SERVED, State.NO_SHOW, State.SERVED, State.CANCELLED, State.SERVED, State.NO_SHOW)


def load(session: Session) -> None:
    """Loading twice adds nothing."""
    if session.scalar(select(WaitingEntry.id).limit(1)):
        return
    day = _open_day(FULL_OFFICE, clock.today() + timedelta(days=DAYS_AHEAD), 1)
    if _fill_morning(session, day):
        _wait(session, day)
    _past_visits(session)


def _open_day(office: str, day: date, step: int) -> date:
    while not opening().is_open(office, day):
        day += timedelta(days=step)
    return day


def _fill_morning(session: Session, day: date) -> bool:
    """Callers get the places kept for staff first: so again, until the public finds nothing. False in a town too small for
    that: everybody has as many visits as one may plan."""
    people = deque(reservations.neighbours(session))
    noon = datetime.combine(day, datetime.min.time(), JST) + timedelta(hours=12)

    def still_free() -> list[service.Free]:
        found = service.bookable(session, FULL_OFFICE, rules.CALLER_MINUTES)
        return [one for one in found if one.day == day and one.starts_at < noon and one.left > 0]

    while people and (left := still_free()):
        for free in left[: len(people)]:
            if reservations.call(session, people[0], free, ["seal-registration"]):
                people.rotate(-1)
            else:
                people.popleft()
    return not still_free()


def _wait(session: Session, day: date) -> None:
    """A neighbour who cancelled a visit waits for that morning instead; the cancelled place is on its way back."""
    for case_id in applications.waiting_to_check(session):
        about = applications.summary(session, case_id)
        booking = service.of_application(session, about.id)
        if booking is not None and (not about.offices or FULL_OFFICE in about.offices):
            person = Actor(Kind.RESIDENT, about.resident_id)
            try:
                with session.begin_nested():
                    service.cancel(session, booking.id)
                    waiting.join(session, person, about.id, Wish((FULL_OFFICE,), day, day, PartOfDay.MORNING))
            except rules.TooManyPlanned:  # in a small town: staff gave them other places of that morning
                continue
            return


def _past_visits(session: Session) -> None:
    day = _open_day(PAST_OFFICE, clock.today() - timedelta(days=1), -1)
    slots.open_ahead(session, day, 1)
    since, until = slots.day_bounds(day)
    here = select(Slot).where(Slot.office == PAST_OFFICE, Slot.starts_at.between(since, until))
    found = session.scalars(here.order_by(Slot.starts_at))
    for slot, state, person in zip(found, PAST, reservations.neighbours(session), strict=False):
        made = slot.starts_at - timedelta(days=6)
        session.add(
            Booking(
                id=new_id(),
                reference=new_reference(),
                resident_id=person,
                slot_id=slot.id,
                office=slot.office,
                starts_at=slot.starts_at,
                slots=1,
                minutes=rules.CALLER_MINUTES,
                state=str(state),
                ticket="" if state in (State.NO_SHOW, State.CANCELLED) else f"G{slot.starts_at.minute + 101}",
                made_at=made,
                changed_at=made if state == State.CANCELLED else slot.starts_at,
            )
        )
    session.flush()
