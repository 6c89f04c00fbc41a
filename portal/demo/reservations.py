"""Slots for the coming weeks, and neighbours who have reserved already, so that not every time is free."""

from itertools import islice
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core.actor import Actor, Kind
from portal.core.ids import ResidentId
from portal.demo import cast
from portal.reservations import service
from portal.reservations.models import Booking
from portal.reservations.rules import SlotFull
from portal.residents import service as residents
from portal.residents.service import Segment

SEED = 2026
CALLERS = 60
# Times near the beginning of the day fill first, as at every counter.
BUSY_TIMES = 70


def load(session: Session) -> None:
    """Open the slots; neighbours with an application and some callers reserve. Loading twice adds nothing."""
    service.open_slots(session, {})
    if session.scalar(select(func.count()).select_from(Booking)):
        return
    chance = Random(f"{SEED} reservations")  # noqa: S311 - made-up neighbours
    for case in applications.worklist(session):
        about = applications.summary(session, case.id)
        office = "inage" if about.procedure == "moving-within-city" else "mihama"
        slot = chance.choice(service.bookable(session, office, about.minutes)[:BUSY_TIMES])
        service.book(session, Actor(Kind.RESIDENT, about.resident_id), about.id, slot.slot_id)
    offices = service.offices(session)
    for number, resident_id in enumerate(_neighbours(session)):
        office = offices[number % len(offices)].code if number % 2 else "chuo"
        slot = chance.choice(service.bookable(session, office, 30)[:BUSY_TIMES])
        if slot.left > 0:
            _call(session, resident_id, slot)


def _neighbours(session: Session) -> list[ResidentId]:
    numbers = {person.addressee_number for person in cast.RESIDENTS}
    found = residents.ids_of_segment(session, Segment(age_from=25, age_to=70))
    ids = islice(found, CALLERS * 2)
    return [one for one in ids if residents.look_up(session, one).addressee_number not in numbers][:CALLERS]


def _call(session: Session, resident_id: ResidentId, slot: service.Free) -> None:
    try:
        service.book_for_caller(session, resident_id, slot.slot_id)
    except SlotFull:  # the race of a demo that is loaded while somebody reserves
        return
