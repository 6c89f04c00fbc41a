"""Applications to visit for, and people at the ward office."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from portal.applications import service as applications
from portal.applications.models import Application
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.core.reference import new_reference
from portal.core.uow import Database
from portal.demo.applications import typed_by_mover
from portal.demo.load import load_city
from portal.reservations import holding, service, slots
from portal.reservations.models import Booking, Slot
from portal.residents.models import Resident

# A Tuesday without holidays around it.
TUESDAY = datetime(2026, 12, 8, 10, 0, tzinfo=JST)


def open_city(database: Database, people: int = 0) -> list[UUID]:
    """Slots for the coming days and *people* residents (the cast at least); returns their ids."""
    with database.command("demo", Purpose.REGISTER) as session:
        load_city(session, residents=people)
        slots.open_ahead(session, clock.today(), 32)
        return list(session.scalars(select(Resident.id).order_by(Resident.addressee_number)))


def application(
    database: Database, resident_id: UUID, *, state: str = "submitted", procedure: str = "moving-within-city"
) -> UUID:
    """An application sent yesterday, as short as can be."""
    then = clock.now() - timedelta(days=1)
    case = Application(
        id=new_id(),
        reference=new_reference(),
        resident_id=resident_id,
        procedure=procedure,
        version=1,
        state=state,
        answers={},
        typed={},
        known={},
        seen=[],
        started_at=then,
        saved_at=then,
        submitted_at=then,
    )
    with database.command("test") as session:
        session.add(case)
    return case.id


def draft(database: Database, resident_id: UUID) -> UUID:
    """A form about moving within the city, complete but not sent."""
    actor = resident(resident_id)
    with database.page(actor, Purpose.OWN_USE, writes=True) as session:
        case = applications.start_draft(session, resident_id, "moving-within-city")
        for section, texts in typed_by_mover(case.known).items():
            applications.save_page(session, actor, case.id, section, texts)
            session.flush()
        return case.id


def submit(database: Database, resident_id: UUID, application_id: UUID) -> None:
    actor = resident(resident_id)
    with database.page(actor, Purpose.OWN_USE, writes=True) as session:
        applications.submit(session, actor, application_id)


def hold(database: Database, resident_id: UUID, application_id: UUID, slot_id: int) -> None:
    actor = resident(resident_id)
    with database.page(actor, Purpose.OWN_USE, writes=True) as session:
        holding.hold(session, actor, application_id, slot_id)


def resident(resident_id: UUID) -> Actor:
    return Actor(Kind.RESIDENT, resident_id, assurance=1)


def slot_at(database: Database, start: datetime, *, office: str = "chuo", places: int | None = None) -> int:
    """The slot that begins at *start*; with *places* it has exactly so many."""
    with database.command("test") as session:
        found = session.scalars(select(Slot).where(Slot.office == office, Slot.starts_at == start)).one()
        if places is not None:
            session.execute(update(Slot).where(Slot.id == found.id).values(capacity=places, kept=0))
        return found.id


def taken(database: Database, slot_id: int) -> int:
    with database.command("look") as session:
        return session.get_one(Slot, slot_id).taken


def book(database: Database, resident_id: UUID, application_id: UUID, slot_id: int) -> Booking:
    actor = resident(resident_id)
    with database.page(actor, Purpose.OWN_USE, writes=True) as session:
        return service.book(session, actor, application_id, slot_id)
