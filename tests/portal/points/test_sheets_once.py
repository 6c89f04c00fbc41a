"""A sheet of codes is made once a form: pressed twice, sent again from the browser's memory or at one instant."""

import io
import subprocess
from datetime import timedelta
from uuid import UUID, uuid4

import pikepdf
import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.wareki import japanese
from portal.points.ledger.rules import SentBefore
from portal.points.paper import rules as paper_rules
from portal.points.paper import service as paper
from portal.points.paper.models import PointCode, PointSheet
from portal.points.programmes.rules import Unit
from portal.web.answered import forget_old
from tests.browser import Page, Visitor
from tests.conftest import StaffClient
from tests.house.test_at_the_same_instant import count, together
from tests.portal.points.offered import OTHER, PARK, programme

SHEETS, WORDS = "/staff/points-sheets", "このフォームは、別の内容で送信済みです"
AT_ONCE = 6
pytestmark = pytest.mark.usefixtures("cast_residents")


def wish(codes: int = 3) -> dict[str, str]:
    last = clock.today() + timedelta(days=30)
    day = {f"last-{part}": str(getattr(last, part)) for part in ("year", "month", "day")}
    return {"programme": PARK, "count": str(codes), "last-era": "ce"} | day


def send(visitor: Visitor, page: Page, codes: int = 3) -> Page:
    """The sheet's form as a browser sends it: with the key the page was drawn with."""
    return visitor.submit(page, SHEETS, **wish(codes))


def printed(visitor: Visitor, made: Page) -> list[bytes]:
    """What stands on each page of the PDF that the page of a new sheet leads to."""
    action = next(str(form.get("action")) for form in made.find("form") if str(form.get("action")).endswith("/paper"))
    answer = visitor.client.post(action, data={"csrf_token": made.csrf_token, "key": key_of(made)})
    assert answer.status_code == 200
    with pikepdf.open(io.BytesIO(answer.data)) as opened:
        return [one.Contents.read_bytes() for one in opened.pages]


def key_of(page: Page) -> str:
    return next(str(field.get("value")) for field in page.find("input", name="key"))


@pytest.fixture
def keeper(database: Database, staff_client: StaffClient) -> Visitor:
    programme(database, unit=Unit.ACT, points=50, budget=1_000_000)
    return staff_client(Role.POINTS_KEEPER)


