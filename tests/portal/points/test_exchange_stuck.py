"""Exchanges that do not get on: a promise of the programme broken, silence, and points that come back after their day."""

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.config import Settings
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo.private_points import Service
from portal.points import service as points
from portal.points.exchange import reconciling, rules, service
from portal.points.exchange.models import ExchangeDifference
from portal.points.exchange.programme import Programme
from portal.points.exchange.rules import Difference, State
from portal.points.ledger import service as ledger
from portal.points.ledger import sweeping
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import AGAIN, Reason
from portal.web.hall import Hall
from tests.conftest import ResidentClient, StaffClient
from tests.portal.points.books import wrong
from tests.portal.points.offered import ONE
from tests.portal.points.test_exchange import (
    MEMBER,
    ask,
    captured,
    carry,
    compare,
    known,
    look_after,
    programme,
    rich,
    state,
    stronger,
)
from tests.portal.points.test_pages import resident
from tests.portal.points.test_spending import balance

__all__ = ["known", "programme", "rich"]
DAY = timedelta(days=1, minutes=1)


@pytest.fixture
def broken(rich: Database, known: Settings, programme: Service) -> str:
    """An exchange whose points were taken here, and whose reservation the programme gave up."""
    reference, errand = ask(rich), service.errand(known)
    with rich.command("take") as session:
        step = errand.take(session, {"exchange": reference})
    told = errand.carry(step)
    with rich.command("record") as session:
        errand.record(session, told)
    Programme(programme.url, programme.token).release(reference)
    carry(rich, known)
    assert (state(rich, reference), balance(rich)) == (State.TAKEN, 1_500)
    return reference


def waiting(database: Database) -> dict[str, str]:
    """kind -> key of what nobody has looked into yet."""
    with database.command("look") as session:
        query = select(ExchangeDifference).where(ExchangeDifference.settled_at.is_(None))
        return {one.kind: one.key for one in session.scalars(query)}


def history(database: Database) -> list[str]:
    """Why 花子's points moved, the newest first."""
    who = resident(database)
    with database.command("look") as session:
        return [one.words for one in points.history(session, who)]


def test_a_promise_the_programme_broke_is_listed_at_once_and_the_points_come_back(
    broken: str, rich: Database, staff_client: StaffClient
) -> None:
    """A1: it said that it had reserved them, and refused them then."""
    assert waiting(rich) == {Difference.REFUSED_THERE: broken}
    keeper = staff_client(Role.POINTS_KEEPER)
    page = keeper.get("/staff/points-exchange")
    with rich.command("look") as session:
        action = f"/staff/points-exchange/{session.scalars(select(ExchangeDifference)).one().id}/settle"
    for typed in ({"note": ""}, {"note": "電話で確認"}, {"note": "", "outcome": "back"}):
        assert keeper.post(action, typed, page=page).status == 422
    assert keeper.post(action, {"note": "電話で確認", "outcome": "back"}, page=page).status == 200
    assert (state(rich, broken), balance(rich)) == (State.RETURNED, 2_000)
    again = keeper.post(action, {"note": "もう一度", "outcome": "back"}, page=page)
    assert (again.status, waiting(rich)) == (rules.DifferenceSettled.status, {})
    words = history(rich)
    assert words[:2] == ["Set aside before, now back", "Set aside for an exchange"]
    assert wrong(rich) == []


def test_what_the_programme_did_after_all_is_done_by_the_word_of_staff(
    broken: str, rich: Database, known: Settings
) -> None:
    with rich.command("settle") as session:
        (one,) = session.scalars(select(ExchangeDifference)).all()
        reconciling.settle(session, ONE, one.id, "先方が手で入れた", rules.Outcome.DONE)
    assert (state(rich, broken), balance(rich)) == (State.DONE, 1_500)
    with clock.freeze(clock.now() + DAY):
        assert [row[1] for row in compare(rich, known)] == [Difference.REFUSED_THERE], "not asked about twice"
    assert history(rich)[0] == "Exchanged for private points"
    assert wrong(rich) == []


