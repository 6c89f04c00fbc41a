"""Coming and going by a card on the organisation's terminal: in any order, twice, hours late, and in two places at once."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.cards.events import CardRead
from portal.cards.rules import Service
from portal.cards.terminals import service as terminals
from portal.cards.terminals.rules import Role as TerminalRole
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.devices import service as devices
from portal.points.volunteering import hosting, hours, rules, taking_part, touching
from portal.points.volunteering.models import VolunteerTouch
from portal.points.volunteering.rules import Doubt, Place, Touch
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import people
from tests.portal.points.offered import activity, apply, approve, host, later, place, programme

__all__ = ["people"]
SEED = 20261123
MINUTE = timedelta(minutes=1)
TERMINAL, LIBRARY = demo_devices.SHOP, "library-chuo"


@pytest.fixture
def machines(database: Database, people: None, tmp_path: Path) -> Database:
    """Terminals of points and of a library, enrolled."""
    with database.command("devices") as session:
        demo_devices.enrol_machines(session, tmp_path / "clients")
        terminals.give_role(session, TERMINAL, TerminalRole.POINTS, "公園の受付")
        terminals.give_role(session, LIBRARY, TerminalRole.LIBRARY, "図書館")
    return database


def terminal_of(database: Database, host_id: UUID, client: str = TERMINAL) -> None:
    with database.command("place") as session:
        hosting.place_terminal(session, client, host_id)


def touch(database: Database, who: cast.Resident, at: datetime, client: str = TERMINAL) -> None:
    with database.job("touch") as session:
        machine = devices.find(session, client)
        assert machine
        owner = offered.person(session, who)
        touching.on_card_read(session, CardRead(resident_id=owner, client=machine.id, service=Service.POINTS, at=at))


def states(database: Database) -> list[str]:
    with database.command("look") as session:
        return sorted(session.scalars(select(VolunteerTouch.state)))


@pytest.fixture
def park(machines: Database) -> tuple[UUID, datetime]:
    """An activity of two hours with a terminal; when it begins."""
    programme(machines)
    green = host(machines)
    terminal_of(machines, green)
    begins = clock.now() + timedelta(days=1)
    return activity(machines, green, starts_at=begins), begins


@pytest.mark.parametrize(
    ("minutes", "came", "went"),
    [([10], 10, None), ([10, 12], 10, None), ([130, 10], 10, 130), ([5, 60, 62, 119, 5], 5, 119)],
)
def test_the_first_touch_comes_and_the_last_one_goes(minutes: list[int], came: int, went: int | None) -> None:
    noon = datetime(2026, 11, 23, 3, tzinfo=clock.JST)
    first, last = rules.presence([noon + minute * MINUTE for minute in minutes])
    assert first == noon + came * MINUTE
    assert last == (None if went is None else noon + went * MINUTE)


def test_touches_told_in_any_order_and_twice_are_the_same_times(
    park: tuple[UUID, datetime], machines: Database
) -> None:
    one, begins = park
    where = apply(machines, cast.HANAKO, one)
    told = [begins + minutes * MINUTE for minutes in (-5, -4, 60, 118, 118, -5)]
    Random(SEED).shuffle(told)
    with later():  # the terminal had no network until the day after
        for at in told:
            touch(machines, cast.HANAKO, at)
        found = place(machines, where)
        assert (found.came_at, found.left_at) == (begins - 5 * MINUTE, begins + 118 * MINUTE)
        assert states(machines) == [Touch.USED] * 4
        with machines.command("look") as session:
            touched = session.scalars(select(VolunteerTouch)).first()
            assert touched
            assert touched.recorded_at - touched.at > timedelta(hours=20)  # what happened, and when it was told
            board = hours.board(session, one)[0]
            assert rules.stayed(begins, begins + 2 * timedelta(hours=1), board.came_at, board.left_at) == 118


def test_touches_told_at_the_same_instant_lose_nothing(park: tuple[UUID, datetime], machines: Database) -> None:
    one, begins = park
    where = apply(machines, cast.HANAKO, one)
    together(lambda number: touch(machines, cast.HANAKO, begins + (number % 6) * 20 * MINUTE), 12)
    found = place(machines, where)
    assert (found.came_at, found.left_at) == (begins, begins + 100 * MINUTE)
    assert states(machines) == [Touch.USED] * 6


def test_who_had_not_applied_gets_a_place_if_one_is_left(machines: Database) -> None:
    programme(machines)
    green = host(machines)
    terminal_of(machines, green)
    begins = clock.now() + timedelta(days=1)
    one = activity(machines, green, starts_at=begins, seats=1)
    for who in (cast.HANAKO, cast.TARO, cast.TARO):
        touch(machines, who, begins)
    touch(machines, cast.HANAKO, begins - timedelta(hours=3))  # nothing there to come to
    with machines.command("look") as session:
        assert [place.state for place in hours.board(session, one)] == [Place.APPLIED]
        found = hosting.activity(session, one)
        assert (found.taken, touching.strays(session, found)) == (1, 1)
    assert states(machines) == [Touch.STRAY, Touch.STRAY, Touch.USED]


def test_the_own_activity_is_meant_where_two_are_near(machines: Database) -> None:
    programme(machines)
    green = host(machines)
    terminal_of(machines, green)
    begins = clock.now() + timedelta(days=1)
    first, second = (activity(machines, green, starts_at=begins + hours * timedelta(hours=1)) for hours in (0, 2))
    where = apply(machines, cast.HANAKO, second)
    touch(machines, cast.HANAKO, begins + 90 * MINUTE)
    assert place(machines, where).came_at == begins + 90 * MINUTE
    touch(machines, cast.TARO, begins + 90 * MINUTE)  # nothing of his own: what is going on
    with machines.command("look") as session:
        assert len(hours.board(session, first)) == 1


def test_a_card_in_two_places_at_once_waits_for_the_city(
    machines: Database, park: tuple[UUID, datetime], staff_client: StaffClient, cast_staff: None
) -> None:
    one, begins = park
    blue = host(machines, keeper=cast.HANAKO, name="あおぞら会")
    other = activity(machines, blue, keeper=cast.HANAKO, starts_at=begins, ward="緑区")
    here, there = apply(machines, cast.MARIA, one), apply(machines, cast.MARIA, other)
    with later():
        approve(machines, other, {there: 120}, keeper=cast.HANAKO)  # by the list, and paid
        touch(machines, cast.MARIA, begins + 10 * MINUTE)
        approve(machines, one, {here: 110})
        with machines.command("look") as session:
            assert [case.kinds for case in hours.waiting(session)] == [(Doubt.OVERLAP,)]
        terminal_of(machines, blue)
        touch(machines, cast.MARIA, begins + 30 * MINUTE)  # told after both were decided
        touch(machines, cast.MARIA, begins - 50 * MINUTE)
        assert states(machines) == [Touch.CLASH, Touch.LATE, Touch.USED]
        keeper = staff_client(Role.POINTS_KEEPER)
        page = keeper.get("/staff/volunteering")
        assert "同時に2か所" in page.text
        action = next(
            form.get("action") or "" for form in page.find("form") if "/touches/" in (form.get("action") or "")
        )
        keeper.submit(page, action)
        assert "同時に2か所" not in keeper.get("/staff/volunteering").text
        assert keeper.post(action, {}, page=keeper.get("/staff/volunteering")).status == rules.Decided.status


def test_where_somebody_was_is_forgotten_after_half_a_year(park: tuple[UUID, datetime], machines: Database) -> None:
    touch(machines, cast.HANAKO, park[1])
    for days, kept in ((179, 1), (182, 0)):
        with later(days), machines.job("forget") as session:
            touching.forget_old(session, {})
        assert len(states(machines)) == kept


def test_a_terminal_is_named_by_the_city_and_reads_points(
    machines: Database, cast_staff: None, cast_residents: None, staff_client: StaffClient,
    resident_client: ResidentClient,
) -> None:  # fmt: skip
    programme(machines)
    green = host(machines)
    one = activity(machines, green, starts_at=clock.now() + 30 * MINUTE)
    keeper, page = staff_client(Role.POINTS_KEEPER), f"/staff/volunteering/hosts/{green}"
    for bad in ("", "nobody", LIBRARY):
        assert keeper.submit(keeper.get(page), f"{page}/terminals", client=bad).status == 422
    assert TERMINAL in keeper.submit(keeper.get(page), f"{page}/terminals", client=TERMINAL).text
    touch(machines, cast.HANAKO, clock.now())
    board = resident_client("ichiro").get(f"/points/hosting/activities/{one}")
    assert "おまとめカード" in board.text
    assert "架空 花子" in board.text
    keeper.submit(keeper.get(page), f"{page}/terminals/{TERMINAL}/remove")
    assert TERMINAL not in keeper.get(page).text
    touch(machines, cast.TARO, clock.now())
    assert len(states(machines)) == 1


def test_a_place_given_up_is_taken_up_again_by_coming(park: tuple[UUID, datetime], machines: Database) -> None:
    one, begins = park
    where = apply(machines, cast.HANAKO, one)
    with machines.command("withdraw") as session:
        taking_part.withdraw(session, offered.person(session, cast.HANAKO), one)
    touch(machines, cast.HANAKO, begins)
    assert place(machines, where).state == Place.APPLIED
    with machines.command("look") as session:
        assert hosting.activity(session, one).taken == 1
