"""What a day leaves behind, compared with what was acknowledged and with a visit nobody was killed in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select

from portal.applications.models import Application, ApplicationEvent
from portal.config import Settings
from portal.core.audit import Record
from portal.core.crypto import derive_key, signing_key
from portal.core.db import snapshot
from portal.core.outbox import Promise
from portal.core.uow import Database
from portal.mailbox.models import Delivery, Notice
from portal.oversight import reader
from portal.points import service as points
from portal.points.ledger.models import PointTransfer
from portal.reservations.freed import ON_THE_WAY
from portal.reservations.models import Booking, Slot
from portal.reservations.waiting_models import FreedPlace
from portal.window.models import Ticket
from tests.kills.people import Visit

LOOK = "look"
SENT_AGAIN = "change applications(expires_at, saved_at, writers)"
"""A page of a draft that was saved twice is on record twice."""
NEAR = "number-near"
GUIDED = "guidance:%"
"""What the city finds for somebody's family hangs on the family, not on the visit."""


def audit_faults(engine: Engine, settings: Settings) -> list[str]:
    """What `portal verify-audit` finds: records missing or changed, in the chains and beside the heads kept outside."""
    with snapshot(engine) as connection:
        findings = reader.verify(
            connection,
            derive_key(settings.master, "audit-chain"),
            settings.state_dir / "audit-heads",
            signing_key(settings.master, "audit-anchor").public_key(),
        )
    return findings.faults if findings.rows else ["no records"]


def places_agree(engine: Engine, since: datetime) -> bool:
    """Whether slots from *since* on say as many places taken as bookings stand in them and freed places are on their way."""
    held = Booking.state.in_(["booked", "arrived", "served", "no-show"]), Booking.starts_at >= since
    on_the_way = FreedPlace.state.in_(ON_THE_WAY), FreedPlace.starts_at >= since
    with engine.connect() as connection:
        taken = connection.execute(select(func.sum(Slot.taken)).where(Slot.starts_at >= since)).scalar_one()
        booked = connection.execute(select(func.sum(Booking.slots)).where(*held)).scalar_one()
        freed = connection.execute(select(func.coalesce(func.sum(FreedPlace.slots), 0)).where(*on_the_way)).scalar_one()
    return bool(taken == booked + freed)


def differences(database: Database, settings: Settings, visits: Sequence[Visit], since: datetime) -> list[str]:
    """What is wrong with the books after *visits*, of which the first by kiosk and the first by desk met no death; nothing
    if all is right."""
    with database.engine.connect() as connection:
        wrong = [*_of_everybody(connection, visits), *_of_the_city(connection, visits)]
    with database.job("look") as session:
        if points.unbalanced(session):
            wrong.append("points do not balance")
    if not places_agree(database.engine, since):
        wrong.append("slots have not as many places taken as there are visits")
    return wrong + audit_faults(database.engine, settings)


def _of_everybody(connection: Connection, visits: Sequence[Visit]) -> Iterator[str]:
    models: dict[bool, dict[str, Counter[str]]] = {}
    for number, visit in enumerate(visits):
        traces = _traces(connection, visit.person)
        for name, expected in models.setdefault(bool(visit.ticket), traces).items():
            more, less = traces[name] - expected, expected - traces[name]
            if less or set(more) - {SENT_AGAIN}:
                yield f"visit {number}: {name} {dict(more)} too much, {dict(less)} missing"
        yield from (f"visit {number}: {what}" for what in _not_as_acknowledged(connection, visit))


def _traces(connection: Connection, person: UUID) -> dict[str, Counter[str]]:
    """How often each kind of thing stands in the books about *person*."""
    events = select(ApplicationEvent.kind).join(Application, Application.id == ApplicationEvent.application_id)
    told = select(Notice.key).join(Delivery, Delivery.notice_number == Notice.number).where(~Notice.key.like(GUIDED))
    earned = select(PointTransfer.reason).join(Application, Application.reference == PointTransfer.case_ref)
    done = select(Record.action + " " + Record.what).where(Record.subject == person, Record.action != LOOK)
    told_near = select(Ticket.label).where(Ticket.resident_id == person, Ticket.near_told_at.is_not(None))
    queries: dict[str, Any] = {
        "applications": select(Application.state).where(Application.resident_id == person),
        "timeline": events.where(Application.resident_id == person),
        "bookings": select(Booking.state).where(Booking.resident_id == person),
        "numbers": select(Ticket.state).where(Ticket.resident_id == person),
        "notices": told.where(Delivery.resident_id == person),
        "points": earned.where(Application.resident_id == person),
        "records": done,
    }
    found = {name: Counter(map(_kind, connection.execute(query).scalars())) for name, query in queries.items()}
    # Who is called at once is not told that their turn is near.
    found["notices"][NEAR] -= len(connection.execute(told_near).all())
    return found


def _kind(word: str) -> str:
    """A key without the ids in it."""
    return ":".join(part for part in word.split(":") if not any(sign.isdigit() for sign in part))


def _not_as_acknowledged(connection: Connection, visit: Visit) -> Iterator[str]:
    booked = connection.execute(select(Booking.__table__).where(Booking.resident_id == visit.person)).all()
    drawn = connection.execute(select(Ticket.__table__).where(Ticket.resident_id == visit.person)).all()
    if [(one.id, one.application_id, one.slot_id) for one in booked] != [
        (visit.booking, visit.application, visit.slot)
    ]:
        yield "another booking than was acknowledged"
    if [one.booking_id for one in drawn] != [visit.booking] or {visit.ticket or drawn[0].label} != {
        one.label for one in (*drawn,)
    }:
        yield "another number than was acknowledged"


def _of_the_city(connection: Connection, visits: Sequence[Visit]) -> Iterator[str]:
    labels = connection.execute(select(Ticket.label)).scalars().all()
    if len(set(labels)) != len(visits) or len(labels) != len(visits):
        yield f"{len(labels)} numbers, {len(set(labels))} different ones, for {len(visits)} visits"
    stuck = connection.execute(select(Promise.kind).where(Promise.failed_at.is_not(None))).scalars().all()
    due = Promise.done_at.is_(None), Promise.lease_until.is_not(None)
    stuck = [*stuck, *connection.execute(select(Promise.kind).where(*due)).scalars()]
    if stuck:
        yield f"work nobody finished: {Counter(stuck)}"
