"""A shop's till as it is: the terminal's own program, a card of 花子, the writer and the portal's calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from flask import Flask

from card_reader.connection import Connection
from card_reader.key_store import demo_masters
from card_reader.machine_sign_in import MachineSignIn
from card_reader.payment_proof import prove, read_challenge
from card_reader.sessions.city_names import Role as CardRole
from card_reader.simulator import city, city_issue
from card_reader.simulator.card import SimulatedCard
from card_reader.simulator.memory import FORMAT, VolatileStore
from card_reader.simulator.people import read_personas
from card_reader.stop_list import StopList
from card_reader.terminal import Reading, Terminal
from card_reader.terminal_sync import CityLine
from portal.cards.terminals import service as terminals
from portal.cards.terminals.rules import Role
from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.points.partners import changes, moving
from tests.portal.devices.test_tokens import Machine
from tests.portal.points.offered import ONE, OTHER

TOKEN = "token-between-portal-and-writer-0123456789"
OTHER_SHOP = "library-chuo"
"""A terminal of the demo that is placed in another shop where a test needs two."""


def card_of(who: cast.Resident = cast.HANAKO) -> SimulatedCard:
    """The city card the portal knows as this person's, with the demo's keys."""
    number = {"id": cast.service_number("points", who.persona), "payload": "regular"}
    persona = replace(read_personas()["hanako"], card_id=cast.card_id(who.persona), services={"points": number})
    memory = city_issue.new_memory(persona, demo_masters(), date(2026, 4, 1))
    return SimulatedCard(
        VolatileStore({"format": FORMAT, "atr": "3BE000FF8131FE4514", "applications": {city.NAME: memory}})
    )


@dataclass
class Till:
    """One terminal in one shop. `post` calls the portal as it; `line` and `terminal` are the program's own."""

    app: Flask
    client_id: str
    folder: Path

    def __post_init__(self) -> None:
        key = demo_devices.key_of(self.folder / "clients", self.client_id)
        machine = Machine(self.app, key, self.client_id)
        self.token = (machine.ask(scope="cards").json or {})["access_token"]
        http = httpx.Client(transport=httpx.WSGITransport(app=self.app), base_url=machine_url(self.app))
        sign_in = MachineSignIn(http, machine_url(self.app), self.client_id, key, "cards")
        self.line = CityLine(http, sign_in, self.folder / f"line-{self.client_id}")
        now = clock.now().timestamp()
        stops = StopList(1, now, now + 86_400, frozenset())
        self.terminal = Terminal(CardRole.POINTS, demo_masters(), "SHOP-1", lambda: stops, clock.now)

    def post(self, path: str, body: dict[str, Any], key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or str(uuid4())}
        return self.app.test_client().post(f"/api/v1/points{path}", json=body, headers=headers)

    def ask(self, connection: Connection, points: int) -> tuple[Reading, dict[str, Any], dict[str, str]]:
        """What was read, what is to be paid, and the card's answer to the portal's challenge for it."""
        reading = self.terminal.read(connection)
        body = {"card": reading.card, "number": reading.id, "points": points}
        asked = self.post("/payments/challenges", body)
        assert asked.status_code == 201, asked.text
        return reading, body, prove(connection, read_challenge(asked.json), reading.card).shown()


def machine_url(app: Flask) -> str:
    return str(app.extensions["portal"].settings.base_url)


def place(database: Database, folder: Path, client_id: str, shop: UUID) -> None:
    """Enrol the machine and stand it in a shop; from another one it comes by two."""
    with database.command("devices") as session:
        demo_devices.enrol_machines(session, folder / "clients")
        terminals.give_role(session, client_id, Role.POINTS, "レジ")
        waits = moving.place(session, ONE, client_id, shop)
        if waits:
            changes.decide(session, OTHER, waits, yes=True)
