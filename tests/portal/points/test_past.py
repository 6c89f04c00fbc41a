"""What somebody had at a moment of the past: for themselves, for staff who say for what, and on the command line."""

from datetime import datetime, timedelta
from uuid import UUID

import click
import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.audit import Action, Purpose, Record
from portal.core.clock import JST
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.points import command, past
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Reason
from tests.conftest import ResidentClient, StaffClient
from tests.portal.points.test_pages import earn, resident

APRIL = datetime(2026, 4, 1, 12, tzinfo=JST)


@pytest.fixture
def hanako(database: Database, cast_residents: None) -> UUID:
    """300 points in March, 50 more in May, and 40 of March that came on record in June only."""
    who = resident(database)
    with clock.freeze(APRIL - timedelta(days=20)):
        earn(database, who, 300)
    with clock.freeze(APRIL + timedelta(days=40)):
        earn(database, who, 50)
    with clock.freeze(APRIL + timedelta(days=70)), database.command("late") as session:
        late = Entry("late", ledger.city(session), ledger.account_of(session, who), 40, Reason.EVENT, at=APRIL)
        ledger.grant(session, late)
    return who


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("2026-04-01T12:00", APRIL),
        (" 2026-04-01 ", past.end_of(APRIL.date())),
        ("2026-04-01 12:00:00", APRIL),
    ],
)
def test_a_moment_is_a_day_or_a_day_and_a_time_in_japan(typed: str, at: datetime) -> None:
    assert past.read_moment(typed, APRIL + timedelta(days=2)) == at


@pytest.mark.parametrize(
    "typed", ["", "yesterday", "1999-12-31", "2026-04-04", "2026-04-01T12:00+09:00", "2026-13-01", "٣"]
)
def test_anything_else_is_no_moment(typed: str) -> None:
    with pytest.raises(past.MomentUnclear):
        past.read_moment(typed, APRIL)


def test_a_resident_sees_what_they_had_at_the_end_of_a_day(
    database: Database, hanako: UUID, resident_client: ResidentClient
) -> None:
    with clock.freeze(APRIL + timedelta(days=100)):
        visitor = resident_client("hanako")
        assert "340" in visitor.get("/points?on=2026-04-01").text
        assert "390" in visitor.get("/points?on=2026-06-01").text
        wrong = visitor.get("/points?on=2026-13-01")
        assert "今日までの日" in wrong.text
        tomorrow = (clock.today() + timedelta(days=1)).isoformat()
        assert "今日までの日" in visitor.get(f"/points?on={tomorrow}").text
    with database.command("look") as session:
        assert (
            session.scalar(select(Record.seq).where(Record.what == "points.balance", Record.action == Action.LOOK))
            is None
        )


def test_staff_see_it_with_a_purpose_on_record(database: Database, hanako: UUID, staff_client: StaffClient) -> None:
    with clock.freeze(APRIL + timedelta(days=100)):
        keeper, path = staff_client(Role.POINTS_KEEPER), "/staff/points-past"
        page, number = keeper.get(path), cast.HANAKO.addressee_number
        assert "340" in keeper.submit(page, path, number=number, at="2026-04-01T12:00", known_by="").text
        known = keeper.submit(page, path, number=number, at="2026-04-01T12:00", known_by="2026-05-01T00:00")
        assert "300" in known.text
        assert "340" not in known.text
        assert keeper.submit(page, path, number="1", at="2026-04-01T12:00").status == 404
        assert keeper.submit(page, path, number=number, at="soon").status == 422
        assert staff_client(Role.WINDOW).get(path).status == 404
    with database.command("look") as session:
        looks = select(Record.subject, Record.why).where(Record.what == "points.balance", Record.action == Action.LOOK)
        assert session.execute(looks).all() == [(hanako, Purpose.POINTS)] * 2


def test_the_command_line_tells_it_and_puts_it_on_record(
    database: Database, hanako: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    number, known_by = cast.HANAKO.addressee_number, past.end_of(APRIL.date() + timedelta(days=30))
    command.tell_balance(database, number, APRIL, None)
    command.tell_balance(database, number, past.end_of(APRIL.date()), known_by)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "340 points at 2026-04-01 12:00 (Japan)"
    assert second == "300 points at 2026-04-01 23:59 (Japan), as the books knew it at 2026-05-01 23:59"
    for nobody in ("0", cast.HANAKO.addressee_number[:-1]):
        with pytest.raises(click.ClickException):
            command.tell_balance(database, nobody, APRIL, None)
    with database.command("look") as session:
        looks = select(Record.why).where(Record.what == "points.balance", Record.action == Action.LOOK)
        assert session.scalars(looks).all() == [Purpose.POINTS] * 2
