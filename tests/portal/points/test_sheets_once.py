"""A sheet of codes is made once a form: pressed twice, sent again from the browser's memory or at one instant."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pikepdf
import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.points.ledger.rules import SentBefore
from portal.points.paper import rules as paper_rules
from portal.points.paper import service as paper
from portal.points.paper.models import PointCode, PointSheet
from portal.points.programmes.rules import Unit
from portal.web.answered import forget_old
from tests.browser import Visitor
from tests.conftest import StaffClient
from tests.house.test_at_the_same_instant import count, together
from tests.portal.points.offered import PARK, programme

SHEETS, WORDS = "/staff/points-sheets", "このフォームは、別の内容で送信済みです"
AT_ONCE = 6
pytestmark = pytest.mark.usefixtures("cast_residents")


def wish(codes: int = 3) -> dict[str, str]:
    last = clock.today() + timedelta(days=30)
    day = {f"last-{part}": str(getattr(last, part)) for part in ("year", "month", "day")}
    return {"programme": PARK, "count": str(codes), "last-era": "ce"} | day


def send(visitor: Visitor, page: Any, codes: int = 3) -> Any:
    """The sheet's form once more, as a browser sends it: with the key the page was drawn with."""
    hidden = {"csrf_token": page.csrf_token, "key": key_of(page)}
    return visitor.client.post(SHEETS, data=hidden | wish(codes))


def key_of(page: Any) -> str:
    return next(str(field.get("value")) for field in page.find("input", name="key"))


@pytest.fixture
def keeper(database: Database, staff_client: StaffClient) -> Visitor:
    programme(database, unit=Unit.ACT, points=50, budget=1_000_000)
    return staff_client(Role.POINTS_KEEPER)


def test_a_sheet_sent_twice_is_the_same_sheet_with_the_same_codes(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    first, second = send(keeper, page), send(keeper, page)
    assert (first.status_code, first.headers["Content-Disposition"]) == (200, second.headers["Content-Disposition"])
    assert said(first.data) == said(second.data)
    assert (count(database, PointSheet), count(database, PointCode)) == (1, 3)


def said(pdf: bytes) -> list[bytes]:
    """What stands on each page."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return [one.Contents.read_bytes() for one in opened.pages]


def test_the_codes_that_are_printed_again_are_those_that_count(database: Database, keeper: Visitor) -> None:
    page, key = keeper.get(SHEETS), keeper.client.application.extensions["portal"].key(paper.KEY)
    send(keeper, page)
    with database.command("look") as session:
        one = session.scalars(select(PointSheet)).one()
        _sheet, codes = paper.again(session, key, one.id, UUID(key_of(page)))
        _sheet, others = paper.again(session, key, one.id, one.id)
        marks = {*session.scalars(select(PointCode.mark))}
        assert {paper._mark(key, code) for code in codes} == marks
        assert not {paper._mark(key, code) for code in others} & marks, "without the form's key nobody knows them"


def test_a_sheet_sent_at_one_instant_is_one_sheet(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    answers = together(lambda _number: said(send(keeper, page).data), AT_ONCE)
    assert all(one == answers[0] for one in answers)
    assert (count(database, PointSheet), count(database, PointCode)) == (1, 3)


def test_another_choice_in_a_form_that_was_sent_makes_no_second_sheet(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    send(keeper, page)
    back = keeper.submit(page, SHEETS, **wish(5))
    assert (back.status, WORDS in back.text, count(database, PointSheet)) == (SentBefore.status, True, 1)
    assert send(keeper, back, 5).status_code == 200, "once more, as the page says"
    assert count(database, PointSheet) == 2


def test_what_was_refused_can_be_sent_again_in_the_same_form(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    assert keeper.submit(page, SHEETS, **wish(0)).status == paper_rules.SheetUnclear.status
    assert send(keeper, page).status_code == 200
    assert count(database, PointSheet) == 1


def test_a_sheet_that_was_made_invalid_is_not_printed_again(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    send(keeper, page)
    with database.command("stop") as session:
        paper.stop(session, session.scalars(select(PointSheet.id)).one())
    assert send(keeper, page).status_code == paper_rules.SheetOver.status
    assert count(database, PointSheet) == 1


def test_a_form_that_was_kept_open_for_days_makes_a_new_sheet_with_other_codes(
    database: Database, keeper: Visitor
) -> None:
    """What was sent is known for two days; after them the form is a fresh wish, and no code is on two sheets."""
    page = keeper.get(SHEETS)
    first = send(keeper, page)
    with clock.freeze(clock.now() + timedelta(days=3)), database.command("forget") as session:
        forget_old(session, {})
    assert said(send(keeper, page).data) != said(first.data)
    assert (count(database, PointSheet), count(database, PointCode)) == (2, 6)


def test_somebody_else_does_not_get_the_sheet_by_its_key(
    database: Database, keeper: Visitor, staff_client: StaffClient
) -> None:
    page, colleague = keeper.get(SHEETS), staff_client(Role.POINTS_CHIEF)
    first, own = send(keeper, page), colleague.get(SHEETS)
    hidden = {"csrf_token": own.csrf_token, "key": key_of(page)}
    answer = colleague.client.post(SHEETS, data=hidden | wish())
    assert said(answer.data) != said(first.data)
    assert count(database, PointSheet) == 2
