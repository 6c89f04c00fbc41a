"""Exchange for private points with the demo's programme: two phases, once each, through deaths and silence, compared."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import UUID, uuid4

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import select, update

from portal.config import Settings
from portal.core import clock
from portal.core.outbox import LEASE, Promise
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.demo.private_points import CONTRACT, Service
from portal.demo.private_points import MEMBER as MEMBER_OF_DEMO
from portal.points.exchange import reconciling, rules, service, watching
from portal.points.exchange.models import ExchangeDifference, PointExchange
from portal.points.exchange.programme import Programme, ProgrammeRefuses
from portal.points.exchange.rules import Difference, State
from portal.points.ledger import sweeping
from portal.web.hall import Hall
from portal.web.signed_in import WebSession
from portal.wiring import work
from tests import serving
from tests.conftest import ResidentClient, StaffClient
from tests.house.mortal import Mortal
from tests.portal.points.books import wrong
from tests.portal.points.offered import person
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_spending import balance

MEMBER = "9000000001"


@pytest.fixture
def programme(tmp_path: Path) -> Iterator[Service]:
    served = Service(0, str(tmp_path / "private.db"))
    serving.begin(served)
    yield served
    serving.end(served)
    served.book.close()


@pytest.fixture
def known(settings: Settings, programme: Service) -> Settings:
    """Settings of a portal that knows the programme."""
    token = SecretStr(programme.token)
    return settings.model_copy(
        update={"exchange_url": programme.url, "exchange_token": token, "exchange_name": "デモポイント"}
    )


@pytest.fixture
def rich(database: Database, cast_residents: None) -> Database:
    earn(database, resident(database), 2_000)
    return database


def ask(database: Database, points: int = 500, *, member: str = MEMBER, key: UUID | None = None) -> str:
    with database.command("ask") as session:
        who = person(session, cast.HANAKO)
        return service.ask(session, who, member=member, points=points, key=key or uuid4()).reference


def carry(database: Database, settings: Settings) -> None:
    Worker(database, work(settings), ()).run_pending()


def compare(database: Database, settings: Settings) -> list[tuple[str, str, int, int]]:
    """A morning's comparison; what is open then."""
    errand = reconciling.errand(settings)
    with database.command("take") as session:
        taken = errand.take(session, {})
    carried = errand.carry(taken)
    with database.command("record") as session:
        errand.record(session, carried)
    with database.command("look") as session:
        return [(one.key, one.kind, one.here, one.there) for one in reconciling.differences(session)]


def look_after(database: Database) -> None:
    with database.job("watch") as session:
        watching.watch(session, {})


def state(database: Database, reference: str) -> str:
    with database.command("look") as session:
        return session.get_one(PointExchange, reference).state


def test_points_become_private_ones_once(
    rich: Database, known: Settings, app: Flask, resident_client: ResidentClient, programme: Service
) -> None:
    hall: Hall = app.extensions["portal"]
    hanako = resident_client("hanako")
    assert hanako.get("/points/exchange").status == rules.ExchangeClosed.status
    stronger(rich)
    app.extensions["portal"] = Hall(known, hall.database, hall.recognise_client)
    page = hanako.get("/points/exchange")
    for wish in (
        {"points": "7", "member": MEMBER},
        {"points": "500", "member": "いろは"},
        {"points": "500", "member": "1"},
    ):
        assert hanako.submit(page, "/points/exchange", **wish, sure="yes").status == rules.ExchangeUnclear.status
    unsure = hanako.submit(page, "/points/exchange", points="500", member=MEMBER)
    assert unsure.status == rules.ExchangeUnsure.status
    assert f'value="{MEMBER}"'.encode() in unsure.body
    for _twice in range(2):
        told = hanako.submit(page, "/points/exchange", points="500", member=MEMBER, sure="yes")
        assert (told.status, "…0001 へ500ポイントを手続き中です" in told.text) == (200, True)
    assert balance(rich) == 1_500
    carry(rich, known)
    shown = hanako.get("/points/exchange").text
    assert shown.count("交換しました") == 1
    (told,) = captured(programme).values()
    assert told == 500
    assert wrong(rich) == []


