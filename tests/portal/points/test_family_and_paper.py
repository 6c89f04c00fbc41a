"""Points passed on in the family, and codes from paper."""

import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pikepdf
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import JST
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points import service as points
from portal.points.family import rules as family_rules
from portal.points.family import service as family
from portal.points.ledger.rules import NotEnoughPoints, PotEmpty, Reason
from portal.points.paper import rules as paper_rules
from portal.points.paper import service as paper
from portal.points.paper.models import PointCode, PointSheet
from portal.points.programmes.rules import Unit
from portal.residents.models import Resident
from portal.web.throttle import TooManyTries
from tests.conftest import ResidentClient, StaffClient
from tests.house.test_at_the_same_instant import together
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, OTHER, PARK, person, programme
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_spending import balance

KEY = b"k" * 32
MIDDLE = datetime(2026, 11, 15, 12, tzinfo=JST)


@pytest.fixture
def rich(database: Database, cast_residents: None) -> Database:
    earn(database, resident(database), 3_000)
    return database


def give(
    database: Database, giver: cast.Resident, receiver: cast.Resident, amount: int, key: UUID | None = None
) -> None:
    with database.command("give") as session:
        people = (person(session, giver), person(session, receiver))
        family.pass_on(session, *people, amount, key=key or uuid4())


