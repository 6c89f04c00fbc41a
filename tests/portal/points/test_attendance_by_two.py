"""Files of who came that are worth much wait for a second member of staff, who agrees once; small ones go through."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Action, Record
from portal.core.envelope import KeyRing, SealBroken
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points.health import attendance, attendance_seal
from portal.points.health.attendance_models import AttendanceFile
from portal.points.health.attendance_rules import KEPT, AttendanceUnknown, FileDecided, FileState, OwnFile
from portal.points.health.attendance_seal import Safe
from portal.points.ledger.rules import PotEmpty, Reason
from portal.points.programmes.rules import Unit
from portal.points.rules import GIVEN_ALONE, GIVEN_WITHIN
from tests.conftest import StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points import offered
from tests.portal.points.books import people, wrong
from tests.portal.points.offered import ONE, OTHER
from tests.portal.points.phones import ago, still
from tests.portal.points.test_spending import balance
from tests.portal.points.test_walking import send

__all__ = ["people", "still"]
pytestmark = pytest.mark.usefixtures("still", "people")
SAFE = Safe(KeyRing("one", {"one": b"1" * 32}), b"k" * 32)
THIRD = Actor(Kind.STAFF, id=new_id(), label="市役所 市民自治推進課 000003")
CLASS = "class-2026"
PATH = "/staff/points-health/attendance"


@pytest.fixture
def course(database: Database) -> Database:
    offered.programme(
        database,
        code=CLASS,
        unit=Unit.ACT,
        reason=Reason.HEALTH,
        points=100,
        title={"ja": "健康教室"},
        begins_on=ago(60),
    )
    return database


def file(*days: int, who: tuple[cast.Resident, ...] = (cast.HANAKO, cast.TARO)) -> bytes:
    rows = [f"{one.addressee_number},{ago(day)}" for day in days for one in who]
    return ("宛名番号,参加日\n" + "\n".join(rows)).encode()


def small() -> bytes:
    """400 points."""
    return file(1, 2)


def large() -> bytes:
    """1,200 points."""
    return file(*range(1, 7))


def take(database: Database, content: bytes, actor: Actor = ONE) -> AttendanceFile | None:
    with database.command("take") as session:
        kept = attendance.take(session, SAFE, actor, BytesIO(content), CLASS)[1]
        if kept:
            session.refresh(kept)
            session.expunge(kept)
        return kept


def waits(database: Database, content: bytes = b"", actor: Actor = ONE) -> UUID:
    kept = take(database, content or large(), actor)
    assert kept
    assert kept.state == FileState.WAITING
    return kept.id


def agree(database: Database, which: UUID, actor: Actor = OTHER) -> int:
    with database.command("agree") as session:
        return attendance.agree(session, SAFE.ring, actor, which)


def found(database: Database, which: UUID) -> AttendanceFile:
    with database.command("look") as session:
        one = attendance.file(session, which)
        session.expunge(one)
        return one


def states(database: Database) -> list[str]:
    with database.command("look") as session:
        return [one.state for one in attendance.files(session)]


# ---- what waits ---------------------------------------------------------------------------


def test_a_large_file_waits_and_gives_once_a_second_person_agrees(course: Database) -> None:
    which = waits(course)
    one = found(course, which)
    assert (one.people, one.acts, one.points, one.given) == (2, 12, 1_200, 0)
    assert (one.first_day, one.last_day, one.brought_label) == (ago(6), ago(1), ONE.label)
    assert balance(course) == 0
    with pytest.raises(OwnFile):
        agree(course, which, ONE)
    assert agree(course, which) == 1_200
    one = found(course, which)
    assert (one.state, one.given, one.sealed, one.open_mark) == (FileState.AGREED, 1_200, None, None)
    assert (balance(course), balance(course, cast.TARO), wrong(course)) == (600, 600, [])
    with pytest.raises(FileDecided):
        agree(course, which, THIRD)
    assert (take(course, large()), balance(course)) == (None, 600)


def test_exactly_the_limit_goes_through_and_small_files_add_up(course: Database) -> None:
    kept = take(course, file(1, 2, 3, 4, 5))
    assert kept
    assert (kept.state, kept.given, balance(course)) == (FileState.TAKEN, GIVEN_ALONE, 500)
    waits(course, file(6))
    other = take(course, file(7), OTHER)
    assert other
    assert other.state == FileState.TAKEN
    with clock.freeze(clock.now() + GIVEN_WITHIN + timedelta(seconds=1)):
        later = take(course, file(8))
        assert later
        assert later.state == FileState.TAKEN


def test_what_somebody_agreed_to_does_not_count_as_given_alone(course: Database) -> None:
    agree(course, waits(course))
    kept = take(course, file(8))
    assert kept
    assert kept.state == FileState.TAKEN


def test_the_same_file_waits_once(course: Database) -> None:
    first = waits(course)
    rows = large().decode().split("\n")
    assert waits(course, "\n".join([rows[0], *reversed(rows[1:])]).encode()) == first
    assert waits(course, actor=OTHER) == first
    assert states(course) == [FileState.WAITING]


def test_refused_is_refused_and_the_file_can_come_again(course: Database) -> None:
    which = waits(course)
    with course.command("refuse") as session, pytest.raises(OwnFile):
        attendance.refuse(session, ONE, which, "名簿と違います。")
    with course.command("refuse") as session:
        attendance.refuse(session, OTHER, which, "名簿と違います。")
    one = found(course, which)
    assert (one.state, one.note, one.sealed, balance(course)) == (FileState.REFUSED, "名簿と違います。", None, 0)
    with pytest.raises(FileDecided):
        agree(course, which)
    assert waits(course) != which


def test_only_who_brought_it_takes_it_back(course: Database) -> None:
    which = waits(course)
    with course.command("withdraw") as session, pytest.raises(AttendanceUnknown):
        attendance.withdraw(session, OTHER, which)
    with course.command("withdraw") as session:
        attendance.withdraw(session, ONE, which)
    assert states(course) == [FileState.WITHDRAWN]
    with pytest.raises(FileDecided):
        agree(course, which)


def test_caps_and_budget_are_looked_at_when_it_is_agreed(database: Database) -> None:
    offered.programme(
        database, code=CLASS, unit=Unit.ACT, reason=Reason.HEALTH, points=100, begins_on=ago(60), per_person=350
    )
    assert agree(database, waits(database)) == 700
    assert (balance(database), balance(database, cast.TARO)) == (350, 350)


def test_a_budget_that_is_not_enough_leaves_the_file_waiting(database: Database) -> None:
    offered.programme(
        database, code=CLASS, unit=Unit.ACT, reason=Reason.HEALTH, points=100, begins_on=ago(60), budget=1_000
    )
    which = waits(database)
    with pytest.raises(PotEmpty):
        agree(database, which)
    assert (found(database, which).state, balance(database), wrong(database)) == (FileState.WAITING, 0, [])


def test_what_came_meanwhile_by_another_file_is_given_once(course: Database) -> None:
    which = waits(course)
    assert take(course, small(), OTHER)
    assert balance(course) == 200
    assert agree(course, which, THIRD) == 800
    assert (balance(course), wrong(course)) == (600, [])


# ---- at the same instant ------------------------------------------------------------------


def test_many_small_files_at_once_stay_within_the_limit(course: Database) -> None:
    def bring(number: int) -> str:
        kept = take(course, file(number + 1, who=(cast.HANAKO, cast.TARO, cast.ICHIRO)))
        assert kept
        return kept.state

    assert sorted(together(bring, 8)) == [FileState.TAKEN] * 3 + [FileState.WAITING] * 5
    assert (balance(course), wrong(course)) == (300, [])


def test_the_same_file_by_several_at_once_is_noted_with_what_it_gave(course: Database) -> None:
    """What a colleague's file gave at the same instant counts for nobody else's limit."""
    kept = together(lambda number: take(course, small(), (ONE, OTHER, THIRD)[number]), 3)
    assert sum(one.given for one in kept if one) == 400
    assert wrong(course) == []


def test_pressed_many_times_at_once_one_file_waits(course: Database) -> None:
    assert len({str(which) for which in together(lambda number: waits(course, actor=(ONE, OTHER)[number % 2]), 8)}) == 1
    assert states(course) == [FileState.WAITING]


def test_of_many_who_agree_at_once_one_does(course: Database) -> None:
    which = waits(course)

    def press(number: int) -> int | None:
        try:
            return agree(course, which, (OTHER, THIRD)[number % 2])
        except FileDecided:
            return None

    assert sorted(together(press, 8), key=lambda given: given or 0) == [None] * 7 + [1_200]
    assert (balance(course), wrong(course)) == (600, [])


def test_agreed_and_taken_back_at_once_is_one_of_them(course: Database) -> None:
    which = waits(course)

    def press(number: int) -> str:
        try:
            if number % 2:
                agree(course, which)
                return FileState.AGREED
            with course.command("withdraw") as session:
                attendance.withdraw(session, ONE, which)
        except Refusal:
            return ""
        return FileState.WITHDRAWN

    done = [state for state in together(press, 6) if state]
    assert done == [found(course, which).state]
    assert balance(course) == (600 if done == [FileState.AGREED] else 0)


# ---- what is kept -------------------------------------------------------------------------


def test_rows_lie_sealed_and_open_for_their_file_alone(course: Database) -> None:
    which = waits(course)
    one = found(course, which)
    assert one.sealed
    with course.command("look") as session:
        who = offered.person(session, cast.HANAKO)
        rows = attendance.rows_of(session, SAFE.ring, which)
        seen = session.scalars(select(Record.what).where(Record.what == "points.attendance")).all()
    assert who.hex.encode() not in one.sealed
    assert [row.line for row in rows] == list(range(2, 14))
    assert seen
    wrapped = attendance.Wrapped(one.key_id, one.wrapped_key)
    with pytest.raises(SealBroken):
        attendance_seal.opened(SAFE.ring, new_id(), wrapped, one.sealed)


def test_keys_are_wrapped_anew_and_open_with_the_new_key_alone(course: Database) -> None:
    which = waits(course)
    both = KeyRing("two", {"one": b"1" * 32, "two": b"2" * 32})
    with course.command("rewrap") as session:
        assert (attendance.rewrap(session, both), attendance.rewrap(session, both)) == (1, 0)
    with course.command("agree") as session:
        assert attendance.agree(session, KeyRing("two", {"two": b"2" * 32}), OTHER, which) == 1_200


def test_nobody_decides_for_half_a_year_and_the_rows_are_gone(course: Database) -> None:
    which = waits(course)
    for days, state in ((-1, FileState.WAITING), (1, FileState.LAPSED)):
        with clock.freeze(clock.now() + KEPT + timedelta(days=days)), course.command("night") as session:
            attendance.forget_old(session, {})
        assert found(course, which).state == state
    assert found(course, which).sealed is None
    with course.command("look") as session:
        gone = Record.what == "points.attendance", Record.action == Action.DELETE
        assert session.scalars(select(Record.case_ref).where(*gone)).all() == [str(which)[:8]]


def test_the_database_itself_wants_two(course: Database) -> None:
    which = waits(course)
    mine = {"state": str(FileState.AGREED), "decided_by": ONE.id, "sealed": None}
    with pytest.raises(IntegrityError), course.command("cheat") as session:
        session.execute(update(AttendanceFile).where(AttendanceFile.id == which).values(**mine))
    with pytest.raises(IntegrityError), course.command("cheat") as session:
        session.execute(update(AttendanceFile).where(AttendanceFile.id == which).values(state="agreed", sealed=None))


# ---- by the pages -------------------------------------------------------------------------


def test_from_one_desk_to_the_other(course: Database, staff_client: StaffClient) -> None:
    keeper, chief = staff_client(Role.POINTS_KEEPER), staff_client(Role.POINTS_CHIEF)
    page = send(keeper, large(), "came.csv", PATH, step="import", programme=CLASS)
    assert (page.status, balance(course)) == (200, 0)
    assert "1,200ポイント" in page.text
    assert cast.HANAKO.name not in page.text
    with course.command("look") as session:
        here = f"{PATH}/{attendance.files(session)[0].id}"
    mine = keeper.get(here)
    assert b'value="agree"' not in mine.body
    assert b'value="agree"' in chief.get(here).body
    answer = keeper.post(here, {"decision": "agree"}, page=mine)
    assert (answer.status, balance(course)) == (OwnFile.status, 0)
    theirs = chief.get(here)
    assert cast.HANAKO.name not in theirs.text
    assert cast.HANAKO.name in chief.get(f"{here}/names").text
    assert chief.submit(theirs, here, decision="refuse", note="").status == 422
    shown = chief.post(here, {"decision": "other", "note": "確認"}, page=theirs)
    assert (shown.status, "このページにそのボタンはありません。" in shown.text) == (422, True)
    assert chief.submit(theirs, here, decision="agree").status == 200
    assert balance(course) == 600
    assert chief.get(f"{here}/names").status == FileDecided.status
    assert chief.post(here, {"decision": "agree"}, page=chief.get(PATH)).status == FileDecided.status
    assert keeper.post(f"{here}/withdraw", {}, page=keeper.get(PATH)).status == FileDecided.status
    assert chief.get(f"{PATH}/{new_id()}").status == 404


def test_names_of_many_rows_are_in_pages(course: Database, staff_client: StaffClient) -> None:
    keeper = staff_client(Role.POINTS_KEEPER)
    send(keeper, file(*range(1, 53)), "came.csv", PATH, step="import", programme=CLASS)
    with course.command("look") as session:
        here = f"{PATH}/{attendance.files(session)[0].id}/names"
    for page, count in (("", 50), ("?page=2", 2), ("?page=99", 2), ("?page=-1", 50), ("?page=x", 50)):
        assert keeper.get(f"{here}{page}").text.count(cast.HANAKO.name) == count
