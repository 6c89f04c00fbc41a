"""Programmes and organisations for tests: proposed by one member of staff, approved by another, kept by 一郎."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.ids import new_id
from portal.core.uow import Database
from portal.demo import cast
from portal.points.ledger.rules import Reason
from portal.points.programmes import service as programmes
from portal.points.programmes.rules import Unit
from portal.points.volunteering import hosting, hours, taking_part
from portal.points.volunteering.models import VolunteerPlace
from portal.residents import service as residents

ONE = Actor(Kind.STAFF, id=new_id(), label="市役所 市民自治推進課 000001")
OTHER = Actor(Kind.STAFF, id=new_id(), label="市役所 市民自治推進課 000002")
PARK = "park-2026"


def person(session: Session, who: cast.Resident) -> UUID:
    found = residents.find_by_number(session, who.addressee_number)
    assert found
    return found.id


def terms(**changed: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "title": {"ja": "公園の清掃"}, "points": 100, "budget": 10_000, "per_day": None, "per_month": None,
        "per_person": None, "begins_on": today - timedelta(days=40), "ends_on": today + timedelta(days=400), "why": "",
    } | changed  # fmt: skip


def programme(
    database: Database,
    *,
    code: str = PARK,
    unit: Unit = Unit.HOUR,
    reason: Reason = Reason.VOLUNTEERING,
    **changed: Any,
) -> str:
    with database.command("offer") as session:
        facts = terms(**changed)
        programmes.create(session, ONE, code=code, reason=reason, unit=unit, facts=facts)
        programmes.approve(session, OTHER, code, 1)
    return code


def for_applications(session: Session, code: str = "e-services-2026", **changed: Any) -> None:
    """What procedures promise comes from a budget."""
    facts = terms(**({"points": 1, "title": {"ja": "オンライン申請"}} | changed))
    programmes.create(session, ONE, code=code, reason=Reason.E_SERVICE, unit=Unit.PROMISED, facts=facts)
    programmes.approve(session, OTHER, code, 1)


def host(
    database: Database, *, keeper: cast.Resident = cast.ICHIRO, name: str = "みどりの会", code: str = PARK
) -> UUID:
    with database.command("offer") as session:
        made = hosting.register(session, ONE, name=name, programme=code)
        name_keeper(session, made.id, keeper)
        return made.id


def name_keeper(session: Session, host_id: UUID, who: cast.Resident) -> None:
    """By one member of staff, agreed to by another."""
    hosting.agree_keeper(session, OTHER, host_id, hosting.name_keeper(session, ONE, host_id, who.addressee_number))


def activity(
    database: Database, host_id: UUID, *, keeper: cast.Resident = cast.ICHIRO, starts_at: datetime | None = None,
    long: timedelta = timedelta(hours=2), seats: int = 5, ward: str = "中央区", walk_in: bool = False,
) -> UUID:  # fmt: skip
    at = starts_at or clock.now() + timedelta(days=1)
    facts = {
        "title": "花壇の手入れ", "about": "軍手をお持ちください。", "ward": ward, "meeting": "中央公園 入口",
        "starts_at": at, "ends_at": at + long, "seats": seats, "walk_in": walk_in,
    }  # fmt: skip
    with database.command("offer") as session:
        return hosting.publish(session, hosting.own_host(session, person(session, keeper), host_id), [facts]).id


def apply(database: Database, who: cast.Resident, activity_id: UUID) -> UUID:
    """Take a place; its id."""
    with database.command("apply") as session:
        taking_part.apply(session, person(session, who), activity_id)
        place = taking_part.place_of(session, person(session, who), activity_id)
        assert place
        return place.id


def approve(
    database: Database, activity_id: UUID, minutes: dict[UUID, int], keeper: cast.Resident = cast.ICHIRO
) -> None:
    with database.command("approve") as session:
        hours.approve(session, person(session, keeper), activity_id, minutes)


def place(database: Database, place_id: UUID) -> VolunteerPlace:
    with database.command("look") as session:
        found = session.scalars(select(VolunteerPlace).where(VolunteerPlace.id == place_id)).one()
        session.expunge(found)
        return found


def later(days: int = 2) -> Any:
    """The clock some days ahead."""
    return clock.freeze(clock.now() + timedelta(days=days))


def day(ahead: int) -> date:
    return clock.today() + timedelta(days=ahead)
