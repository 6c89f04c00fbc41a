"""Who acts for an organisation is named by one member of staff and agreed to by another."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points import rules as point_rules
from portal.points.volunteering import hosting, rules
from portal.points.volunteering.models import VolunteerKeeper
from tests.conftest import StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import people
from tests.portal.points.offered import ONE, OTHER

__all__ = ["people"]
pytestmark = pytest.mark.usefixtures("people")
THIRD = Actor(Kind.STAFF, id=new_id(), label="市役所 市民自治推進課 000003")


@pytest.fixture
def host(database: Database) -> UUID:
    """みどりの会, for which 一郎 acts."""
    offered.programme(database)
    return offered.host(database)


def named(database: Database, host: UUID, who: cast.Resident = cast.MARIA) -> UUID:
    with database.command("name") as session:
        return hosting.name_keeper(session, ONE, host, who.addressee_number)


def agree(database: Database, host: UUID, who: UUID, actor: Actor) -> None:
    with database.command("agree") as session:
        hosting.agree_keeper(session, actor, host, who)


def acts(database: Database, host: UUID, who: UUID) -> bool:
    with database.command("look") as session:
        return who in hosting.keepers(session, host) and bool(hosting.kept_by(session, who))


def test_who_is_named_does_nothing_before_a_second_person_agreed(host: UUID, database: Database) -> None:
    with clock.freeze(clock.now() - timedelta(days=3)):
        activity = offered.activity(database, host)
        place = offered.apply(database, cast.HANAKO, activity)
    maria = named(database, host)
    assert not acts(database, host, maria)
    with database.command("look") as session:
        with pytest.raises(rules.HostUnknown):
            hosting.own_host(session, maria, host)
        with pytest.raises(rules.ActivityUnknown):
            hosting.own_activity(session, maria, activity)
        assert hosting.hosts_waiting(session) == {host}
    with pytest.raises(rules.ActivityUnknown):
        offered.approve(database, activity, {place: 60}, cast.MARIA)
    with pytest.raises(point_rules.OwnNaming):
        agree(database, host, maria, ONE)
    agree(database, host, maria, OTHER)
    assert acts(database, host, maria)
    with database.command("look") as session:
        assert hosting.hosts_waiting(session) == set()
    offered.approve(database, activity, {place: 60}, cast.MARIA)
    with pytest.raises(point_rules.NamingDecided):
        agree(database, host, maria, THIRD)


def test_named_twice_is_once_and_the_second_naming_is_no_agreement(host: UUID, database: Database) -> None:
    maria = named(database, host)
    with database.command("name") as session:
        hosting.name_keeper(session, OTHER, host, cast.MARIA.addressee_number)
    assert not acts(database, host, maria)
    agree(database, host, maria, OTHER)
    named(database, host)
    assert acts(database, host, maria)


def test_who_is_dismissed_has_to_be_agreed_to_anew(host: UUID, database: Database) -> None:
    maria = named(database, host)
    agree(database, host, maria, OTHER)
    with database.command("dismiss") as session:
        hosting.dismiss_keeper(session, host, maria)
    with pytest.raises(point_rules.NamingDecided):
        agree(database, host, maria, OTHER)
    named(database, host)
    assert not acts(database, host, maria)


def test_who_acted_before_a_second_person_was_needed_goes_on(host: UUID, database: Database) -> None:
    with database.command("before") as session:
        who = offered.person(session, cast.HANAKO)
        session.add(VolunteerKeeper(host_id=host, resident_id=who, since=clock.now(), named_label="000009"))
    assert acts(database, host, who)


def test_of_many_who_agree_at_once_one_does(host: UUID, database: Database) -> None:
    maria = named(database, host)

    def press(number: int) -> bool:
        try:
            agree(database, host, maria, (OTHER, THIRD)[number % 2])
        except point_rules.NamingDecided:
            return False
        return True

    assert sum(together(press, 8)) == 1
    assert acts(database, host, maria)


def test_the_database_itself_wants_two(host: UUID, database: Database) -> None:
    maria = named(database, host)
    mine = update(VolunteerKeeper).where(VolunteerKeeper.resident_id == maria).values(agreed_by=ONE.id)
    with pytest.raises(IntegrityError), database.command("cheat") as session:
        session.execute(mine)


def test_from_one_desk_to_the_other(host: UUID, database: Database, staff_client: StaffClient) -> None:
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    page = f"/staff/volunteering/hosts/{host}"
    assert keeper.submit(keeper.get(page), f"{page}/keepers", number="1").status == 422
    shown = keeper.submit(keeper.get(page), f"{page}/keepers", number=cast.MARIA.addressee_number)
    with database.command("look") as session:
        maria = offered.person(session, cast.MARIA)
    agreeing = f"{page}/keepers/{maria}/agree"
    assert (agreeing.encode() in shown.body, agreeing.encode() in chief.get(page).body) == (False, True)
    assert keeper.post(agreeing, {}, page=keeper.get(page)).status == 404
    assert not acts(database, host, maria)
    assert "別の人の確認待ち" in chief.get("/staff/volunteering").text
    assert chief.submit(chief.get(page), agreeing).status == 200
    assert acts(database, host, maria)
    assert chief.post(agreeing, {}, page=chief.get(page)).status == point_rules.NamingDecided.status


def test_the_chief_does_not_agree_to_whom_they_named(host: UUID, database: Database, staff_client: StaffClient) -> None:
    chief, page = staff_client(Role.POINTS_CHIEF), f"/staff/volunteering/hosts/{host}"
    chief.submit(chief.get(page), f"{page}/keepers", number=cast.MARIA.addressee_number)
    with database.command("look") as session:
        maria = offered.person(session, cast.MARIA)
    answer = chief.post(f"{page}/keepers/{maria}/agree", {}, page=chief.get(page))
    assert (answer.status, acts(database, host, maria)) == (point_rules.OwnNaming.status, False)
