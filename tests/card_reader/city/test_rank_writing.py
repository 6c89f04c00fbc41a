"""花子's rank rose: at the next touch of her card a terminal that reads points has the new one written, and nothing else.

The card lies on a virtual reader behind pcscd; the terminal's program, the portal and the writer are the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from flask import Flask
from sqlalchemy import select, update

from card_reader.connection import Connection
from card_reader.errors import CardRemoved
from card_reader.key_store import demo_masters, to_json
from card_reader.loopback import LoopbackServer
from card_reader.machine_sign_in import MachineSignIn
from card_reader.sessions.city import CitySession
from card_reader.sessions.city_entry import Entry
from card_reader.sessions.city_names import Role as CardRole
from card_reader.sessions.city_names import Service as OnCard
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.terminal import Reading, Terminal, Verdict
from card_reader.terminal_rank import renew
from card_reader.terminal_sync import CityLine
from card_reader.terminal_watch import NewestList, serve
from card_reader.writer import Writer
from card_reader.writer_keys import FileVault, write_secret
from portal.cards import service as cards
from portal.cards.models import CardEntry, CityCard
from portal.cards.rules import Service
from portal.cards.terminals import service as terminals
from portal.cards.terminals.rules import Role
from portal.core import clock
from portal.core.uow import Database
from portal.demo import cards as demo_cards
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.web.hall import Hall
from tests import serving
from tests.card_reader.conftest import Insert
from tests.card_reader.readers import Readers
from tests.portal.points.test_pages import resident
from tests.portal.points.till import card_of

READER, MACHINE, OTHER, PORTAL = "Test Kiosk", demo_devices.SHOP, "library-chuo", "http://127.0.0.1:8000"
TOKEN = "token-between-portal-and-writer-0123456789"


@pytest.fixture
def hanako(database: Database, cast_residents: None, app: Flask, tmp_path: Path) -> UUID:
    """Her card says "regular", the portal another rank; a terminal for points stands in a shop."""
    with database.command("machines") as session:
        demo_cards.load(session, app.extensions["portal"].settings)
        demo_devices.enrol_machines(session, tmp_path / "clients")
        terminals.give_role(session, MACHINE, Role.POINTS, "レジ")
        terminals.give_role(session, OTHER, Role.LIBRARY, "図書館")
    who = resident(database)
    rises(database, who, "silver")
    return who


def rises(database: Database, who: UUID, rank: str) -> None:
    with database.command("rank") as session:
        cards.note_rank(session, who, rank)


@pytest.fixture
def writer(app: Flask, tmp_path: Path) -> Iterator[LoopbackServer]:
    write_secret(tmp_path / "keys.json", to_json(demo_masters()).decode())
    server = LoopbackServer(0, Writer(FileVault(tmp_path / "keys.json"), token=TOKEN))
    serving.begin(server)
    hall: Hall = app.extensions["portal"]
    (hall.settings.state_dir / "writer.token").write_text(TOKEN)
    knows = hall.settings.model_copy(update={"card_writer_url": server.url})
    app.extensions["portal"] = replace(hall, settings=knows)
    yield server
    serving.end(server)


@pytest.fixture
def line(app: Flask, hanako: UUID, writer: LoopbackServer, tmp_path: Path) -> Iterator[CityLine]:
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url=PORTAL) as http:
        key = demo_devices.key_of(tmp_path / "clients", MACHINE)
        made = CityLine(http, MachineSignIn(http, PORTAL, MACHINE, key, "cards"), tmp_path / "terminal")
        made.exchange()
        yield made


@pytest.fixture
def card() -> SimulatedCard:
    return card_of()


def terminal(line: CityLine) -> Terminal:
    stops = NewestList(line.stop_list, line.key)
    return Terminal(CardRole.POINTS, demo_masters(), "SHOP-1", stops.read, clock.now)


def touch(line: CityLine, connection: Connection) -> tuple[Reading, str]:
    """What the terminal read, and the rank it had written."""
    reading = terminal(line).read(connection)
    assert reading.verdict is Verdict.WELCOME
    return reading, renew(line, connection, reading)


def entry(card: SimulatedCard) -> Entry:
    found = CitySession(DirectConnection(card)).open_role(demo_masters(), CardRole.POINTS).read(OnCard.POINTS)
    assert found is not None
    return found


@pytest.mark.pcsc
def test_the_new_rank_is_on_the_card_after_one_touch_of_a_real_reader(
    line: CityLine, readers: Readers, insert: Insert, database: Database, hanako: UUID
) -> None:
    insert("hanako")
    told: list[tuple[str, str]] = []

    def write(connection: Connection, reading: Reading) -> bool:
        told.append((reading.payload, renew(line, connection, reading)))
        return True

    for _ in range(2):
        assert serve(terminal(line), READER, lambda _reading: None, once=True, further=write)
    assert not serve(terminal(line), READER, lambda _reading: None, once=True, further=lambda _card, _reading: False)

    def stopped(_card: Connection, _reading: Reading) -> bool:
        raise KeyboardInterrupt  # the cashier waits no longer

    assert not serve(terminal(line), READER, lambda _reading: None, once=True, further=stopped)
    first, second = told
    assert (first[1], second) == ("silver", ("silver", "")), "said once, and nothing is written that is there already"
    with database.command("look") as session:
        own = cards.card_of(session, hanako)
        assert own is not None
        said = session.scalars(
            select(CardEntry).where(CardEntry.card_id == own.id, CardEntry.service == "points")
        ).one()
        assert (said.content, said.transaction) == ("silver", "")


def test_only_the_rank_changes_and_the_holder_finds_the_write_in_the_cards_log(
    line: CityLine, card: SimulatedCard, database: Database, hanako: UUID
) -> None:
    before = entry(card)
    with database.command("wants the library's no more") as session:
        cards.leave(session, hanako, Service.LIBRARY)
        own = cards.card_of(session, hanako)
        assert own is not None
        assert {str(one.service) for one in cards.waiting(session, own)} == {"library", "points"}
    assert touch(line, DirectConnection(card))[1] == "silver"
    after = entry(card)
    assert (after.payload, after.version, after.id) == ("silver", before.version + 1, before.id)
    with database.command("look") as session:
        own = cards.card_of(session, hanako)
        assert own is not None
        assert {str(one.service) for one in cards.waiting(session, own)} >= {"library"}, "that is for a window"
    log = CitySession(DirectConnection(card)).open_role(demo_masters(), CardRole.PORTAL).log()
    assert [record.kvn for record in log if record.op.name == "WRITTEN"] == [CardRole.WRITER]


def test_a_card_that_says_the_right_rank_costs_one_question(line: CityLine, card: SimulatedCard) -> None:
    connection = Counting(DirectConnection(card))
    touch(line, connection)
    connection.sent = 0
    reading, written = touch(line, connection)
    assert (reading.payload, written) == ("silver", "")
    assert connection.sent <= 4, "no command beyond the reading"


class Counting:
    """A card that is pulled before command number *at*, or never."""

    def __init__(self, card: Connection, at: int = 0) -> None:
        self.card, self.at, self.sent = card, at, 0

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        self.sent += 1
        if self.sent == self.at:
            raise CardRemoved("pulled")
        return self.card.transmit(wire)


def test_pulled_at_any_command_it_says_the_old_or_the_new_rank_and_gets_it_at_the_next_touch(
    line: CityLine, card: SimulatedCard, database: Database, hanako: UUID
) -> None:
    ranks = ["gold", "silver"]
    connection = Counting(DirectConnection(card))
    touch(line, connection)
    for at in range(1, connection.sent + 1):
        rank = ranks[at % 2]
        rises(database, hanako, rank)
        reading = terminal(line).read(DirectConnection(card))
        pulled = Counting(DirectConnection(card), at)
        renew(line, pulled, reading)
        assert entry(card).payload in ranks
        touch(line, DirectConnection(card))
        assert entry(card).payload == rank
        if pulled.sent < at:
            return
    pytest.fail("every command was a pull")


def test_a_write_whose_answer_was_lost_is_found_on_the_card(
    line: CityLine, card: SimulatedCard, database: Database, hanako: UUID
) -> None:
    """The last message, with the card's answer to the write itself, never reaches the portal."""
    whole, sent = line.carry_rank, [0]
    least = [1000]

    def cut_off(body: dict[str, Any]) -> dict[str, Any]:
        sent[0] += 1
        if sent[0] == least[0]:
            raise httpx.ReadError("the line broke")
        return whole(body)

    line.carry_rank = cut_off  # type: ignore[method-assign]
    assert touch(line, DirectConnection(card))[1] == "silver"
    least[0], sent[0] = sent[0], 0
    rises(database, hanako, "gold")
    assert touch(line, DirectConnection(card))[1] == ""
    assert entry(card).payload == "gold"
    with database.command("look") as session:
        own = cards.card_of(session, hanako)
        assert own is not None
        assert [str(one.service) for one in cards.waiting(session, own)] == ["points"], "the portal does not know it"
    line.carry_rank = whole  # type: ignore[method-assign]
    assert touch(line, DirectConnection(card))[1] == ""
    rises(database, hanako, "silver")
    assert touch(line, DirectConnection(card))[1] == "silver"


