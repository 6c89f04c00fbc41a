"""A window with a reader, a terminal and its line to the portal, each the real thing with a simulated card."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from card_reader.bridge import Bridge
from card_reader.connection import Connection
from card_reader.errors import CardRemoved
from card_reader.key_store import demo_masters
from card_reader.loopback import Request
from card_reader.machine_sign_in import MachineSignIn
from card_reader.sessions.city import CitySession
from card_reader.sessions.city_names import Role as CardRole
from card_reader.sessions.city_names import Service as OnCard
from card_reader.simulator import jpki
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.stop_list import StopList, read_stop_list
from card_reader.terminal_sync import CityLine
from portal.core.uow import Database
from portal.demo import cast
from portal.demo import devices as demo_devices
from portal.residents.models import Resident
from portal.web.hall import Hall
from tests.browser import Page, Visitor
from tests.card_reader.city.conftest import CardStore
from tests.portal.devices.test_tokens import Machine

HERE = "http://127.0.0.1:8200"
TOKEN = "token-between-portal-and-writer-0123456789"
PAIRING = "pairing-token-of-this-test-0123456789"
PORTAL, TERMINAL = "http://127.0.0.1:8000", "library-chuo"
KEYS = demo_masters()


class Reader:
    """A reader at the window with its bridge; the card on it can be exchanged, or pulled at a command."""

    def __init__(self, number: str = "", writer_key: Path | None = None) -> None:
        self.put(number)
        origins = ("http://localhost",)
        self.bridge = Bridge(self._open, dict, origins=origins, pairing=PAIRING, writer_key=writer_key)
        self.pull_at = self.sent = 0

    def put(self, number: str) -> None:
        """A card without any entry; its id is *number*, or hanako's of the simulator."""
        store = CardStore()
        content = store.city
        number = number or content["card_id"]
        fresh = {f"{kvn:02X}": _keys(kvn, number) for kvn in KEYS.kvns()}
        store.change(card_id=number, objects={}, keys=fresh)
        self.number, self.card, self._store = number, SimulatedCard(store), store

    def put_national(self, number: str, certificate: bytes) -> None:
        """The same on the chip of a national card with this certificate."""
        self.put(number)
        content = self._store.load()
        files = {"000A": base64.b64encode(certificate).decode()}
        content["applications"][jpki.NAME] = {"short_ids": True, "files": files, "keys": {}, "pins": {}}
        self._store.save(content)
        self.card = SimulatedCard(self._store)

    def kvns(self) -> list[int]:
        """The key sets on the card."""
        return sorted(int(kvn, 16) for kvn in self._store.city["keys"])

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        self.line = DirectConnection(self.card)
        yield self

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        self.sent += 1
        if self.sent == self.pull_at:
            raise CardRemoved("pulled")
        return self.line.transmit(wire)

    def call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "content-type": "application/json",
            "origin": "http://localhost",
            "host": HERE.removeprefix("http://"),
        }
        answer = self.bridge(Request("POST", path, {}, headers, json.dumps(body).encode()))
        said: dict[str, Any] = json.loads(answer.body)
        return said

    def type_new_pin(self, name: str, *typed: str) -> str:
        """The holder at the bridge's own page, typing twice what is said each time; the PIN as the page gets it."""
        asked = self.call("/v1/new-pin", {"pairing": PAIRING, "name": name})
        page = asked["prompt"].removeprefix(HERE)
        for pin, again in zip(typed[::2], typed[1::2], strict=True):
            form = f"pin={pin}&again={again}&act=confirm".encode()
            self.bridge(Request("POST", page, {}, {"host": HERE.removeprefix("http://"), "origin": HERE}, form))
        headers = {"origin": "http://localhost"}
        said = self.bridge(Request("GET", f"/v1/requests/{asked['request']}", {}, headers, b""))
        return str(json.loads(said.body).get("sealed", ""))

    def entry(self, role: CardRole, service: OnCard) -> Any:
        return CitySession(DirectConnection(self.card)).open_role(KEYS, role).read(service)

    def verify_pin(self, pin: bytes) -> None:
        CitySession(DirectConnection(self.card)).verify_pin(bytearray(pin))

    def id_on_card(self, role: CardRole, service: OnCard) -> str | None:
        entry = CitySession(DirectConnection(self.card)).open(KEYS, role).read(service)
        return entry.id if entry else None


def _keys(kvn: int, number: str) -> dict[str, str]:
    made = KEYS.card_keys(kvn, bytes.fromhex(number))
    return {"enc": made.enc.hex(), "mac": made.mac.hex(), "dek": made.dek.hex()}