def stronger(database: Database) -> None:
    """Everybody who is signed in has shown a passkey or a card."""
    with database.command("stronger") as session:
        session.execute(update(WebSession).where(WebSession.kind == "resident").values(assurance=2))


def captured(programme: Service) -> dict[str, int]:
    day = clock.machine_now().date()
    return Programme(programme.url, programme.token).captured(day - timedelta(days=2), day + timedelta(days=2))


def test_a_member_nobody_knows_costs_no_points(rich: Database, known: Settings, programme: Service) -> None:
    reference = ask(rich, member="1000000001")
    carry(rich, known)
    assert (state(rich, reference), balance(rich), captured(programme)) == (State.REFUSED, 2_000, {})
    assert wrong(rich) == []


def test_whoever_left_the_page_hears_that_the_points_came_back(
    rich: Database, known: Settings, worker: Worker, resident_client: ResidentClient
) -> None:
    ask(rich, member="1000000001")
    carry(rich, known)
    worker.run_pending()
    assert resident_client("hanako").get("/mailbox").text.count("交換のポイントが戻りました") == 1


def test_a_visitor_of_the_demo_reads_which_members_there_are(programme: Service) -> None:
    with urlopen(f"{programme.url}/") as answer:
        assert "9000000001" in answer.read().decode()
    assert MEMBER_OF_DEMO.fullmatch("9000000001")


def test_a_month_has_a_cap_and_a_press_is_counted_once(rich: Database) -> None:
    earn(rich, resident(rich), 5_000)
    key = uuid4()
    assert ask(rich, 1_000, key=key) == ask(rich, 1_000, key=key)
    ask(rich, 1_000)
    ask(rich, 1_000)
    with pytest.raises(rules.ExchangeLimit):
        ask(rich, 100)


def test_a_silent_programme_is_asked_again_until_points_go_back(
    rich: Database, known: Settings, programme: Service
) -> None:
    nobody = known.model_copy(update={"exchange_url": "http://127.0.0.1:9"})
    reference = ask(rich)
    carry(rich, nobody)
    assert (state(rich, reference), balance(rich)) == (State.ASKED, 1_500)
    with clock.freeze(clock.now() + rules.HOLDS + timedelta(minutes=1)):
        with rich.command("sweep") as session:
            sweeping.release_lapsed(session, {})
        assert balance(rich) == 2_000
        look_after(rich)
        assert state(rich, reference) == State.LAPSED
        carry(rich, known)
        assert state(rich, reference) == State.ENDED
    with pytest.raises(ProgrammeRefuses, match="released"):
        Programme(programme.url, programme.token).reserve(reference, member=MEMBER, units=500)
    assert captured(programme) == {}
    assert wrong(rich) == []


def test_killed_at_every_step_each_exchange_is_made_once(
    rich: Database, known: Settings, app: Flask, programme: Service, settings: Settings
) -> None:
    """SIGKILL at the first, second, third … step on the database: before, between and after the two calls."""
    hall: Hall = app.extensions["portal"]
    app.extensions["portal"] = Hall(known, hall.database, hall.recognise_client)
    references = [ask(rich, 100), ask(rich, 300), ask(rich, 100, member="1000000001")]
    with Mortal(app, rich) as mortal:
        mortal.dies_at(count(1))
        while not mortal.work(clock.now()) or waits(rich):
            clock.set_city_time(settings.clock_file, clock.now() + LEASE + timedelta(seconds=1))
        assert mortal.deaths > 10
    assert [state(rich, one) for one in references] == [State.DONE, State.DONE, State.REFUSED]
    assert captured(programme) == {references[0]: 100, references[1]: 300}
    assert balance(rich) == 1_600
    assert wrong(rich) == []
    settings.clock_file.unlink()


