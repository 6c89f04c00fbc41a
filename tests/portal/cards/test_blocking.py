"""A stopped card is blocked on the card itself when it comes to a window, and opened there again."""

import pytest
from sqlalchemy import func, select

from card_reader.errors import StatusError
from card_reader.sessions.city_names import Role as CardRole
from card_reader.sessions.city_names import Service as OnCard
from card_reader.simulator.card import DirectConnection
from card_reader.stop_list import StopList
from card_reader.terminal import Terminal, Verdict
from portal.cards import service
from portal.cards.models import CityCard
from portal.cards.rules import Why
from portal.config import Settings
from portal.core import clock
from portal.core.actor import STRANGER
from portal.core.uow import Database
from portal.demo import cards as demo_cards
from portal.demo import cast
from tests.browser import Page
from tests.conftest import ResidentClient
from tests.portal.cards.desk import KEYS, Window, id_of


def stop(window: Window, page: Page) -> None:
    window.visitor.submit(page, f"{page.path}/stop", why="lost")


def at_the_library(window: Window) -> Verdict:
    """A library that was offline since before the stop: its list knows nothing of it."""
    now = clock.machine_now()
    known = StopList(1, now.timestamp(), now.timestamp() + 3600, frozenset())
    machine = Terminal(CardRole.LIBRARY, KEYS, "LIB-1", lambda: known, lambda: now)
    return machine.read(DirectConnection(window.reader.card)).verdict


def blocked_since(database: Database) -> object:
    with database.command("test") as session:
        return session.scalars(select(CityCard.suspended_at)).one()


def test_a_stopped_card_that_comes_back_is_blocked_and_opened_in_person(
    window: Window, database: Database, resident_client: ResidentClient
) -> None:
    page = window.issue(database, "library", library="77")
    stop(window, page)
    assert at_the_library(window) is Verdict.WELCOME, "the list has not come there yet"
    window.twice = True
    page = window.page(database)
    assert "カード本体はまだ停止していません" in page.text
    assert window.put_through(page, 0) == (200, {"next": f"{page.path}?done=suspend"})
    assert at_the_library(window) is Verdict.STOPPED
    assert "カード本体も停止" in window.page(database).text
    with pytest.raises(StatusError, match="6985"):
        window.reader.entry(CardRole.AMBULANCE, OnCard.EMERGENCY)
    page = window.page(database)
    assert len(window.orders(page)) == 2, "to write or replace; the block is done, PIN and log wait"
    assert window.write(page) == (200, {"next": f"{page.path}?done=read"})
    assert at_the_library(window) is Verdict.STOPPED, "writing does not open it"

    window.visitor.submit(page, f"{page.path}/resume")
    assert "カード本体は、まだ停止したままです" in window.page(database).text
    assert "カード本体はまだ停止したままです" in resident_client("hanako").get("/my-card").text
    assert window.write(window.page(database))[0] == 200
    assert at_the_library(window) is Verdict.WELCOME
    assert blocked_since(database) is None
    assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) == "77"


def test_whoever_hands_in_a_found_card_needs_no_proof_of_its_holder(
    window: Window, database: Database, settings: Settings
) -> None:
    with database.command("demo") as session:
        demo_cards.load(session, settings)
    window.reader.put(cast.card_id("hanako"))
    stop(window, window.page(database))
    page = window.page(database)
    assert len(window.orders(page)) == 1
    assert window.put_through(page, 0)[0] == 200
    assert at_the_library(window) is Verdict.STOPPED
    assert window.orders(window.page(database)) == []


def test_only_the_stopped_card_of_this_person_is_blocked(window: Window, database: Database) -> None:
    stop(window, window.issue(database, "library"))
    page = window.page(database)
    lost, number = window.reader.card, window.reader.number
    window.reader.put("ab" * 10)
    assert window.put_through(page, 0)[1]["code"] == "city-card-not-stopped"
    window.reader.card, window.reader.number = lost, number
    window.visitor.submit(page, f"{page.path}/resume")
    assert window.put_through(page, 0)[1]["code"] == "city-card-not-stopped", "an order of before it was found"
    assert at_the_library(window) is Verdict.WELCOME


def test_a_card_that_is_stopped_again_while_it_is_opened_ends_blocked(window: Window, database: Database) -> None:
    page = window.issue(database, "library")
    stop(window, page)
    assert window.put_through(window.page(database), 0)[0] == 200
    window.visitor.submit(window.page(database), f"{page.path}/resume")
    look, csrf = window.orders(window.page(database))[-1], window.page(database).csrf_token
    status, said = window.carry_out(look, csrf)
    opening = said["order"]
    holder = id_of(database, cast.HANAKO)
    with database.command("phone") as session:
        service.stop(session, STRANGER, holder, Why.LOST)
    status, said = window.carry_out(opening, csrf)
    assert (status, said["code"]) == (404, "city-card-unknown")
    assert at_the_library(window) is Verdict.STOPPED


def test_a_card_pulled_while_it_is_blocked_is_blocked_at_the_next_touch(window: Window, database: Database) -> None:
    stop(window, window.issue(database, "library"))
    page = window.page(database)
    window.reader.sent, window.reader.pull_at = 0, 8
    assert window.put_through(page, 0)[1]["code"] == "city-card-removed"
    window.reader.pull_at = 0
    assert window.put_through(page, 0)[0] == 200
    assert at_the_library(window) is Verdict.STOPPED
    assert blocked_since(database) is not None


def test_a_blocked_card_says_at_home_that_it_is_blocked_and_can_be_erased(
    window: Window, database: Database, resident_client: ResidentClient
) -> None:
    page = window.issue(database, "library")
    stop(window, page)
    assert window.put_through(window.page(database), 0)[0] == 200
    home = resident_client("hanako")
    at_home = Window(home, window.reader, "/my-card/log/line")
    assert at_home.write(home.get("/my-card/log"))[1]["code"] == "city-card-blocked"
    window.visitor.submit(window.visitor.get(f"{page.path}/end"), f"{page.path}/end")
    assert window.put_through(window.page(database), -1)[0] == 200
    with database.command("test") as session:
        assert session.scalar(select(func.count()).where(CityCard.erased_at.is_not(None))) == 1


def test_a_card_swapped_between_the_look_and_the_write_is_left_alone(window: Window, database: Database) -> None:
    """Identity was checked and the card looked at; then somebody lays another one down."""
    window.check_identity()
    window.choose(window.page(database), "library", library="77")
    page = window.page(database)
    block = next(one for one in page.find("div") if "data-city-card" in one.attrib)
    status, said = window.carry_out(block.attrib["data-order"], block.attrib["data-csrf"])
    assert (status, list(said)) == (200, ["order"])
    looked_at = window.reader.card
    window.reader.put("ee" * 10)
    status, refused = window.carry_out(said["order"], block.attrib["data-csrf"])
    assert (status, refused["code"]) == (409, "other-card-on-reader")
    assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) is None
    window.reader.card = looked_at
    assert window.write(window.page(database))[0] == 200
    assert window.reader.id_on_card(CardRole.LIBRARY, OnCard.LIBRARY) == "77"
