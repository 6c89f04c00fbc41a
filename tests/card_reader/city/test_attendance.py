"""花子 comes to an activity and goes home: her card on a virtual reader, pcscd, the organisation's terminal, which has no
network meanwhile, and the portal, all real."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from flask import Flask

from card_reader.key_store import demo_masters
from card_reader.machine_sign_in import MachineSignIn
from card_reader.sessions.city_names import Role as CardRole
from card_reader.terminal import Reading, Terminal, Verdict
from card_reader.terminal_sync import CityLine
from card_reader.terminal_watch import NewestList, serve
from portal.cards.terminals import service as terminals
from portal.cards.terminals.rules import Role
from portal.core import clock
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cards as demo_cards
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.points.volunteering import hosting
from tests.card_reader.conftest import Insert
from tests.card_reader.readers import Readers
from tests.conftest import ResidentClient
from tests.portal.points import offered

pytestmark = pytest.mark.pcsc
READER, MACHINE, PORTAL = "Test Kiosk", demo_devices.SHOP, "http://127.0.0.1:8000"
EARLY, STAYED = timedelta(minutes=30), timedelta(minutes=115)


class Broken(httpx.BaseTransport):
    """A network that is away until it is *mended*."""

    def __init__(self, app: Flask) -> None:
        self.mended, self._portal = True, httpx.WSGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self.mended:
            raise httpx.ConnectError("no network")
        return self._portal.handle_request(request)


@pytest.fixture
def activity(database: Database, cast_residents: None, app: Flask, tmp_path: Path) -> tuple[UUID, datetime]:
    """An activity of 一郎's organisation in half an hour, with a terminal; 花子 has a place and a card."""
    offered.programme(database)
    green = offered.host(database)
    with database.command("machines") as session:
        demo_cards.load(session, app.extensions["portal"].settings)
        demo_devices.enrol_machines(session, tmp_path / "clients")
        terminals.give_role(session, MACHINE, Role.POINTS, "公園の受付")
        hosting.place_terminal(session, MACHINE, green)
    begins = clock.now().replace(microsecond=0) + EARLY
    one = offered.activity(database, green, starts_at=begins)
    offered.apply(database, cast.HANAKO, one)
    return one, begins


@pytest.fixture
def network(app: Flask) -> Broken:
    return Broken(app)


@pytest.fixture
def line(network: Broken, tmp_path: Path) -> Iterator[CityLine]:
    with httpx.Client(transport=network, base_url=PORTAL) as http:
        key = demo_devices.key_of(tmp_path / "clients", MACHINE)
        yield CityLine(http, MachineSignIn(http, PORTAL, MACHINE, key, "cards"), tmp_path / "terminal")


def read_one(line: CityLine, now: datetime) -> Reading:
    """The card that lies there, read as the program `card-reader terminal` reads it."""
    found: list[Reading] = []
    stops = NewestList(line.stop_list, line.key)
    terminal = Terminal(CardRole.POINTS, demo_masters(), "PARK-1", stops.read, lambda: now)

    def tell(reading: Reading) -> None:
        found.append(reading)
        line.note(reading)

    serve(terminal, READER, tell, once=True)
    return found[0]


def test_a_card_comes_and_goes_without_a_network_and_is_told_later(
    activity: tuple[UUID, datetime], line: CityLine, network: Broken, readers: Readers, insert: Insert, database: Database,
    worker: Worker, resident_client: ResidentClient,
) -> None:  # fmt: skip
    line.exchange()  # the stop list of this morning
    one, begins = activity
    network.mended, came = False, begins - EARLY
    insert("hanako")
    for moment in (came, came + timedelta(minutes=1), came + STAYED):
        read = read_one(line, moment)
        assert read.verdict is Verdict.WELCOME
    with pytest.raises(httpx.ConnectError):
        line.exchange()
    with clock.freeze(came + timedelta(hours=3)):
        board = f"/points/hosting/activities/{one}"
        worker.run_pending()
        assert _minutes(resident_client, board) == ["120"], "the whole time, as long as nothing is told"
        network.mended = True
        with pytest.raises(httpx.HTTPStatusError):
            line.exchange()  # its token is of this morning
        line.exchange()
        line.exchange()  # nothing is told twice
        worker.run_pending()
        assert _minutes(resident_client, board) == ["85"]  # from the beginning on


def _minutes(resident_client: ResidentClient, board: str) -> list[str]:
    """What the organisation is shown to approve."""
    page = resident_client("ichiro").get(board)
    return [box.get("value") or "" for box in page.find("input") if (box.get("name") or "").startswith("minutes-")]