def test_another_card_put_there_meanwhile_stays_as_it_is(line: CityLine, card: SimulatedCard) -> None:
    reading = terminal(line).read(DirectConnection(card))
    taros = card_of(cast.TARO)
    before = entry(taros)
    assert renew(line, DirectConnection(taros), reading) == ""
    assert entry(taros) == before


@pytest.mark.parametrize("why", ["stopped", "other number", "unknown card"])
def test_a_card_that_is_not_theirs_today_gets_no_order(
    line: CityLine, card: SimulatedCard, database: Database, why: str
) -> None:
    reading = terminal(line).read(DirectConnection(card))
    if why == "stopped":
        with database.command("stop") as session:
            session.execute(update(CityCard).values(stopped_at=clock.now()))
    elif why == "other number":
        reading = replace(reading, id=cast.service_number("points", "taro"))
    else:
        reading = replace(reading, card="00" * 10)
    with pytest.raises(httpx.HTTPStatusError) as refused:
        line.ask_rank(reading)
    assert refused.value.response.json()["code"] == "city-card-unknown"
    assert renew(line, DirectConnection(card), reading) == ""
    assert entry(card).payload == "regular"


def test_an_order_is_the_terminals_own_and_no_other_role_gets_one(
    app: Flask, line: CityLine, card: SimulatedCard, tmp_path: Path
) -> None:
    reading = terminal(line).read(DirectConnection(card))
    order = line.ask_rank(reading)["order"]
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url=PORTAL) as http:
        key = demo_devices.key_of(tmp_path / "clients", OTHER)
        other = CityLine(http, MachineSignIn(http, PORTAL, OTHER, key, "cards"), tmp_path / "other")
        with pytest.raises(httpx.HTTPStatusError) as refused:
            other.ask_rank(reading)
        assert refused.value.response.json()["code"] == "card-terminal-unknown"
        with pytest.raises(httpx.HTTPStatusError) as refused:
            other.carry_rank({"order": order})
        assert refused.value.response.json()["code"] == "card-order-over"
        for wrong in ({"order": "00" * 40}, {"order": order, "job": "x", "step": 1, "answer": "9000"}):
            with pytest.raises(httpx.HTTPStatusError):
                line.carry_rank(wrong)
    assert entry(card).payload == "regular"


