"""What one member of staff cannot do alone with hours and codes, and what an objection does not lead past."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal.core import clock
from portal.core.actor import Actor
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points import rules as point_rules
from portal.points.volunteering import hosting, hours, objections, rules, taking_back, taking_part
from portal.points.volunteering.rules import Doubt, Place
from tests.conftest import StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import ONE, OTHER, activity, apply, approve, host, later, place, programme
from tests.portal.points.test_spending import balance
from tests.portal.points.test_taking_back import paid

__all__ = ["people"]


def waits(database: Database) -> list[tuple[str, ...]]:
    with database.command("look") as session:
        return [case.kinds for case in hours.waiting(session)]


def by_city(database: Database, one: UUID, minutes: dict[UUID, int], actor: Actor = ONE) -> None:
    with database.command("approve") as session:
        hours.approve_by_city(session, actor, hosting.activity(session, one), minutes)


def clear(database: Database, place_id: UUID, actor: Actor) -> None:
    with database.command("clear") as session:
        hours.clear(session, actor, place_id, "名簿で確認しました。")


def say(database: Database, place_id: UUID, minutes: int) -> None:
    one = place(database, place_id).activity_id
    with database.command("object") as session:
        who = offered.person(session, cast.HANAKO)
        objections.object_to(session, who, one, minutes=minutes, words="時間が違います。")


def uphold(database: Database, place_id: UUID, minutes: int, actor: Actor = ONE) -> None:
    with database.command("uphold") as session:
        objections.uphold(session, actor, place_id, minutes=minutes, answer="確認しました。")


def done(
    database: Database, name: str = "みどりの会", *, ago: int = 1, who: cast.Resident = cast.HANAKO
) -> tuple[UUID, UUID]:
    """An activity that is over, and somebody's place in it."""
    with clock.freeze(clock.now() - timedelta(days=ago + 2)):
        one = activity(database, host(database, name=name))
        return one, apply(database, who, one)


# ---- a second person ----------------------------------------------------------------------


def test_much_approved_by_the_city_waits_for_a_second_person(database: Database, people: None) -> None:
    programme(database, points=600, budget=100_000)
    one, mine = done(database)
    by_city(database, one, {mine: 120})
    assert (place(database, mine).state, waits(database), balance(database)) == (Place.HELD, [(Doubt.LARGE,)], 0)
    with pytest.raises(rules.OwnHours):
        clear(database, mine, ONE)
    clear(database, mine, OTHER)
    assert (balance(database), waits(database)) == (1_200, [])
    assert wrong(database) == []


def test_a_little_several_times_is_much(database: Database, people: None) -> None:
    programme(database, points=300, budget=100_000)
    held = []
    for name in ("みどりの会", "海の会"):
        one, mine = done(database, name)
        by_city(database, one, {mine: 120})
        held.append(place(database, mine).state)
    assert (held, balance(database)) == ([Place.SETTLED, Place.HELD], 600)
    with clock.freeze(clock.now() + point_rules.GIVEN_WITHIN + timedelta(days=1)):
        one, mine = done(database, "山の会")
        by_city(database, one, {mine: 120})
        assert place(database, mine).state == Place.SETTLED


def test_who_approved_does_not_clear_their_own_doubt(database: Database, people: None) -> None:
    programme(database)
    one, mine = done(database, who=cast.ICHIRO)  # who acts for the organisation
    by_city(database, one, {mine: 60})
    assert waits(database) == [(Doubt.SELF,)]
    with pytest.raises(rules.OwnHours):
        clear(database, mine, ONE)
    clear(database, mine, OTHER)
    assert balance(database, cast.ICHIRO) == 100


def test_the_page_says_that_a_colleague_has_to_decide(
    database: Database, cast_residents: None, staff_client: StaffClient
) -> None:
    programme(database, points=600, budget=100_000)
    keeper = staff_client(Role.POINTS_KEEPER)
    one, mine = done(database)
    board = f"/staff/volunteering/activities/{one}"
    assert keeper.submit(keeper.get(board), f"{board}/hours", **{f"minutes-{mine}": "120"}).status == 200
    page = keeper.get("/staff/volunteering")
    assert "職員1人" in page.text
    answer = keeper.submit(page, f"/staff/volunteering/hours/{mine}", note="確認しました。", decision="clear")
    assert answer.status == rules.OwnHours.status
    assert balance(database) == 0


# ---- objections ---------------------------------------------------------------------------