def test_points_passed_on_keep_their_days_and_ranks_stay(rich: Database, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    page = hanako.get("/points/family")
    taro = str(resident(rich, cast.TARO))
    for _twice in range(2):
        done = hanako.submit(page, "/points/family", who=taro, points="300")
        assert f"{cast.TARO.name}さんに300ポイントを譲りました。" in done.text
    assert (balance(rich), balance(rich, cast.TARO)) == (2_700, 300)
    with rich.command("look") as session:
        who = person(session, cast.HANAKO), person(session, cast.TARO)
        days = [{one.day for one in points.expiring(session, one)} for one in who]
        assert days[0] == days[1]
        assert [points.standing(session, one).earned for one in who] == [3_000, 0]
    assert hanako.submit(page, "/points/family", points="300").status == 422
    assert wrong(rich) == []


def test_who_is_refused_and_why(rich: Database) -> None:
    with clock.freeze(MIDDLE):
        with pytest.raises(family_rules.NotFamily):
            give(rich, cast.HANAKO, cast.MARIA, 100)
        with pytest.raises(family_rules.FamilyAmount):
            give(rich, cast.HANAKO, cast.TARO, 101)
        with pytest.raises(NotEnoughPoints):
            give(rich, cast.TARO, cast.HANAKO, 500)
        give(rich, cast.HANAKO, cast.TARO, 500)
        with pytest.raises(family_rules.PassedOnBefore):
            give(rich, cast.TARO, cast.HANAKO, 100)
        give(rich, cast.HANAKO, cast.TARO, 500)
        with pytest.raises(family_rules.FamilyLimit):
            give(rich, cast.HANAKO, cast.TARO, 100)
    with clock.freeze(MIDDLE + timedelta(days=30)):
        give(rich, cast.TARO, cast.HANAKO, 100)
    with rich.command("protect") as session:
        session.execute(update(Resident).values(protected=True))
    with clock.freeze(MIDDLE + timedelta(days=60)), pytest.raises(family_rules.NotFamily):
        give(rich, cast.HANAKO, cast.TARO, 100)
    assert wrong(rich) == []


def test_each_refusal_says_what_to_do(rich: Database, resident_client: ResidentClient) -> None:
    with clock.freeze(MIDDLE):
        hanako, taro = resident_client("hanako"), resident_client("taro")
        other, maria = str(resident(rich, cast.TARO)), str(resident(rich, cast.MARIA))

        def says(words: str, status: int, **typed: str) -> None:
            answer = hanako.submit(hanako.get("/points/family"), "/points/family", **typed)
            assert (answer.status, words in answer.text) == (status, True), answer.text

        says("一つずつ選んで", 422, who=other, points="101")
        says("届け出がすむと", 404, who=maria, points="100")
        for _ in range(2):
            hanako.submit(hanako.get("/points/family"), "/points/family", who=other, points="300")
        says("あと400ポイント", 409, who=other, points="500")
        page = taro.get("/points/family")
        me = str(resident(rich, cast.HANAKO))
        assert "来月からまた譲れます" in taro.submit(page, "/points/family", who=me, points="100").text
    with rich.command("alone") as session:
        session.execute(update(Resident).values(protected=True))
    with clock.freeze(MIDDLE):
        assert "/points/rewards" in hanako.get("/points/family").links()


def test_many_presses_at_once_stop_at_the_cap(rich: Database) -> None:
    def press(_number: int) -> bool:
        try:
            give(rich, cast.HANAKO, cast.TARO, 300)
        except family_rules.FamilyLimit:
            return False
        return True

    with clock.freeze(MIDDLE):
        assert sum(together(press, 8)) == 3
    assert wrong(rich) == []


# ---- codes --------------------------------------------------------------------------------


@pytest.fixture
def classes(database: Database, cast_residents: None) -> Database:
    programme(database, unit=Unit.ACT, points=50, per_month=100)
    return database


def sheet(database: Database, count: int = 3, *, days: int = 30) -> list[str]:
    with database.command("sheet") as session:
        last = clock.today() + timedelta(days=days)
        return paper.make(session, ONE, KEY, programme=PARK, count=count, last_day=last)[1]


def enter(database: Database, code: str, who: cast.Resident = cast.HANAKO) -> int:
    with database.command("enter") as session:
        return paper.enter(session, KEY, person(session, who), code)


def test_a_code_is_good_once_until_its_day_within_caps(classes: Database) -> None:
    with clock.freeze(MIDDLE):
        codes = sheet(classes)
        assert enter(classes, codes[0].lower()) == 50
        for code in (codes[0], "0000-0000-0000", "", "é"):
            with pytest.raises(paper_rules.CodeUnknown):
                enter(classes, code, cast.TARO)
        with pytest.raises(paper_rules.CodeYours):
            enter(classes, codes[0])  # told to its owner alone: the first answer may have been lost
        assert enter(classes, codes[1]) == 50
        with pytest.raises(paper_rules.CodeOverCap):
            enter(classes, codes[2])
        assert enter(classes, codes[2], cast.TARO) == 50  # what was refused left the code as it was
        late = sheet(classes, 1)[0]
    with clock.freeze(MIDDLE + timedelta(days=31)), pytest.raises(paper_rules.CodeUnknown):
        enter(classes, late)
    with classes.command("look") as session:
        marks = session.scalars(select(PointCode.mark)).all()
    assert not {code.replace("-", "") for code in codes} & set(marks)
    assert wrong(classes) == []


def test_a_code_that_a_cap_would_cut_is_kept_whole(database: Database, cast_residents: None) -> None:
    programme(database, unit=Unit.ACT, points=50, per_month=70)
    with clock.freeze(MIDDLE):
        codes = sheet(database)
        assert enter(database, codes[0]) == 50
        with pytest.raises(paper_rules.CodeOverCap):
            enter(database, codes[1])  # 20 are left under the cap
        assert balance(database) == 50
        assert enter(database, codes[1], cast.TARO) == 50


def release(database: Database, sheet_id: UUID, actor: Actor) -> None:
    with database.command("release") as session:
        paper.release(session, actor, sheet_id)


def test_codes_worth_much_count_once_a_second_person_has_agreed(database: Database, cast_residents: None) -> None:
    """Also when one member of staff makes several small sheets."""
    programme(database, unit=Unit.ACT, points=50, budget=1_000_000)
    small, large = sheet(database, 20), sheet(database, 1)
    assert enter(database, small[0]) == 50
    with pytest.raises(paper_rules.CodeUnknown):
        enter(database, large[0])
    with database.command("look") as session:
        waits, good = sorted((one for one, _used in paper.sheets(session)), key=lambda one: one.codes)
        ids = waits.id, good.id
    with pytest.raises(paper_rules.OwnSheet):
        release(database, ids[0], ONE)
    release(database, ids[0], OTHER)
    assert enter(database, large[0]) == 50
    for again in ids:
        release(database, again, OTHER)  # pressed twice it is once, and what counts already needs nobody
    with pytest.raises(paper_rules.SheetOver):
        release(database, uuid4(), OTHER)
    with pytest.raises(IntegrityError), database.command("alone") as session:
        session.execute(update(PointSheet).values(released_by=PointSheet.made_by))
    assert wrong(database) == []


def test_sheets_made_at_the_same_instant_are_worth_no_more_than_one_person_gives_alone(
    database: Database, cast_residents: None
) -> None:
    programme(database, unit=Unit.ACT, points=50, budget=1_000_000)
    programme(database, code="fair-2026", unit=Unit.ACT, reason=Reason.EVENT, points=50, budget=1_000_000)

    def make(number: int) -> bool:
        with database.command("make") as session:
            last_day, code = clock.today() + timedelta(days=9), (PARK, "fair-2026")[number % 2]
            made, _codes = paper.make(session, ONE, KEY, programme=code, count=10, last_day=last_day)
            return made.needs_second

    waits = together(make, 6)
    assert waits.count(False) == 2, "2 x 10 codes of 50 points are 1,000"


def test_a_large_sheet_is_made_by_one_and_approved_by_another(
    database: Database, cast_residents: None, staff_client: StaffClient
) -> None:
    programme(database, unit=Unit.ACT, points=50, budget=1_000_000)
    sheet(database, 200)
    page, keeper = "/staff/points-sheets", staff_client(Role.POINTS_KEEPER)
    shown = keeper.get(page)
    assert "シートを承認する" in shown.text
    assert "10,000" in shown.text, "what the second person answers for"
    with database.command("look") as session:
        made = session.scalars(select(PointSheet.id)).one()
    after = keeper.submit(shown, f"{page}/{made}/release")
    assert after.status == 200
    assert "シートを承認する" not in after.text
    assert keeper.post(f"{page}/{made}/release", {}, page=after).status == 200, "approved is approved"


def test_sheets_made_at_one_instant_count_together(database: Database, cast_residents: None) -> None:
    """Each is as much as one member of staff gives alone: the first one counts, the others wait for a second person."""
    programme(database, unit=Unit.ACT, points=50, budget=1_000_000)
    together(lambda _number: sheet(database, 20), 8)
    with database.command("look") as session:
        assert sorted(one.waits for one, _used in paper.sheets(session)) == [False] + [True] * 7


def test_no_sheet_is_good_for_ever(database: Database, cast_residents: None) -> None:
    programme(database, unit=Unit.ACT, points=50, budget=1_000_000)
    with database.command("sheet") as session:
        for days, is_fit in ((-1, False), (0, True), (731, True), (732, False)):
            last = clock.today() + timedelta(days=days)
            try:
                paper.make(session, ONE, KEY, programme=PARK, count=1, last_day=last)
            except paper_rules.SheetUnclear:
                assert not is_fit
            else:
                assert is_fit


def test_one_code_entered_by_eight_people_at_once_is_one_persons(classes: Database) -> None:
    code = sheet(classes, 1)[0]

    def try_it(number: int) -> int:
        try:
            return enter(classes, code, cast.RESIDENTS[number])
        except paper_rules.CodeUnknown:
            return 0

    assert sorted(together(try_it, 8)) == [0] * 7 + [50]
    assert wrong(classes) == []


def test_an_empty_pot_leaves_the_code(database: Database, cast_residents: None) -> None:
    programme(database, unit=Unit.ACT, points=50, budget=49)
    code = sheet(database, 1)[0]
    with pytest.raises(PotEmpty):
        enter(database, code)
    with database.command("look") as session:
        assert session.scalars(select(PointCode)).one().used_at is None


def test_a_sheet_is_printed_and_entered_on_the_phone_and_at_the_window(
    classes: Database, staff_client: StaffClient, resident_client: ResidentClient
) -> None:
    keeper, page = staff_client(Role.POINTS_KEEPER), "/staff/points-sheets"
    last = clock.today() + timedelta(days=30)
    form: dict[str, Any] = {f"last-{part}": str(getattr(last, part)) for part in ("year", "month", "day")}
    shown = keeper.get(page)
    assert keeper.submit(shown, page, **form, count="0").status == paper_rules.SheetUnclear.status
    ready = keeper.submit(shown, page, programme=PARK, count="30", **(form | {"last-era": "ce"}))
    (to_print,) = (one for one in ready.find("form") if str(one.get("action")).endswith("/paper"))
    hidden = {str(one.get("name")): str(one.get("value")) for one in to_print.iter("input")}
    made = keeper.client.post(str(to_print.get("action")), data=hidden)
    assert (made.status_code, made.mimetype) == (200, "application/pdf")
    with pikepdf.open(io.BytesIO(made.data)) as opened:
        assert len(opened.pages) > 1
    codes = sheet_with_portals_key(classes, keeper)
    hanako = resident_client("hanako")
    assert "50" in hanako.submit(hanako.get("/points/codes"), "/points/codes", code=codes[0]).text
    desk = staff_client(Role.WINDOW)
    asked = desk.get("/staff/points-codes")
    assert desk.submit(asked, "/staff/points-codes", number="1", code=codes[1]).status == 404
    number = cast.TARO.addressee_number
    seen = desk.submit(asked, "/staff/points-codes", number=number, code=codes[1])
    assert cast.TARO.name in seen.text, "the clerk sees whose points they will be"
    assert balance(classes, cast.TARO) == 0
    given = desk.submit(seen, "/staff/points-codes/give")
    assert cast.TARO.name in given.text
    assert balance(classes, cast.TARO) == 50
    assert "50ポイント" in desk.submit(seen, "/staff/points-codes/give").text, "sent twice it is the same"
    again = desk.submit(asked, "/staff/points-codes", number=number, code=codes[1]).text
    assert "すでにこの方のものになっています" in again, "words for the clerk, not for the resident"
    wrongs = [hanako.submit(hanako.get("/points/codes"), "/points/codes", code=codes[0]).status for _ in range(11)]
    assert wrongs[-1] == TooManyTries.status
    assert set(wrongs[:10]) == {paper_rules.CodeYours.status}


def test_the_codes_of_a_lost_sheet_are_worth_nothing(classes: Database, staff_client: StaffClient) -> None:
    keeper, page = staff_client(Role.POINTS_KEEPER), "/staff/points-sheets"
    lost, kept = sheet_with_portals_key(classes, keeper), sheet_with_portals_key(classes, keeper)
    with classes.command("look") as session:
        mark = paper._mark(keeper.client.application.extensions["portal"].key("point codes on paper"), lost[0])
        found = session.get_one(PointCode, mark).sheet_id
    shown = keeper.get(page)
    asked = keeper.get(f"{page}/{found}/stop")
    assert asked.path in shown.links()
    assert all(words in asked.text for words in ("取り消せません", "2件のコードを無効にする"))
    stopped = keeper.submit(asked, f"{page}/{found}/stop")
    assert stopped.text.count("無効にする") == shown.text.count("無効にする") - 1
    assert stopped.text.count("終了") == shown.text.count("終了") + 1, "not good any more"
    assert keeper.post(f"{page}/{found}/stop", {}, page=asked).status == paper_rules.SheetOver.status
    for gone in (found, uuid4()):
        assert keeper.get(f"{page}/{gone}/stop").status == paper_rules.SheetOver.status
    desk = staff_client(Role.WINDOW)
    assert "/staff/points-codes" in desk.get("/staff/").links()
    form = desk.get("/staff/points-codes")
    number = cast.HANAKO.addressee_number
    for code, status in ((lost[0], paper_rules.CodeUnknown.status), (kept[0], 200)):
        assert desk.submit(form, "/staff/points-codes", number=number, code=code).status == status


def sheet_with_portals_key(database: Database, visitor: Any) -> list[str]:
    """Codes the portal's own key knows."""
    key = visitor.client.application.extensions["portal"].key("point codes on paper")
    with database.command("sheet") as session:
        last = clock.today() + timedelta(days=30)
        return paper.make(session, ONE, key, programme=PARK, count=2, last_day=last)[1]