def test_points_taken_a_day_ago_without_a_word_are_shown_and_settle_themselves(
    rich: Database, known: Settings, programme: Service
) -> None:
    """A1: the programme fell silent between the two calls."""
    reference, errand = ask(rich), service.errand(known)
    with rich.command("take") as session:
        told = errand.carry(errand.take(session, {"exchange": reference}))
    with rich.command("record") as session:
        errand.record(session, told)
    look_after(rich)
    assert waiting(rich) == {}, "not yet a day"
    with clock.freeze(clock.now() + DAY):
        for _twice in range(2):
            look_after(rich)
        assert waiting(rich) == {Difference.STUCK: reference}
        carry(rich, known)
        assert (state(rich, reference), waiting(rich)) == (State.DONE, {})
    assert captured(programme) == {reference: 500}
    assert wrong(rich) == []


def test_a_programme_that_stays_silent_frees_points_and_the_month(rich: Database, known: Settings) -> None:
    """B1: nothing was on its way any more, and the sum still counted."""
    nobody = known.model_copy(update={"exchange_url": "http://127.0.0.1:9"})
    now = clock.now().replace(day=10)
    with clock.freeze(now):
        references = [ask(rich, 1_000), ask(rich, 1_000)]
        carry(rich, nobody)
    with clock.freeze(now + rules.HOLDS + timedelta(minutes=1)):
        look_after(rich)
        assert [state(rich, one) for one in references] == [State.LAPSED] * 2
        assert balance(rich) == 2_000
        carry(rich, nobody)
        for _ in range(2):
            ask(rich, 1_000)
    with clock.freeze(now + rules.GIVEN_UP + timedelta(days=1)):
        look_after(rich)
        assert [state(rich, one) for one in references] == [State.ENDED] * 2, "nobody is reminded for ever"
    assert wrong(rich) == []


def test_points_set_aside_past_their_last_day_are_the_persons_for_another_week_once(
    rich: Database, known: Settings
) -> None:
    """B2: the programme said no after midnight of the lot's last day."""
    who = resident(rich)
    with rich.command("short") as session:
        account = ledger.account_of(session, who)
        ledger.spend(session, Entry("away", account, ledger.city(session), 2_000, Reason.DONATION))
        ledger.grant(session, Entry("last", ledger.city(session), account, 500, Reason.EVENT, expires_on=clock.today()))
    reference = ask(rich, member="1000000001")
    tomorrow = clock.now() + timedelta(days=1)
    with clock.freeze(tomorrow):
        carry(rich, known)
        assert (state(rich, reference), balance(rich)) == (State.REFUSED, 500)
        with rich.command("night") as session:
            sweeping.expire_some(session, clock.today())
        with rich.command("look") as session:
            (lot,) = points.expiring(session, who)
            assert (lot.day, lot.amount) == (clock.today() + AGAIN, 500)
            assert points.history(session, who)[0].words == "Came back after their last day: yours for another week"
            hold = service.ask(session, who, member=MEMBER, points=500, key=uuid4()).hold
    with clock.freeze(tomorrow + AGAIN + timedelta(days=1)), rich.command("second") as session:
        ledger.release(session, hold)
        assert points.balance(session, who) == 0, "once, or nothing would ever run out"
    assert wrong(rich) == []


def test_points_leave_for_good_only_with_more_than_a_password_and_not_unheard(
    rich: Database, known: Settings, app: Flask, resident_client: ResidentClient
) -> None:
    """B9: a password alone moved 3,000 points a month to any number."""
    hall: Hall = app.extensions["portal"]
    app.extensions["portal"] = Hall(known, hall.database, hall.recognise_client)
    hanako = resident_client("hanako")
    page = hanako.get("/points/exchange")
    assert "/sign-in/stronger?next=/points/exchange" in {link.get("href") for link in page.find("a")}
    assert (
        hanako.post(
            "/points/exchange", {"points": "500", "member": MEMBER, "sure": "yes", "key": str(uuid4())}, page=page
        ).status
        == 403
    )
    assert balance(rich) == 2_000
    stronger(rich)
    hanako.submit(hanako.get("/points/exchange"), "/points/exchange", points="500", member=MEMBER, sure="yes")
    assert balance(rich) == 1_500
    carry(rich, known)
    assert "民間のポイント" in hanako.get("/mailbox").text