def test_an_objection_upheld_while_hours_are_held_stays_decidable(database: Database, people: None) -> None:
    """A host let a week go by and approved after the objection, with hours that look wrong."""
    programme(database)
    one, mine = done(database, ago=20)
    say(database, mine, 120)
    with database.command("keeper") as session:
        offered.name_keeper(session, hosting.activity(session, one).host_id, cast.HANAKO)
    approve(database, one, {mine: 60})
    uphold(database, mine, 120)
    assert (place(database, mine).state, balance(database), waits(database)) == (Place.HELD, 0, [(Doubt.SELF,)])
    with pytest.raises(rules.OwnHours):
        clear(database, mine, ONE)
    clear(database, mine, OTHER)
    assert (place(database, mine).minutes, balance(database), waits(database)) == (120, 200, [])
    assert wrong(database) == []


def test_an_objection_to_silence_is_looked_at_as_any_hours(database: Database, people: None) -> None:
    programme(database)
    one, mine = done(database, ago=20)
    say(database, mine, 120)
    with database.command("keeper") as session:
        offered.name_keeper(session, hosting.activity(session, one).host_id, cast.HANAKO)
    uphold(database, mine, 120)
    assert (place(database, mine).state, waits(database)) == (Place.HELD, [(Doubt.SELF,)])
    with database.command("confirm") as session:
        hours.confirm(session, OTHER, mine, "対象外です。")
    assert (place(database, mine).minutes, balance(database), waits(database)) == (0, 0, [])


def test_much_by_an_objection_waits_again_though_it_was_decided_before(database: Database, people: None) -> None:
    programme(database, points=600, budget=100_000)
    one, mine = done(database)
    by_city(database, one, {mine: 120})
    with database.command("confirm") as session:
        hours.confirm(session, OTHER, mine, "名簿にありません。")
    say(database, mine, 120)
    uphold(database, mine, 120, ONE)
    assert (balance(database), waits(database)) == (0, [(Doubt.LARGE,)])
    clear(database, mine, OTHER)
    assert balance(database) == 1_200


def test_what_an_objection_adds_and_a_second_person_refuses_leaves_what_was_paid(
    database: Database, people: None
) -> None:
    programme(database, points=900, budget=100_000)
    with later():
        one, mine = done(database)
        approve(database, one, {mine: 30})
        say(database, mine, 120)
        uphold(database, mine, 120)
        assert (balance(database), waits(database)) == (450, [(Doubt.LARGE,)])
        with database.command("confirm") as session:
            hours.confirm(session, OTHER, mine, "30分でした。")
        assert (place(database, mine).minutes, balance(database)) == (30, 450)


def test_fewer_minutes_by_an_objection_take_their_points_back(database: Database, people: None) -> None:
    with later():
        mine = paid(database, 120)
        say(database, mine, 60)
        uphold(database, mine, 60)
        assert (place(database, mine).minutes, balance(database)) == (60, 100)
    assert wrong(database) == []


def test_many_points_fewer_by_an_objection_wait_for_a_second_person(database: Database, people: None) -> None:
    with later():
        mine = paid(database, 120, points=600)
        say(database, mine, 60)
        uphold(database, mine, 60)
        assert (place(database, mine).minutes, balance(database)) == (120, 1_200)
        with database.command("second") as session:
            (case,) = taking_back.waiting(session)
            taking_back.decide(session, OTHER, case.back.id, yes=True)
        assert (place(database, mine).minutes, balance(database)) == (60, 600)
    assert wrong(database) == []


# ---- at the place -------------------------------------------------------------------------


def test_i_am_here_pressed_twice_is_pressed_once(database: Database, people: None) -> None:
    programme(database)
    begins = clock.now() + timedelta(hours=1)
    one = activity(database, host(database), starts_at=begins)
    mine = apply(database, cast.HANAKO, one)

    def press(at: timedelta) -> None:
        with clock.freeze(begins + at), database.command("come") as session:
            taking_part.come(session, offered.person(session, cast.HANAKO), one, device="")

    for at in (timedelta(), timedelta(seconds=1), rules.DOUBLE - timedelta(seconds=1)):
        press(at)
    assert (place(database, mine).came_at, place(database, mine).left_at) == (begins, None)
    for at in (timedelta(hours=1), timedelta(hours=2)):
        press(at)
    assert place(database, mine).left_at == begins + timedelta(hours=2)


def test_hours_that_one_member_of_staff_approves_at_one_instant_count_together(
    database: Database, people: None
) -> None:
    """Each activity brings as much as one gives alone; whoever presses for all of them at once gives no more."""
    programme(database, points=500)
    found = [done(database, f"会{number}", ago=number * 3) for number in range(1, 6)]
    together(lambda number: by_city(database, found[number][0], {found[number][1]: 120}), len(found))
    states = sorted(place(database, where).state for _one, where in found)
    assert states == [Place.HELD] * 4 + [Place.SETTLED]
    assert balance(database) == 1_000
    assert wrong(database) == []
