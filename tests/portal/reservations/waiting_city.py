"""A city whose times are full, for the waiting list; and the list on paper it is compared with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from portal.core import clock
from portal.core.audit import Purpose
from portal.core.clock import JST
from portal.core.uow import Database
from portal.reservations import freed, service, waiting
from portal.reservations.models import Booking, Slot
from portal.reservations.rules import State
from portal.reservations.waiting_models import FreedPlace, PlaceOffer, WaitingEntry
from portal.reservations.waiting_rules import EntryState, OfferState, PartOfDay, PlaceState, part_of
from portal.reservations.waiting_rules import Wish as Wishes
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

ANY_TIME = PartOfDay.MORNING | PartOfDay.MIDDAY | PartOfDay.AFTERNOON
WISH = Wishes(("chuo",), TUESDAY.date(), TUESDAY.date(), ANY_TIME)
HALF = timedelta(minutes=30)


@dataclass
class City:
    """A city in which only some times of one Tuesday exist, and they are full."""

    database: Database
    people: list[UUID]
    cases: dict[UUID, UUID] = field(default_factory=dict)

    def case(self, person: UUID, procedure: str = "moving-within-city") -> UUID:
        if person not in self.cases:
            self.cases[person] = visits.application(self.database, person, procedure=procedure)
        return self.cases[person]

    def book(self, person: UUID, start: datetime, procedure: str = "moving-within-city") -> Booking:
        slot = visits.slot_at(self.database, start)
        return visits.book(self.database, person, self.case(person, procedure), slot)

    def does(self, act: Any, person: UUID, *facts: Any) -> Any:
        with self.database.page(visits.resident(person), Purpose.OWN_USE, writes=True) as session:
            return act(session, visits.resident(person), *facts)

    def joins(self, person: UUID, wish: Wishes = WISH, procedure: str = "moving-within-city") -> WaitingEntry:
        entry: WaitingEntry = self.does(waiting.join, person, self.case(person, procedure), wish)
        return entry

    def cancels(self, person: UUID, booking: Booking) -> None:
        with self.database.page(visits.resident(person), Purpose.OWN_USE, writes=True) as session:
            service.cancel(session, booking.id, owner=person)

    def all(self, kind: type[Any], **facts: Any) -> list[Any]:
        with self.database.command("look") as session:
            return list(session.scalars(select(kind).filter_by(**facts)))

    def offered_to(self) -> list[UUID]:
        return [one.resident_id for one in self.all(PlaceOffer, state="open")]

    def books_are_right(self) -> None:
        """Every taken slot is somebody's, or a place's on its way; nothing else."""
        on_the_way = [one for one in self.all(FreedPlace) if one.state in freed.ON_THE_WAY]
        planned = [one for one in self.all(Booking) if one.state == State.BOOKED]
        with self.database.command("look") as session:
            slots = session.scalars(select(Slot).where(Slot.capacity > 0)).all()
        for slot in slots:
            holders = [one for one in planned + on_the_way if one.office == slot.office]
            count = sum(one.starts_at <= slot.starts_at < one.starts_at + one.slots * HALF for one in holders)
            assert slot.taken == count <= slot.capacity


def city_with(database: Database, places: dict[datetime, int], people: int = 0) -> City:
    city = City(database, visits.open_city(database, people))
    with database.command("narrow") as session:
        session.execute(update(Slot).values(capacity=0, kept=0))
        for start, count in places.items():
            session.execute(update(Slot).where(Slot.office == "chuo", Slot.starts_at == start).values(capacity=count))
    return city


@dataclass
class Model:
    """What a clerk with a list on paper would do: for each freed place go down the list from the top."""

    city: City
    seen: set[UUID] = field(default_factory=set)
    returned: set[UUID] = field(default_factory=set)
    offers: int = 0
    returns: int = 0

    def check(self) -> None:
        """Each offer made since the last look went to the first who fits; nothing returned that somebody waits for."""
        for offer in self.city.all(PlaceOffer):
            if offer.id not in self.seen:
                place = next(one for one in self.city.all(FreedPlace) if one.id == offer.place_id)
                assert offer.entry_id == self.first_for(place, but=offer.id)
                assert 8 <= clock.now().astimezone(JST).hour < 21
                self.seen.add(offer.id)
                self.offers += 1
        for place in self.city.all(FreedPlace, state=str(PlaceState.RETURNED)):
            if place.id not in self.returned:
                near = place.starts_at - clock.now() <= timedelta(hours=1)
                assert near or (self.first_for(place) is None and clock.now() >= place.returns_at)
                self.returned.add(place.id)
                self.returns += 1

    def first_for(self, place: FreedPlace, but: UUID | None = None) -> UUID | None:
        """The top of the paper list, among those who have no other offer and did not refuse this place."""
        offers = [one for one in self.city.all(PlaceOffer) if one.id != but]
        asked = {one.entry_id for one in offers if one.place_id == place.id or one.state == OfferState.OPEN}
        day = place.starts_at.astimezone(JST).date()
        for entry in sorted(self.city.all(WaitingEntry), key=lambda one: (one.joined_at, one.id)):
            fits = entry.first_day <= day <= entry.last_day and entry.parts & part_of(place.starts_at)
            if entry.state == EntryState.WAITING and fits and entry.slots <= place.slots and entry.id not in asked:
                return UUID(str(entry.id))
        return None
