"""What activities cost: points, yen, people and hours, small ones together, on the page and in the file."""

import csv
import io
from datetime import timedelta
from uuid import UUID

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points import costs
from portal.points.ledger.rules import Reason
from portal.points.programmes.rules import Unit
from tests.conftest import StaffClient
from tests.portal.points import offered
from tests.portal.points.books import people
from tests.portal.points.offered import activity, apply, approve, host, programme

__all__ = ["people"]
FIVE = (cast.TARO, cast.MARIA, cast.KAITO, cast.AOI, cast.HANAKO)


def helped(database: Database, host_id: UUID, who: tuple[cast.Resident, ...], minutes: int, *, ago: int = 3) -> UUID:
    """An activity that is over, with the hours of these people approved."""
    with clock.freeze(clock.now() - timedelta(days=ago)):
        one = activity(database, host_id, seats=9, starts_at=clock.now() + timedelta(hours=1))
        places = [apply(database, person, one) for person in who]
    with clock.freeze(clock.now() - timedelta(days=ago) + timedelta(hours=9)):
        approve(database, one, dict.fromkeys(places, minutes))
    return one


def found(database: Database) -> list[costs.Cost]:
    with database.command("look") as session:
        return costs.costs(session, offered.day(-30), offered.day(0))


def test_an_activity_tells_points_people_and_hours(database: Database, people: None) -> None:
    programme(database, budget=100_000)
    one = helped(database, host(database), FIVE, 90)
    (cost,) = found(database)
    assert (cost.id, cost.people, cost.minutes, cost.points, cost.yen) == (one, 5, 450, 750, 750)
    assert (cost.each, cost.hourly) == (150.0, 100.0)


def test_activities_of_few_people_stand_together_by_kind(database: Database, people: None) -> None:
    programme(database, budget=100_000)
    programme(database, code="fair-2026", unit=Unit.ACT, reason=Reason.EVENT, points=50)
    group, city = host(database), host(database, name="市", code="fair-2026")
    helped(database, group, FIVE, 60)
    for ago, who in ((5, FIVE[:3]), (7, FIVE[:2])):
        helped(database, group, who, 60, ago=ago)
    helped(database, city, FIVE[:1], 120, ago=9)
    lines = [(one.count, one.people, one.points, one.is_event) for one in found(database)]
    assert lines == [(1, 5, 500, False), (2, 5, 500, False), (1, 1, 50, True)]


def test_who_did_not_come_and_other_days_are_not_counted(database: Database, people: None) -> None:
    programme(database, budget=100_000)
    helped(database, host(database), FIVE, 0)
    helped(database, host(database, name="海の会"), FIVE, 60, ago=35)
    assert found(database) == []


def test_the_page_draws_it_and_hides_the_few(database: Database, people: None, staff_client: StaffClient) -> None:
    programme(database, budget=100_000)
    programme(database, code="fair-2026", unit=Unit.ACT, reason=Reason.EVENT, points=33)
    helped(database, host(database), FIVE, 60)
    helped(database, host(database, name="市", code="fair-2026"), FIVE[:1], 120, ago=9)
    staff = staff_client(Role.POINTS_KEEPER)
    page = staff.get("/staff/points/costs")
    assert "花壇の手入れ" in page.text
    assert "500" in page.text
    assert "33" not in ["".join(cell.itertext()).strip() for cell in page.find("td")]
    sent = staff.client.get("/staff/points/costs.csv").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(sent)))
    assert [row[4:] for row in rows[1:]] == [
        ["500", "500", "5", "5.0", "100.0", "100.0"], ["…", "…", "<5", "…", "…", "…"],
    ]  # fmt: skip
