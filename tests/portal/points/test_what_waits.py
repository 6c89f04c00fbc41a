"""The first page of citizen points says how much waits in each list."""

from dataclasses import replace
from uuid import UUID

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points import waiting
from portal.points.exchange.models import ExchangeDifference
from portal.points.exchange.rules import Difference
from portal.points.ledger.rules import Reason
from portal.points.partners import naming
from portal.points.programmes.rules import Unit
from tests.conftest import StaffClient
from tests.portal.points import offered
from tests.portal.points.offered import ONE
from tests.portal.points.phones import ago
from tests.portal.points.test_attendance_by_two import CLASS, PATH, large, small
from tests.portal.points.test_walking import agree, bring, send, walking

LISTS = waiting.Counts.__slots__

NOTHING = waiting.Counts(
    shops=0, gifts=0, joins=0, sheets=0, files=0, clashes=0, exchanges=0, steps=0, hours=0
)  # fmt: skip


def counts(database: Database) -> waiting.Counts:
    with database.command("look") as session:
        return waiting.counts(session)


def test_a_file_of_attendance_that_waits_is_counted(
    database: Database, cast_residents: None, staff_client: StaffClient
) -> None:
    title = {"ja": "健康教室"}
    offered.programme(
        database, code=CLASS, unit=Unit.ACT, reason=Reason.HEALTH, points=100, title=title, begins_on=ago(60)
    )
    keeper = staff_client(Role.POINTS_KEEPER)
    send(keeper, small(), "came.csv", PATH, step="import", programme=CLASS)
    assert counts(database) == NOTHING
    assert "確認待ち" not in keeper.get("/staff/points").text
    send(keeper, large(), "came.csv", PATH, step="import", programme=CLASS)
    assert counts(database) == replace(NOTHING, files=1)
    page = keeper.get("/staff/points")
    assert "健診・教室の参加 確認待ち1件" in page.text
    assert page.text.count("確認待ち") == 1


def test_a_shop_for_which_somebody_is_named_waits(shop: UUID, town: Database, staff_client: StaffClient) -> None:
    with town.command("name") as session:
        naming.name(session, ONE, shop, cast.MARIA.addressee_number)
    assert counts(town).shops == 1
    assert "変更の確認待ち" in staff_client(Role.POINTS_CHIEF).get("/staff/partners").text


def test_steps_and_exchanges_to_look_at_are_counted(town: Database, staff_client: StaffClient) -> None:
    walking(town)
    agree(town, cast.HANAKO)
    assert bring(town, {ago(1): 50_001, ago(2): 50_002}).held == 2
    row = {"kind": str(Difference.MISSING_HERE), "here": 0, "there": 70, "found_at": clock.now()}
    with town.command("compared") as session:
        session.add(ExchangeDifference(key="STRANGER", settled_label="", note="", **row))
    assert (counts(town).steps, counts(town).exchanges) == (1, 1)
    shown = staff_client(Role.POINTS_KEEPER).get("/staff/points").text
    assert "民間ポイントとの交換 確認待ち1件" in shown
    assert shown.count("確認待ち1件") == 2
