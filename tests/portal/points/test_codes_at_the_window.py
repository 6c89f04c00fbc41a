"""A code from paper at the window: whose number was typed is seen first, then the points are given."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.audit import Action, Record
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points.ledger.rules import SentBefore
from portal.points.paper import rules
from portal.points.paper import service as paper
from portal.points.programmes.rules import Unit
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE, PARK, person, programme
from tests.portal.points.test_spending import balance

DESK = "/staff/points-codes"
GIVE = f"{DESK}/give"


@pytest.fixture
def classes(database: Database, cast_residents: None) -> Database:
    programme(database, unit=Unit.ACT, points=50, per_month=100)
    return database


@pytest.fixture
def clerk(classes: Database, staff_client: StaffClient) -> Any:
    return staff_client(Role.WINDOW)


def codes(database: Database, visitor: Visitor, count: int = 4) -> list[str]:
    key = visitor.client.application.extensions["portal"].key(paper.KEY)
    with database.command("sheet") as session:
        last = clock.today() + timedelta(days=30)
        return paper.make(session, ONE, key, programme=PARK, count=count, last_day=last)[1]


def look(clerk: Visitor, code: str, who: cast.Resident = cast.TARO, **typed: str) -> Any:
    return clerk.submit(clerk.get(DESK), DESK, **{"number": who.addressee_number, "code": code, **typed})


def test_a_mistyped_number_is_seen_before_a_stranger_gets_anything(classes: Database, clerk: Visitor) -> None:
    code = codes(classes, clerk)[0]
    stranger = look(clerk, code, cast.MARIA)
    assert cast.MARIA.alias in stranger.text
    assert "50ポイント" in stranger.text
    assert balance(classes, cast.MARIA) == 0
    back = clerk.submit(stranger, DESK, step="correct")
    typed = {str(one.get("name")): one.get("value") for one in back.find("input")}
    assert (typed["number"], typed["code"]) == (cast.MARIA.addressee_number, code), "nothing typed is lost"
    mended = clerk.submit(back, DESK, number=cast.TARO.addressee_number)
    given = clerk.submit(mended, GIVE)
    assert all(words in given.text for words in ("50ポイント", cast.TARO.name))
    assert (balance(classes, cast.MARIA), balance(classes, cast.TARO)) == (0, 50)
    assert wrong(classes) == []


def test_that_the_clerk_looked_is_on_record_with_whom_they_looked_at(classes: Database, clerk: Visitor) -> None:
    look(clerk, codes(classes, clerk)[0], cast.MARIA)
    with classes.command("look") as session:
        whose = Record.subject == person(session, cast.MARIA)
        looks = session.scalars(select(Record).where(whose, Record.action == Action.LOOK)).all()
    assert looks


def test_a_form_sent_twice_gives_once_and_says_the_same(classes: Database, clerk: Visitor) -> None:
    first, second = codes(classes, clerk)[:2]
    seen = look(clerk, first)
    for _twice in range(2):
        assert "50ポイント" in clerk.submit(seen, GIVE).text
    assert balance(classes, cast.TARO) == 50
    other = clerk.submit(seen, GIVE, code=second)
    assert other.status == SentBefore.status, "the same form is not another wish"
    assert balance(classes, cast.TARO) == 50


def test_what_cannot_be_given_is_said_before_anybody_is_shown(classes: Database, clerk: Visitor) -> None:
    used = codes(classes, clerk)[0]
    clerk.submit(look(clerk, used), GIVE)
    for code, who, refused in (
        (used, cast.HANAKO, rules.CodeUnknown),
        (used, cast.TARO, rules.CodeTheirs),
        ("0000-0000-0000", cast.HANAKO, rules.CodeUnknown),
    ):
        page = look(clerk, code, who)
        assert page.status == refused.status
        assert who.name not in page.text
        typed = {str(one.get("name")): one.get("value") for one in page.find("input")}
        assert (typed["number"], typed["code"]) == (who.addressee_number, code)
    assert look(clerk, used, number="1").status == rules.SheetOwner.status
    assert balance(classes) == 0


def test_what_a_cap_refuses_at_the_end_loses_nothing(classes: Database, clerk: Visitor) -> None:
    sheet = codes(classes, clerk)
    with clock.freeze(clock.now()):  # a cap of one month
        for code in sheet[:2]:
            clerk.submit(look(clerk, code), GIVE)
        refused = clerk.submit(look(clerk, sheet[2]), GIVE)
    assert refused.status == rules.CodeOverCap.status
    typed = {str(one.get("name")): one.get("value") for one in refused.find("input")}
    assert typed["code"] == sheet[2]
    assert "50ポイント" in clerk.submit(look(clerk, sheet[2], cast.HANAKO), GIVE).text, "the code is as it was"