def test_without_the_portal_or_the_writer_the_card_is_read_all_the_same(
    app: Flask, line: CityLine, card: SimulatedCard
) -> None:
    hall: Hall = app.extensions["portal"]
    without = hall.settings.model_copy(update={"card_writer_url": ""})
    app.extensions["portal"] = replace(hall, settings=without)
    assert touch(line, DirectConnection(card))[1] == ""
    line.trouble = "unreached"
    line.ask_rank = lambda reading: pytest.fail("nobody waits for a portal that is away")  # type: ignore[method-assign]
    assert touch(line, DirectConnection(card))[1] == ""


def test_a_portal_that_asks_for_anything_else_is_not_obeyed(line: CityLine, card: SimulatedCard) -> None:
    """Commands that could try a PIN, or go to another application, do not reach the card."""
    reading = terminal(line).read(DirectConnection(card))
    connection = Counting(DirectConnection(card))
    for wire in ("0020008004" + b"1234".hex(), "00A4040C07D392F0000001", "80502100080011223344556677"):
        line.carry_rank = lambda body, wire=wire: {"job": "j", "step": 1, "send": wire}  # type: ignore[method-assign,misc]
        connection.sent = 0
        assert renew(line, connection, reading) == ""
        assert connection.sent == 0
    line.carry_rank = lambda body: {"order": str(uuid4())}  # type: ignore[method-assign]
    assert renew(line, connection, reading) == "", "and not for ever"