def waits(database: Database) -> bool:
    with database.command("look") as session:
        wanted = select(Promise.id).where(Promise.kind == service.CARRY, Promise.done_at.is_(None))
        return session.scalars(wanted).first() is not None


def test_differences_are_found_once_and_settled_by_staff(
    rich: Database, known: Settings, programme: Service, staff_client: StaffClient
) -> None:
    lost, fine = ask(rich, 300), ask(rich, 100)
    carry(rich, known)
    assert compare(rich, known) == []
    there = Programme(programme.url, programme.token)
    there.reserve("STRANGER", member=MEMBER, units=70)
    there.capture("STRANGER")
    programme.book._rows.execute("DELETE FROM exchanges WHERE key = ?", (lost,))
    programme.book._rows.execute("UPDATE exchanges SET units = 101 WHERE key = ?", (fine,))
    with clock.freeze(clock.now() + timedelta(days=1)):
        found = {("STRANGER", Difference.MISSING_HERE, 0, 70), (fine, Difference.AMOUNT, 100, 101)}
        found.add((lost, Difference.MISSING_THERE, 300, 0))
        assert {*compare(rich, known)} == {*compare(rich, known)} == found
        keeper = staff_client(Role.POINTS_KEEPER)
        page = keeper.get("/staff/points-exchange")
        assert page.text.count("STRANGER") >= 1
        with rich.command("look") as session:
            one = session.scalars(select(ExchangeDifference).where(ExchangeDifference.key == "STRANGER")).one().id
        action = f"/staff/points-exchange/{one}/settle"
        assert keeper.submit(page, action, note="").status == 422
        assert "先方の試験" in keeper.submit(page, action, note="先方の試験").text
        assert keeper.submit(page, action, note="もう一度").status == rules.DifferenceSettled.status


def test_an_answer_beyond_all_measure_is_a_difference_too(rich: Database, known: Settings, programme: Service) -> None:
    there = Programme(programme.url, programme.token)
    for key in ("HUGE", "BELOW"):
        there.reserve(key, member=MEMBER, units=5)
        there.capture(key)
    for key, units in (("HUGE", 2**62), ("BELOW", -5)):
        programme.book._rows.execute("UPDATE exchanges SET units = ? WHERE key = ?", (units, key))
    assert {(key, units) for key, _kind, _here, units in compare(rich, known)} == {("HUGE", 2**31 - 1), ("BELOW", 0)}


def test_every_call_may_come_twice_or_late(programme: Service) -> None:
    there = Programme(programme.url, programme.token)
    for _twice in range(2):
        there.reserve("A", member=MEMBER, units=5)
    with pytest.raises(ProgrammeRefuses, match="another-exchange"):
        there.reserve("A", member=MEMBER, units=6)
    for _twice in range(2):
        there.capture("A")
    there.reserve("A", member=MEMBER, units=5)
    with pytest.raises(ProgrammeRefuses, match="captured"):
        there.release("A")
    there.release("B")
    with pytest.raises(ProgrammeRefuses, match="released"):
        there.reserve("B", member=MEMBER, units=5)
    with pytest.raises(ProgrammeRefuses, match="released"):
        there.capture("B")
    with pytest.raises(ProgrammeRefuses, match="unknown"):
        there.capture("C")
    assert captured(programme) == {"A": 5}


def test_the_contract_names_every_call_the_portal_makes() -> None:
    contract: dict[str, Any] = json.loads(CONTRACT.read_text("utf-8"))
    calls = {(path, method) for path, item in contract["paths"].items() for method in item}
    assert calls == {
        ("/v1/exchanges", "post"),
        ("/v1/exchanges", "get"),
        ("/v1/exchanges/{key}/capture", "post"),
        ("/v1/exchanges/{key}/release", "post"),
    }
