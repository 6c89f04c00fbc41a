"""Staff compare two records, propose, agree, and take apart; both mailboxes hear of it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal.core.audit import Purpose, Record
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox.models import Notice
from portal.points.joining import service
from portal.points.joining.models import PointJoin
from portal.residents.service import Person
from tests.browser import Page
from tests.conftest import ResidentClient, StaffClient
from tests.portal.points import offered
from tests.portal.points.one_person import GONE, KEPT, WHY, earn, has, join

NEW = "/staff/points/joins/new"
pytestmark = pytest.mark.usefixtures("cast_residents")


def typed(gone: cast.Resident = GONE, kept: cast.Resident = KEPT, **more: str) -> dict[str, str]:
    return {"gone": gone.addressee_number, "kept": kept.addressee_number, "step": "compare"} | more


def told(database: Database, worker: Worker, key: str) -> int:
    worker.run_pending()
    with database.command("look") as session:
        return session.scalar(select(func.count()).where(Notice.key.like(f"{key}%"))) or 0


def proposed(database: Database, staff_client: StaffClient) -> Page:
    earn(database, GONE, 300)
    keeper = staff_client(Role.POINTS_KEEPER)
    seen = keeper.submit(keeper.get(NEW), NEW, **typed())
    return keeper.submit(seen, NEW, **typed(step="propose", why=WHY, sure="yes"))


def test_both_records_stand_side_by_side_before_anything_is_proposed(
    database: Database, staff_client: StaffClient
) -> None:
    earn(database, GONE, 300)
    keeper = staff_client(Role.POINTS_KEEPER)
    seen = keeper.submit(keeper.get(NEW), NEW, **typed())
    for said in (GONE.name, KEPT.name, GONE.addressee_number, "300"):
        assert said in seen.text
    assert GONE.addressee_number not in seen.path
    swapped = keeper.submit(seen, NEW, **typed(step="swap"))
    assert swapped.text.index(KEPT.name) < swapped.text.index(GONE.name)
    for lacking in ({"why": WHY}, {"sure": "yes"}):
        assert keeper.submit(seen, NEW, **typed(step="propose", **lacking)).status == 422
    with database.command("look") as session:
        assert session.scalar(select(func.count()).select_from(PointJoin)) == 0


def test_one_proposes_another_agrees_and_both_mailboxes_hear_of_it(
    database: Database, staff_client: StaffClient, worker: Worker
) -> None:
    page = proposed(database, staff_client)
    here = f"{page.path}/decide"
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    assert keeper.post(here, {"decision": "join", "sure": "yes"}, page=page).status == 404
    page = chief.get(page.path)
    assert chief.submit(page, here, decision="join").status == 422  # did not say that it is not them
    assert chief.submit(page, here, decision="refuse").status == 422  # did not say why
    for none in ("", "other", "ask-apart"):
        assert chief.submit(page, here, decision=none, answer=WHY, sure="yes").status == 422  # no button of the page
    page, before = chief.submit(page, here, decision="join", sure="yes"), page
    assert (has(database, GONE), has(database, KEPT)) == (300, 300)
    assert chief.submit(before, here, decision="join", sure="yes").status == 409
    assert told(database, worker, "accounts-joined:") == 2
    assert page.path.rpartition("/")[2][:8] in chief.get("/staff/points/joins").text


def test_who_asks_for_taking_apart_does_not_do_it_alone(
    database: Database, staff_client: StaffClient, worker: Worker
) -> None:
    page = proposed(database, staff_client)
    here = f"{page.path}/decide"
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    chief.submit(chief.get(page.path), here, decision="join", sure="yes")
    page = keeper.get(page.path)
    assert keeper.submit(page, f"{page.path}/apart", answer="").status == 422
    page = keeper.submit(page, f"{page.path}/apart", answer="別の方でした。")
    assert not list(page.find("button", value="apart"))
    chief.submit(chief.get(page.path), here, decision="apart")
    assert (has(database, GONE), has(database, KEPT)) == (300, 0)
    assert told(database, worker, "accounts-apart:") == 2


def test_a_refusal_keeps_both_and_is_told_with_its_reason(database: Database, staff_client: StaffClient) -> None:
    page = proposed(database, staff_client)
    chief = staff_client(Role.POINTS_CHIEF)
    page = chief.submit(chief.get(page.path), f"{page.path}/decide", decision="refuse", answer="生年月日が違います。")
    assert "生年月日が違います。" in page.text
    assert (has(database, GONE), has(database, KEPT)) == (300, 0)


def test_what_cannot_be_joined_is_said_with_a_way_on(database: Database, staff_client: StaffClient) -> None:
    keeper = staff_client(Role.POINTS_KEEPER)
    page = keeper.get(NEW)
    wrong = typed() | {"gone": "999999999999999"}
    assert keeper.submit(page, NEW, **wrong).status == 422
    assert keeper.submit(page, NEW, **(typed() | {"gone": "x"})).status == 422
    assert keeper.submit(page, NEW, **typed(GONE, GONE)).status == 422
    join(database)
    again = keeper.submit(page, NEW, **typed(GONE, cast.KAITO))
    assert (again.status, "すでに別の記録と名寄せされています" in again.text) == (409, True)


@pytest.mark.parametrize("who", [GONE, KEPT])
def test_records_of_a_protected_household_are_left_alone(
    database: Database, staff_client: StaffClient, who: cast.Resident
) -> None:
    """Also when the protection came between the proposal and the decision; where somebody lives is not shown then."""
    page = proposed(database, staff_client)
    with database.command("protect") as session:
        one = Person.household_number == who.household_number, Person.addressee_number != who.addressee_number
        session.execute(update(Person).where(*one).values(protected=True))
    chief = staff_client(Role.POINTS_CHIEF)
    page = chief.get(page.path)
    assert who.block not in page.text
    assert chief.submit(page, f"{page.path}/decide", decision="join", sure="yes").status == 403
    keeper = staff_client(Role.POINTS_KEEPER)
    refused = keeper.submit(keeper.get(NEW), NEW, **typed())
    assert (refused.status, who.block in refused.text) == (403, False)
    assert has(database, KEPT) == 0


def test_nobody_joins_a_record_of_their_own_name(database: Database, staff_client: StaffClient) -> None:
    keeper = staff_client(Role.POINTS_KEEPER)
    with database.command("rename") as session:
        mine = update(Person).where(Person.addressee_number == GONE.addressee_number)
        session.execute(mine.values(name=cast.POINTS_KEEPER.name.replace(" ", "\u3000")))
    assert keeper.submit(keeper.get(NEW), NEW, **typed()).status == 403


def test_the_record_that_stays_lives_in_the_city(database: Database, staff_client: StaffClient) -> None:
    with database.command("move") as session:
        mine = update(Person).where(Person.addressee_number == KEPT.addressee_number)
        session.execute(mine.values(moved_out=Person.moved_in))
    keeper = staff_client(Role.POINTS_KEEPER)
    assert keeper.submit(keeper.get(NEW), NEW, **typed()).status == 409
    assert keeper.submit(keeper.get(NEW), NEW, **typed(KEPT, GONE)).status == 200


def test_the_person_reads_where_the_points_came_from(database: Database, resident_client: ResidentClient) -> None:
    earn(database, GONE, 300)
    join(database, GONE, cast.TARO)
    page = resident_client("taro").get("/points")
    assert "名寄せした、もう一つの記録から" in page.text
    with database.command("look") as session:
        assert offered.person(session, GONE) != offered.person(session, cast.TARO)


def test_each_look_at_a_record_is_on_record_with_its_person(database: Database, staff_client: StaffClient) -> None:
    page = proposed(database, staff_client)
    before = looks(database)
    staff_client(Role.POINTS_CHIEF).get(page.path)
    assert looks(database) == before + 2


def looks(database: Database) -> int:
    with database.command("look") as session:
        both = [offered.person(session, one) for one in (GONE, KEPT)]
        mine = Record.subject.in_(both), Record.what == "residents.person", Record.why == Purpose.POINTS
        return session.scalar(select(func.count()).where(*mine)) or 0


def test_what_waits_stays_on_the_list_however_much_came_after_it(
    database: Database, staff_client: StaffClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "NEWEST", 1)
    first = proposed(database, staff_client)
    with database.command("later") as session:
        old = session.scalars(select(PointJoin)).one()
        columns = {one.name: getattr(old, one.name) for one in PointJoin.__table__.columns}
        later = {"proposed_at": old.proposed_at + timedelta(days=1), "open_key": None, "state": "refused"}
        for _more in range(2):
            session.add(PointJoin(**columns | later | {"id": new_id()}))
    listed = staff_client(Role.POINTS_KEEPER).get("/staff/points/joins")
    assert first.path in listed.links()
    with database.command("look") as session:
        assert len(service.joins(session)) == 2, "what waits, and the newest of the others"
