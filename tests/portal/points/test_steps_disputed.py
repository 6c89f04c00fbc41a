"""Days of walking that look like somebody else's with a little added; and what people say to days that do not count."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.audit import Action, Record
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.points.health import objections, rules, service
from portal.points.health.models import HealthObjection
from portal.points.health.rules import Answer, Doubt, State
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import ONE
from tests.portal.points.phones import ago, still
from tests.portal.points.test_walking import agree, balance, bring, held, take_back, walking

__all__ = ["people", "still"]
pytestmark = pytest.mark.usefixtures("still")
HERS = {ago_days: 6_000 + 137 * ago_days for ago_days in range(1, 13)}


@pytest.fixture
def walkers(database: Database, people: None) -> Database:
    walking(database)
    agree(database, cast.HANAKO, cast.TARO)
    assert bring(database, {ago(days): steps for days, steps in HERS.items()}).held == 0
    return database


def likewise(days: int, *added: int) -> dict[int, int]:
    """Her steps of so many days with something added, by turns."""
    return {day: HERS[day] + added[day % len(added)] for day in range(1, days + 1)}


@pytest.mark.parametrize(
    ("found", "near"),
    [
        ({1: 4}, True), ({-20: 4}, True), ({1: 3}, False), ({1: 3, 2: 3}, True), ({1: 1, 2: 2, -3: 2}, False),
        ({0: 2, 5: 3}, False), ({0: 3, 5: 3}, True), ({}, False),
    ],
)  # fmt: skip
def test_what_is_near(found: dict[int, int], near: bool) -> None:
    assert rules.is_near(found) is near


@pytest.mark.parametrize(("days", "added", "wanted"), [(4, (1,), 4), (3, (1,), 0), (6, (1, 7, -12), 6), (8, (60,), 0)])
def test_one_phone_with_a_little_added_is_noticed(
    walkers: Database, days: int, added: tuple[int, ...], wanted: int
) -> None:
    steps = {ago(day): walked for day, walked in likewise(days, *added).items()}
    assert bring(walkers, steps, cast.TARO).held == wanted
    with walkers.command("look") as session:
        hanako = offered.person(session, cast.HANAKO)
        assert [case.others for case in service.waiting(session)] == ([(hanako,)] if wanted else [])
    assert [doubts for _who, doubts in held(walkers)] == ([(Doubt.NEAR,)] if wanted else [])


def test_what_is_added_day_by_day_is_noticed_once_there_is_enough(walkers: Database) -> None:
    """In files of one day each: what was paid before stays, what comes is held."""
    found = [bring(walkers, {ago(day): HERS[day] + 1}, cast.TARO).held for day in (5, 4, 3, 2, 1)]
    assert found == [0, 0, 0, 1, 1]


@pytest.fixture
def waits(walkers: Database) -> UUID:
    """太郎's days that wait."""
    assert bring(walkers, {ago(day): HERS[day] + 1 for day in range(1, 5)}, cast.TARO).held == 4
    with walkers.command("look") as session:
        return offered.person(session, cast.TARO)


def say(database: Database, who: UUID) -> None:
    with database.command("object") as session:
        objections.object_to(session, who, "毎朝いっしょに歩いています。")


def answer(database: Database, *, is_right: bool, words: str = "確認しました。") -> None:
    with database.command("answer") as session:
        (case,) = objections.waiting(session)
        objections.answer(session, ONE, case.objection.id, is_right=is_right, words=words)


