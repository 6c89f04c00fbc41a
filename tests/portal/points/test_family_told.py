"""One gift in the family is one line of both histories, and says who the other one is while they live together."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from portal.core import clock
from portal.core.audit import Action, Record
from portal.core.uow import Database
from portal.demo import cast
from portal.points import service as points
from portal.points.family import service as family
from portal.points.ledger.models import PointTransfer
from portal.points.ledger.rules import Reason
from portal.residents.models import Resident
from tests.browser import Page
from tests.conftest import ResidentClient
from tests.portal.points.books import wrong
from tests.portal.points.offered import person
from tests.portal.points.test_history import reasons
from tests.portal.points.test_pages import amounts, earn, resident


@pytest.fixture
def lots(database: Database, cast_residents: None) -> Database:
    """300 points of Hanako's in four lots."""
    for days_ago, some in ((3, 90), (2, 90), (1, 90), (0, 30)):
        earn(database, resident(database), some, days_ago=days_ago)
    return database


def gift(database: Database, amount: int = 200) -> None:
    with database.command("give") as session:
        giver, receiver = person(session, cast.HANAKO), person(session, cast.TARO)
        family.pass_on(session, giver, receiver, amount, key=uuid4())


def lines(page: Page) -> list[tuple[str, int]]:
    return list(zip(reasons(page), amounts(page), strict=True))


def test_one_gift_is_one_line_in_both_histories(lots: Database, resident_client: ResidentClient) -> None:
    gift(lots)
    assert lines(resident_client("hanako").get("/points"))[0] == (f"家族に譲りました: {cast.TARO.name}", -200)
    assert lines(resident_client("taro").get("/points")) == [(f"家族から受け取りました: {cast.HANAKO.name}", 200)]
    with lots.command("look") as session:
        parts = select(func.count()).where(PointTransfer.reason == Reason.FAMILY)
        assert session.scalar(parts) == 3, "the books keep every lot"
    assert wrong(lots) == []


def test_two_gifts_of_one_instant_are_two_lines(lots: Database) -> None:
    with clock.freeze(clock.now() + timedelta(minutes=1)):
        gift(lots, 100)
        gift(lots, 200)
    with lots.command("look") as session:
        for who, sign in ((cast.HANAKO, -1), (cast.TARO, 1)):
            told = points.history(session, person(session, who), limit=2)
            assert sorted(abs(one.amount) for one in told) == [100, 200]
            assert all(one.amount * sign > 0 for one in told)


def test_pages_of_the_history_neither_repeat_nor_lose_a_gift(lots: Database) -> None:
    for _ in range(2):
        gift(lots, 100)
    with lots.command("look") as session:
        who, before, told = person(session, cast.HANAKO), None, []
        while some := points.history(session, who, before=before, limit=1):
            told += some
            before = (some[-1].at, some[-1].number)
        assert told == points.history(session, who)
    assert [one.amount for one in told] == [-100, -100, 30, 90, 90, 90]
    assert sum(one.amount for one in told) == 100


@pytest.mark.parametrize(
    "ended",
    [
        (cast.TARO, {"household_number": "900000000000999"}),
        (cast.TARO, {"protected": True}),
        (cast.TARO, {"moved_out": True}),
        (cast.HANAKO, {"protected": True}),
        (cast.HANAKO, {"moved_out": True}),
    ],
    ids=["lives elsewhere", "protected", "moved out", "the giver protected", "the giver moved out"],
)
def test_who_is_no_housemate_any_more_is_a_member_of_the_family_without_a_name(
    lots: Database, ended: tuple[cast.Resident, dict[str, object]]
) -> None:
    gift(lots)
    one, values = ended
    with lots.command("change") as session:
        day = clock.today() - timedelta(days=1)
        facts = {name: day if name == "moved_out" else value for name, value in values.items()}
        session.execute(update(Resident).where(Resident.id == person(session, one)).values(**facts))
        session.expire_all()
        for reader in (cast.HANAKO, cast.TARO):
            me = person(session, reader)
            told = points.history(session, me)
            assert {movement.about[0] for movement in told if "family" in movement.words} == {"family"}
            assert points.names_of(session, {movement.about for movement in told}, "ja", me) == {}


def test_only_the_two_are_opened_for_the_names(lots: Database, resident_client: ResidentClient) -> None:
    gift(lots)
    with lots.command("before") as session:
        seen = session.scalar(select(func.max(Record.at)))
    resident_client("hanako").get("/points")
    with lots.command("look") as session:
        opened = select(Record.subject).where(
            Record.action == Action.LOOK, Record.what == "residents.person", Record.at > seen
        )
        housemates = {person(session, one) for one in (cast.HANAKO, cast.TARO)}
        assert person(session, cast.TARO) in set(session.scalars(opened)) <= housemates


def test_after_giving_the_page_says_how_many_and_to_whom(lots: Database, resident_client: ResidentClient) -> None:
    hanako, taro = resident_client("hanako"), str(resident(lots, cast.TARO))
    done = hanako.submit(hanako.get("/points/family"), "/points/family", who=taro, points="200")
    assert f"{cast.TARO.name}さんに200ポイントを譲りました。" in done.text
    assert resident_client("taro").get("/points").text.count(cast.HANAKO.name) == 1
    for other in ("yes", str(uuid4()), "é"):
        assert "譲りました。" not in hanako.get(f"/points/family?done={other}").text


def test_who_has_too_few_points_reads_what_is_missing(
    database: Database, cast_residents: None, resident_client: ResidentClient
) -> None:
    hanako = resident_client("hanako")
    page = hanako.get("/points/family")
    assert "100ポイントから譲れます" in page.text
    assert not [one for one in page.find("form") if one.get("method") == "post" and not one.get("action")]
    assert "/points/volunteering" in page.links()
    earn(database, resident(database), 250)
    values = [one.get("value") for one in hanako.get("/points/family").find("input", name="points")]
    assert values == ["100", "200"]