class Window:
    """The page of a member of staff, or of a resident at home, with a reader beside it, as city_card.js drives the two."""

    def __init__(self, visitor: Visitor, reader: Reader, line: str = "/staff/cards/line") -> None:
        self.visitor, self.reader, self.line, self.twice = visitor, reader, line, False

    def page(self, database: Database, person: cast.Resident = cast.HANAKO) -> Page:
        return self.visitor.get(f"/staff/cards/{id_of(database, person)}")

    def check_identity(self, person: cast.Resident = cast.HANAKO) -> None:
        found = self.visitor.submit(
            self.visitor.get("/staff/accounts"), "/staff/accounts", number=person.addressee_number
        )
        if list(found.find("form", action=f"{found.path}/identity/document")):
            self.visitor.submit(found, f"{found.path}/identity/document", document="residence-card")

    def choose(self, page: Page, *services: str, **numbers: str) -> Page:
        fields = {f"number-{name}": number for name, number in numbers.items()}
        return self.visitor.submit(page, f"{page.path}/services", services=list(services), **fields)

    def use(self, **settings: Any) -> None:
        """The portal with other settings."""
        extensions = self.visitor.client.application.extensions
        hall: Hall = extensions["portal"]
        extensions["portal"] = replace(hall, settings=hall.settings.model_copy(update=settings))

    def issue(self, database: Database, *services: str, **numbers: str) -> Page:
        """Identity, services, and the card on the reader."""
        self.check_identity()
        self.choose(self.page(database), *services, **numbers)
        status, said = self.write(self.page(database))
        assert (status, list(said)) == (200, ["next"]), said
        return self.page(database)

    def write(self, page: Page) -> tuple[int, dict[str, Any]]:
        """Put the card through: (status, JSON) of the portal's last word."""
        return self.put_through(page, 0)

    def replace(self, page: Page) -> tuple[int, dict[str, Any]]:
        """Give the card on the reader instead of the one the person has."""
        wanted = next(one for one in page.find("section") if one.attrib.get("aria-labelledby") == "replace")
        block = next(one for one in wanted.iter() if "data-city-card" in one.attrib)
        return self.put_through(page, _at_reader(page).index(block))

    def put_through(self, page: Page, which: int, pin: str = "") -> tuple[int, dict[str, Any]]:
        """The same with one of the page's orders: 0 write, 1 a new PIN, 2 the card's log."""
        block = _at_reader(page)[which]
        more = {"pin": pin} if pin else {}
        status, said = self.carry_out(block.attrib["data-order"], block.attrib["data-csrf"], **more)
        while status == 200 and "order" in said:
            status, said = self.carry_out(said["order"], block.attrib["data-csrf"])
        return status, said

    def carry_out(self, order: str, csrf: str, **more: str) -> tuple[int, dict[str, Any]]:
        relay = self.reader.call("/v1/relay", {"pairing": PAIRING})["relay"]
        status, said = self.tell(csrf, order=order, **more)
        while said.get("send"):
            heard = self.reader.call(f"/v1/relay/{relay}", {"step": said["step"], "send": said["send"]})
            back = {"job": said["job"], "step": said["step"], "answer": heard.get("answer")}
            status, said = self.tell(csrf, order=order, **back)
            if self.twice and said.get("send"):
                assert self.tell(csrf, order=order, **back) == (status, said)  # sent again, it is the same
        self.reader.call(f"/v1/relay/{relay}", {})
        return status, said

    def tell(self, csrf: str, **body: Any) -> tuple[int, dict[str, Any]]:
        headers = {"X-CSRF-Token": csrf, "Accept": "application/json"}
        answer = self.visitor.client.post(self.line, json=body, headers=headers)
        return answer.status_code, answer.get_json()

    def orders(self, page: Page) -> list[str]:
        """What the page can put a card through."""
        return [block.attrib["data-order"] for block in _at_reader(page)]

    def tell_with(self, page: Page) -> tuple[int, dict[str, Any]]:
        """Begin the first order of a page that may be somebody else's, under the own name."""
        return self.tell(self.visitor.get("/account").csrf_token, order=_at_reader(page)[0].attrib["data-order"])


def _at_reader(page: Page) -> list[Any]:
    return [one for one in page.find("div") if "data-city-card" in one.attrib]


class Line:
    """A terminal's line to the portal; an answer on *breaks* is lost after the portal did its work."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.breaks = ""
        http = httpx.Client(
            transport=httpx.WSGITransport(app=app),
            base_url="http://127.0.0.1:8000",
            event_hooks={"response": [self.hear]},
        )
        key = demo_devices.key_of(folder / "clients", TERMINAL)
        self.city = CityLine(
            http, MachineSignIn(http, "http://127.0.0.1:8000", TERMINAL, key, "cards"), folder / "terminal"
        )

    def hear(self, answer: httpx.Response) -> None:
        if self.breaks and answer.request.url.path == self.breaks:
            raise httpx.ConnectError("lost")


class StopLists:
    """The terminal of a library, enrolled with a key of its own."""

    def __init__(self, machine: Machine) -> None:
        token = machine.ask().get_json()["access_token"]
        self.client, self.headers = machine.app.test_client(), {"Authorization": f"Bearer {token}"}

    def fetch(self) -> StopList:
        key = self.client.get("/api/v1/cards/stop-list/key", headers=self.headers).get_json()["key"]
        answer = self.client.get("/api/v1/cards/stop-list", headers=self.headers)
        return read_stop_list(answer.get_data(as_text=True), bytes.fromhex(key))

    def post(self, visits: list[dict[str, str]]) -> TestResponse:
        headers = {**self.headers, "Idempotency-Key": str(uuid4())}
        return self.client.post("/api/v1/cards/visits", json={"visits": visits}, headers=headers)


def id_of(database: Database, person: cast.Resident) -> Any:
    with database.command("test") as session:
        return session.scalar(select(Resident.id).where(Resident.addressee_number == person.addressee_number))