def test_who_objects_to_days_that_wait_is_paid_when_they_are_right(walkers: Database, waits: UUID) -> None:
    say(walkers, waits)
    with pytest.raises(rules.NothingToObject):
        say(walkers, waits)
    answer(walkers, is_right=True)
    assert balance(walkers, cast.TARO) == sum(2 * ((HERS[day] + 1) // 1_000) for day in range(1, 5))
    assert held(walkers) == []
    with pytest.raises(rules.NothingToObject):
        say(walkers, waits)
    assert wrong(walkers) == []


@pytest.mark.parametrize("first", [Answer.NO, Answer.OPEN])
def test_of_two_at_one_instant_the_one_that_waits_is_the_newest(walkers: Database, waits: UUID, first: Answer) -> None:
    """Whichever has the lower id."""
    at, low, high = clock.now(), *sorted((new_id(), new_id()))
    same = {"resident_id": waits, "words": "毎朝歩いています。", "made_at": at}
    open_id, done_id = (low, high) if first is Answer.OPEN else (high, low)
    with walkers.command("object") as session:
        session.add(HealthObjection(id=open_id, state=str(Answer.OPEN), open_key=waits, **same))
        session.add(HealthObjection(id=done_id, state=str(Answer.NO), decided_at=at, **same))
        session.flush()
        found = objections.newest(session, waits)
        before = objections.newest(session, waits, before=open_id)
        assert (found and found.id, before and before.id) == (open_id, done_id)


def test_what_somebody_said_goes_with_the_consent_and_that_is_on_record(walkers: Database, waits: UUID) -> None:
    say(walkers, waits)
    take_back(walkers, cast.TARO)
    with walkers.command("look") as session:
        gone = Record.what == "health_objections", Record.action == Action.DELETE
        assert session.scalars(select(Record.subject).where(*gone)).all() == [waits]
        assert session.scalar(select(func.count()).select_from(HealthObjection)) == 0


def test_refused_days_can_be_objected_to_once_and_for_a_month(walkers: Database, waits: UUID) -> None:
    with walkers.command("refuse") as session:
        service.refuse(session, ONE, waits, "同じ記録です。")
    with clock.freeze(clock.now() + timedelta(days=31)), pytest.raises(rules.NothingToObject):
        say(walkers, waits)
    with clock.freeze(clock.now() + timedelta(days=10)):
        say(walkers, waits)
        answer(walkers, is_right=False)
        with pytest.raises(rules.NothingToObject):
            say(walkers, waits)
    with pytest.raises(rules.NothingToObject):
        say(walkers, UUID(int=7))
    assert balance(walkers, cast.TARO) == 0


def test_refused_days_are_paid_after_all(walkers: Database, waits: UUID) -> None:
    with walkers.command("refuse") as session:
        service.refuse(session, ONE, waits, "同じ記録です。")
    say(walkers, waits)
    answer(walkers, is_right=True)
    assert balance(walkers, cast.TARO) > 0
    with walkers.command("look") as session:
        assert {one.row.state for one in service.days_of(session, waits)} == {State.GIVEN}
    assert wrong(walkers) == []


def test_said_and_answered_at_the_same_instant_it_is_once(walkers: Database, waits: UUID) -> None:
    def try_to(act: int) -> int:
        try:
            say(walkers, waits)
        except rules.NothingToObject:
            return 0
        return 1

    assert sum(together(try_to, 4)) == 1
    with walkers.command("look") as session:
        (case,) = objections.waiting(session)

    def decide(number: int) -> int:
        try:
            with walkers.command("answer") as session:
                objections.answer(session, ONE, case.objection.id, is_right=number % 2 == 0, words="確認しました。")
        except rules.StepsDecided:
            return 0
        return 1

    assert sum(together(decide, 4)) == 1
    assert wrong(walkers) == []


def test_with_the_consent_goes_what_was_said_and_old_words_are_forgotten(walkers: Database, waits: UUID) -> None:
    say(walkers, waits)
    with clock.freeze(clock.now() + timedelta(days=181)), walkers.command("forget") as session:
        service.forget_old(session, {})
        assert session.scalar(select(func.count()).select_from(HealthObjection)) == 0
        session.rollback()
    take_back(walkers, cast.TARO)
    with walkers.command("look") as session:
        assert session.scalar(select(func.count()).select_from(HealthObjection)) == 0


def test_on_the_pages_it_is_said_decided_and_told(
    walkers: Database, cast_residents: None, waits: UUID, resident_client: ResidentClient, staff_client: StaffClient,
    worker: Worker,
) -> None:  # fmt: skip
    taro, keeper = resident_client("taro"), staff_client(Role.POINTS_KEEPER)
    page = taro.get("/points/health")
    assert "/points/health/object" in page.links()
    form = taro.get("/points/health/object")
    assert taro.submit(form, "/points/health/object", words="").status == 422
    after = taro.submit(form, "/points/health/object", words="毎朝いっしょに歩いています。")
    assert "/points/health/object" not in after.links()
    assert taro.post("/points/health/object", {"words": "もう一度"}, page=after).status == rules.NothingToObject.status
    work = keeper.get("/staff/points-health")
    assert "毎朝いっしょに歩いています。" in work.text
    action = next(
        form.get("action") or "" for form in work.find("form") if "/objections/" in (form.get("action") or "")
    )
    assert keeper.submit(work, action, note="", decision="clear").status == 422
    assert keeper.submit(work, action, note="ご家族と確認しました。", decision="clear").status == 200
    assert keeper.post(action, {"note": "x", "decision": "clear"}, page=work).status == rules.StepsDecided.status
    worker.run_pending()
    assert "ご家族と確認しました。" in taro.get("/points/health").text
    assert "歩数" in taro.get("/mailbox").text