def test_a_sheet_sent_twice_is_the_same_sheet_with_the_same_codes(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    first, second = send(keeper, page), send(keeper, page)
    assert (first.status, second.status) == (200, 200)
    assert printed(keeper, first) == printed(keeper, second) == printed(keeper, first)
    assert (count(database, PointSheet), count(database, PointCode)) == (1, 3)


def test_each_slip_says_what_it_is_worth(keeper: Visitor) -> None:
    with clock.freeze(clock.now()):
        made = send(keeper, keeper.get(SHEETS))
        action = next(form.get("action") for form in made.find("form") if str(form.get("action")).endswith("/paper"))
        answer = keeper.client.post(str(action), data={"csrf_token": made.csrf_token, "key": key_of(made)})
        today = japanese(clock.today())
    done = subprocess.run(("pdftotext", "-layout", "-", "-"), input=answer.data, capture_output=True, check=True)
    drawn = "".join(done.stdout.decode().split())
    assert drawn.count("50ポイント") == 3
    assert f"{today}現在" in drawn


def test_two_sheets_of_the_same_choice_are_two_with_codes_of_their_own(database: Database, keeper: Visitor) -> None:
    """Whoever wants another one opens the form anew: nobody hands out the same codes twice."""
    first, second = (printed(keeper, send(keeper, keeper.get(SHEETS))) for _one in range(2))
    assert first != second
    assert (count(database, PointSheet), count(database, PointCode)) == (2, 6)


def test_the_codes_that_are_printed_are_those_that_count(database: Database, keeper: Visitor) -> None:
    page, key = keeper.get(SHEETS), keeper.client.application.extensions["portal"].key(paper.KEY)
    send(keeper, page)
    with database.command("look") as session:
        one = session.scalars(select(PointSheet)).one()
        maker = Actor(Kind.STAFF, one.made_by, one.made_label)
        _sheet, codes = paper.again(session, maker, key, one.id, UUID(key_of(page)))
        assert {paper._mark(key, code) for code in codes} == {*session.scalars(select(PointCode.mark))}
        for who, sent in ((maker, uuid4()), (OTHER, UUID(key_of(page)))):
            with pytest.raises(paper_rules.SheetOver):
                paper.again(session, who, key, one.id, sent)


def test_a_sheet_sent_at_one_instant_is_one_sheet(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    made = together(lambda _number: send(keeper, page), AT_ONCE)
    papers = [printed(keeper, one) for one in made]
    assert all(one == papers[0] for one in papers)
    assert (count(database, PointSheet), count(database, PointCode)) == (1, 3)


def test_another_choice_in_a_form_that_was_sent_makes_no_second_sheet(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    send(keeper, page)
    back = send(keeper, page, 5)
    assert (back.status, WORDS in back.text, count(database, PointSheet)) == (SentBefore.status, True, 1)
    assert send(keeper, back, 5).status == 200, "once more, as the page says"
    assert count(database, PointSheet) == 2


def test_what_was_refused_can_be_sent_again_in_the_same_form(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    assert send(keeper, page, 0).status == paper_rules.SheetUnclear.status
    assert send(keeper, page).status == 200
    assert count(database, PointSheet) == 1


def test_a_sheet_that_was_made_invalid_is_not_printed_again(database: Database, keeper: Visitor) -> None:
    page = keeper.get(SHEETS)
    made = send(keeper, page)
    with database.command("stop") as session:
        one = session.scalars(select(PointSheet.id)).one()
        paper.stop(session, one)
    assert send(keeper, page).status == paper_rules.SheetOver.status
    assert keeper.submit(made, f"{SHEETS}/{one}/paper").status == paper_rules.SheetOver.status
    assert count(database, PointSheet) == 1


def test_a_form_that_was_kept_open_for_days_makes_a_new_sheet_with_other_codes(
    database: Database, keeper: Visitor
) -> None:
    """What was sent is known for two days; after them the form is a fresh wish, and no code is on two sheets."""
    page = keeper.get(SHEETS)
    first = printed(keeper, send(keeper, page))
    with clock.freeze(clock.now() + timedelta(days=3)), database.command("forget") as session:
        forget_old(session, {})
    assert printed(keeper, send(keeper, page)) != first
    assert (count(database, PointSheet), count(database, PointCode)) == (2, 6)


def test_somebody_else_does_not_get_the_sheet_by_its_key(
    database: Database, keeper: Visitor, staff_client: StaffClient
) -> None:
    page, colleague = keeper.get(SHEETS), staff_client(Role.POINTS_CHIEF)
    first, own = printed(keeper, send(keeper, page)), colleague.get(SHEETS)
    made = colleague.submit(own, SHEETS, **wish(), key=key_of(page))
    assert printed(colleague, made) != first
    assert count(database, PointSheet) == 2


def test_a_large_sheet_says_at_once_that_it_waits_for_a_colleague(keeper: Visitor) -> None:
    assert "同僚" in send(keeper, keeper.get(SHEETS), 200).text


def test_each_sheet_has_a_number_of_its_own_on_paper_and_page(database: Database, keeper: Visitor) -> None:
    """One that was lost, or waits for a second person, is told from another of the same day."""
    made = [send(keeper, keeper.get(SHEETS)) for _one in range(2)]
    with database.command("look") as session:
        numbers = [str(one.id)[:8] for one in session.scalars(select(PointSheet))]
    listed = keeper.get(SHEETS).text
    for number in numbers:
        assert number in listed
        assert any(number in page.text for page in made)
        assert number in keeper.get(f"{SHEETS}/{_whole(database, number)}/stop").text


def _whole(database: Database, number: str) -> str:
    with database.command("look") as session:
        return next(str(one.id) for one in session.scalars(select(PointSheet)) if str(one.id).startswith(number))
