"""Slots for the coming weeks, and neighbours who have reserved already, so that not every time is free; one office
closes for a day and opens on a Saturday instead."""

from datetime import time, timedelta
from itertools import islice
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import clock
from portal.core.actor import Actor, Kind, system
from portal.core.ids import ResidentId
from portal.demo import cast
from portal.reservations import closing, phone, service
from portal.reservations.closing import DayWords
from portal.reservations.hours import opening
from portal.reservations.models import Booking
from portal.reservations.rules import DayReason, SlotFull, TooManyPlanned
from portal.residents import service as residents
from portal.segments import service as segments

SEED = 2026
CALLERS = 60
# Times near the beginning of the day fill first, as at every counter.
BUSY_TIMES = 70
# What callers come for.
WISHES = (["seal-registration"], ["dog-registration"], ["health-insurance-join", "national-pension"])
WORKS_AT, WORKS_IN_DAYS = "midori", 20


def load(session: Session) -> None:
    """Open the slots; neighbours with an application and some callers reserve. Loading twice adds nothing."""
    service.open_slots(session, {})
    if session.scalar(select(func.count()).select_from(Booking)):
        return
    chance = Random(f"{SEED} reservations")  # noqa: S311 - made-up neighbours
    for number, case_id in enumerate(applications.waiting_to_check(session)):
        about = applications.summary(session, case_id)
        office = "inage" if about.procedure == "moving-within-city" else "mihama"
        slot = chance.choice(service.bookable(session, office, about.minutes + 15)[:BUSY_TIMES])
        if number:
            service.book(session, Actor(Kind.RESIDENT, about.resident_id), about.id, slot.slot_id)
        else:
            wanted = phone.wanted_of(session, about.resident_id, ["seal-registration"], [about.id])
            phone.book(session, about.resident_id, wanted, slot.slot_id)
    offices = service.offices(session)
    for number, resident_id in enumerate(neighbours(session)):
        office = offices[number % len(offices)].code if number % 2 else "chuo"
        slot = chance.choice(service.bookable(session, office, 30)[:BUSY_TIMES])
        if slot.left > 0:
            call(session, resident_id, slot, WISHES[number % len(WISHES)])
    _works(session)


def neighbours(session: Session) -> list[ResidentId]:
    """Grown-up people of the town who are not of the cast."""
    numbers = {person.addressee_number for person in cast.RESIDENTS}
    found = session.scalars(segments.ids(segments.simple(age_from=25, age_to=70)).order_by(residents.Person.id))
    ids = islice(found, CALLERS * 2)
    return [ResidentId(one) for one in ids if residents.look_up(session, one).addressee_number not in numbers][:CALLERS]


def call(session: Session, resident_id: ResidentId, slot: service.Free, names: list[str]) -> bool:
    """Somebody reserves a visit by phone; False if they cannot: in a small town the same few people call again and again."""
    try:
        phone.book(session, resident_id, phone.wanted_of(session, resident_id, names, []), slot.slot_id)
    except (SlotFull, TooManyPlanned):  # the first: the race of a demo that is loaded while somebody reserves
        return False
    return True


def _works(session: Session) -> None:
    """Works on one building: closed on the first opening day in three weeks, open on the Saturday after it."""
    days = [clock.today() + timedelta(days=number) for number in range(WORKS_IN_DAYS, WORKS_IN_DAYS + 21)]
    closed = next(day for day in days if opening().is_open(WORKS_AT, day))
    saturday = next(day for day in days if day > closed and day.isoweekday() == 6)
    staff = system("demo")
    note = "北側のエレベーターを取り替えます。"
    closing.close(session, staff, [WORKS_AT], closed, DayWords(DayReason.WORKS, note))
    hours = time(9), time(12), 2
    closing.open_extra(session, staff, [WORKS_AT], saturday, hours, DayWords(DayReason.WORKS))
