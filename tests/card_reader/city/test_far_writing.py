"""A city card written from afar: writer, page and bridge as they are, the card a simulated one on the bridge's reader."""

from __future__ import annotations

import base64
import copy
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from card_reader import bridge_relay
from card_reader.bridge import Bridge
from card_reader.connection import Connection
from card_reader.errors import CardRemoved, CardSilent, NoCard
from card_reader.loopback import BadRequest, Request
from card_reader.orders import BadOrder, Do, carry_out, read_order, shown
from card_reader.sessions import jpki
from card_reader.sessions.city_entry import Status
from card_reader.sessions.city_names import AID, Role, Service
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import VolatileStore
from card_reader.writer import LOG_LIMIT, OPEN_LIMIT, FarConnection, Writer
from tests.card_reader.city.conftest import KEYS, CardStore, entry, opened
from tests.card_reader.conftest import HANAKO

TOKEN = "token-between-portal-and-writer-0123456789"
PAIRING = "pairing-token-of-this-test-0123456789"
CARD = HANAKO.card_id.lower()


class Line:
    """A reader at a window and the city's server, and the page that carries messages between the two."""

    def __init__(self, store: CardStore) -> None:
        self.card: SimulatedCard | None = SimulatedCard(store)
        self.pull_at = 0
        self.sent = 0
        self.bridge = Bridge(self._open, dict, origins=("http://127.0.0.1:8000",), pairing=PAIRING)
        self.writer = Writer(KEYS, token=TOKEN)

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        if self.card is None:
            raise NoCard("the reader is empty")
        yield self
        self.let_go = True

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        """The card on the reader; it can be pulled at a command, before it is carried out."""
        self.sent += 1
        if self.sent == self.pull_at or self.card is None:
            raise CardRemoved("pulled")
        if self.sent == 1:
            self.direct = DirectConnection(self.card)
        return self.direct.transmit(wire)

    def to_writer(self, path: str, body: dict[str, Any], token: str = TOKEN) -> dict[str, Any]:
        return _call(self.writer, path, body, authorization=f"Bearer {token}")

    def to_bridge(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return _call(self.bridge, path, body, origin="http://127.0.0.1:8000")

    def run(self, order: dict[str, Any], *, twice: bool = False) -> dict[str, Any]:
        """Carry an order through as the page does; *twice* sends every message again, as after a lost answer."""
        self.sent = 0
        said = self.to_writer("/v1/jobs", order)
        relay = self.to_bridge("/v1/relay", {"pairing": PAIRING})["relay"]
        while "send" in said:
            body = {"step": said["step"], "send": said["send"]}
            heard = self.to_bridge(f"/v1/relay/{relay}", body)
            if twice:
                assert self.to_bridge(f"/v1/relay/{relay}", body) == heard
            back = {"step": said["step"], "answer": heard.get("answer")}
            said = self.to_writer(f"/v1/jobs/{said['job']}", back)
            if twice:
                assert self.to_writer(f"/v1/jobs/{said['job']}", back) == said
        self.to_bridge(f"/v1/relay/{relay}", {})
        return said


def _call(service: Any, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    content = json.dumps(body).encode()
    answer = service(Request("POST", path, {}, {"content-type": "application/json", **headers}, content))
    said: dict[str, Any] = json.loads(answer.body)
    return said


@pytest.fixture
def line(store: CardStore) -> Line:
    return Line(store)


def order(do: Do = Do.WRITE, **fields: Any) -> dict[str, Any]:
    entries = {"entries": [shown(entry(Service.LIBRARY)), shown(entry(Service.SPORTS))]} if do is Do.WRITE else {}
    return {"do": do, "card": CARD, "terminal": "CHUO-3", **entries, **fields}


def test_an_order_is_written_from_afar_and_nobody_on_the_way_can_read_it(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        done = line.run(order(), twice=True)
    assert [one["service"] for one in done["done"]["entries"]] == ["library", "sports"]
    assert line.card is not None
    card = DirectConnection(line.card)
    assert opened(card, Role.LIBRARY).read(Service.LIBRARY) == entry(Service.LIBRARY)
    assert {record.terminal for record in opened(card, Role.ISSUER).log()[1:3]} == {"CHUO-3"}
    assert CARD not in caplog.text
    assert "0000000042" not in caplog.text
    assert line.let_go


def test_what_is_on_the_card_is_read_and_the_same_order_again_changes_nothing(line: Line, store: CardStore) -> None:
    line.run(order())
    before = store.city["objects"]
    assert "done" in line.run(order())
    assert store.city["objects"] == before
    found = line.run(order(Do.READ, card=None))["done"]
    assert found["card"] == CARD
    assert {one["service"] for one in found["entries"]} >= {"library", "sports"}


@pytest.mark.parametrize("at", range(1, 8))
def test_a_card_pulled_at_any_command_has_each_entry_old_or_new_and_the_order_can_be_sent_again(
    line: Line, at: int
) -> None:
    line.pull_at = at
    assert line.run(order()) | {"job": 0, "step": 0} == {"job": 0, "step": 0, "error": "card-removed"}
    line.pull_at = 0
    assert "done" in line.run(order())
    assert line.card is not None
    for service in (Service.LIBRARY, Service.SPORTS):
        assert opened(DirectConnection(line.card), Role.WRITER).read(service) == entry(service)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (order(card="00" * 10), "other-card"),
        (order(entries=[shown(entry(version=7))]), "lost-update"),
    ],
)
def test_what_the_card_or_the_order_contradicts_is_said_and_nothing_written(
    line: Line, store: CardStore, given: dict[str, Any], error: str
) -> None:
    before = store.city["objects"]
    assert line.run(given)["error"] == error
    assert store.city["objects"] == before


def test_the_issuer_suspends_and_resumes(line: Line, store: CardStore) -> None:
    assert line.run(order(Do.READ))["done"]["state"] == "active"
    for do, state in ((Do.SUSPEND, "suspended"), (Do.RESUME, "active"), (Do.TERMINATE, "terminated")):
        assert "done" in line.run(order(do))
        assert store.city["state"] == state
    assert line.run(order(Do.READ))["error"] == "card-refused"


def test_a_suspended_card_tells_the_issuer_that_it_is_one_and_nothing_else(line: Line, store: CardStore) -> None:
    line.run(order(Do.SUSPEND))
    assert line.run(order(Do.READ, card=None))["done"] == {"card": CARD, "state": "suspended", "entries": []}
    assert line.run(order(Do.READ, card="00" * 10))["error"] == "other-card"
    for do in (Do.WRITE, Do.LOG):
        refused = line.run(order(do))
        assert (refused["error"], refused["status"]) == ("card-refused", "6985")
    assert "done" in line.run(order(Do.RESUME))
    found = line.run(order(Do.READ))["done"]
    assert (found["state"], bool(found["entries"])) == ("active", True)


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ({"do": "paint"}, "do"),
        ({"card": "12"}, "card"),
        ({"card": None}, "card"),
        ({"entries": []}, "entries"),
        ({"entries": [{"service": "library"}]}, "entries.0"),
        ({"entries": [shown(entry()) | {"id": "１２３"}]}, "entries.0"),
        ({"entries": [shown(entry()) | {"payload": "薬" * 700}]}, "entries.0"),
        ({"entries": [shown(entry()), shown(entry())]}, "entries"),
        ({"terminal": "longer than eight"}, "terminal"),
    ],
)
def test_an_order_that_cannot_be_understood_names_the_part(line: Line, wrong: dict[str, Any], part: str) -> None:
    answer = _refused(lambda: line.to_writer("/v1/jobs", order() | wrong))
    assert answer == (422, f"this part of the order is missing or wrong: {part}")


def test_nobody_without_the_token_gives_orders(line: Line) -> None:
    assert _refused(lambda: line.to_writer("/v1/jobs", order(), token="guess"))[0] == 401
    assert _refused(lambda: line.to_writer("/v1/jobs/unknown", {"step": 1, "answer": "9000"}))[0] == 404


def _refused(act: Any) -> tuple[int, str]:
    with pytest.raises(BadRequest) as refusal:
        act()
    return refusal.value.status, str(refusal.value)


@pytest.mark.parametrize(
    ("wire", "passes"),
    [
        (b"\x00\xa4\x04\x0c\x0c" + AID, True),
        (bytes.fromhex("8050210008001122334455667700"), True),
        (bytes.fromhex("8484000008"), False),
        (bytes.fromhex("00A4040C0AD392F000260100000001"), True),  # whose national card it is, see below
        (bytes.fromhex("00A4040C0AD3921000310001010408"), False),  # of the national card no other application
        (bytes.fromhex("00B0000000"), False),
        (bytes.fromhex("00A4020C020011"), False),
        (bytes.fromhex("0020008004") + b"1234", False),
        (bytes.fromhex("8420008010") + bytes(16), False),
        (bytes.fromhex("842C028010") + bytes(16), True),  # the issuer's: a card takes it in no other channel
        (bytes.fromhex("002C028004") + b"1234", False),
        (bytes.fromhex("84A4020C10") + bytes(16), True),  # the log
        (bytes.fromhex("84A4040C10") + bytes(16), False),
        (bytes.fromhex("802A008010") + bytes(16), False),
        (bytes.fromhex("84DB3FFF10") + bytes(16), True),
        (b"\x84\xdb", False),
    ],
)
def test_only_commands_of_the_city_card_pass_and_none_that_could_try_a_pin(wire: bytes, passes: bool) -> None:
    assert bridge_relay.may_pass(wire, AID) is passes
    if not bridge_relay.selected(wire):
        assert not bridge_relay.may_pass(wire, b""), "to whatever the card has open by itself"


@pytest.mark.parametrize(
    ("wire", "passes"),
    [
        ("00B08A0000", True),  # the certificate for authentication, by its short identifier
        ("00A4020C02000A", True),
        ("00B0010000", True),
        ("00B0810000", False),  # the one for signing: name and address
        ("00A4020C020001", False),
        ("00A4020C020018", False),  # the PIN, also to ask how many tries are left
        ("00A4000C02000A", False),
        ("0020008A", False),
        ("0020008004" + b"1234".hex(), False),
        ("0024018004" + b"1234".hex(), False),
        ("802A008033" + "00" * 51 + "00", False),
        ("0084000008", False),
        ("8050210008001122334455667700", False),
        ("84CB3FFF10" + "00" * 16, False),
    ],
)
def test_of_the_national_card_the_free_certificate_is_read_and_nothing_else(wire: str, passes: bool) -> None:
    assert bridge_relay.may_pass(bytes.fromhex(wire), jpki.AID) is passes


def test_a_look_says_which_national_card_is_on_the_same_chip(
    line: Line, store: CardStore, card_templates: dict[str, Any]
) -> None:
    """Alone it has none; and no other order asks for it."""
    look = {"do": "read", "terminal": "CHUO-3", "whose": True}
    assert line.run(look)["done"]["certificate"] == ""
    content = store.load()
    content["applications"]["jpki"] = copy.deepcopy(card_templates["hanako"]["applications"]["jpki"])
    for short_ids in (True, False):
        content["applications"]["jpki"]["short_ids"] = short_ids
        line.card = SimulatedCard(VolatileStore(copy.deepcopy(content)))
        read = JpkiSession(DirectConnection(line.card)).auth_certificate()
        assert base64.b64decode(line.run(look, twice=True)["done"]["certificate"]) == read
    assert "certificate" not in line.run({"do": "read", "terminal": "CHUO-3"})["done"]
    with pytest.raises(BadOrder, match="whose"):
        read_order(order(Do.SUSPEND, whose=True))


def test_a_page_that_went_away_keeps_nobody_from_the_card(line: Line) -> None:
    relays = bridge_relay.Relays(line._open, line.bridge._card_lock, idle=0.01)
    relays.begin()
    assert line.bridge._card_lock.acquire(timeout=5)
    line.bridge._card_lock.release()


def test_an_order_whose_page_went_away_is_given_up() -> None:
    far = FarConnection(deadline=0.01)
    with pytest.raises(CardSilent):
        carry_out(far, KEYS, read_order(order()))
    assert far.commands.get() == b"\x00\xa4\x04\x0c\x0c" + AID


def test_who_brings_an_answer_too_late_is_told_that_the_order_was_given_up(line: Line) -> None:
    line.writer = Writer(KEYS, token=TOKEN, patience=0.01)
    said = line.to_writer("/v1/jobs", order())
    for thread in threading.enumerate():
        if thread.name == "card-order":
            thread.join(5)
    late = {"step": said["step"], "answer": "9000"}
    assert line.to_writer(f"/v1/jobs/{said['job']}", late)["error"] == "card-silent"
    assert line.to_writer(f"/v1/jobs/{said['job']}", late)["error"] == "card-silent"


def test_what_the_card_had_open_before_hears_nothing_and_nobody_keeps_a_card_for_good(line: Line) -> None:
    """Wrong proofs end the card's own manager for good: nothing passes before the city card's application is there."""
    relays = bridge_relay.Relays(line._open, line.bridge._card_lock)
    held = relays.begin()
    opening = bytes.fromhex("8050210008001122334455667700")
    assert _refused(lambda: relays.pass_on(held, 1, opening))[0] == 403
    assert relays.pass_on(held, 1, b"\x00\xa4\x04\x0c\x0c" + AID) == "9000"
    assert relays.pass_on(held, 2, opening).endswith("9000")
    assert _refused(lambda: relays.pass_on("é", 3, opening))[0] == 404
    relays.end(held)
    relays = bridge_relay.Relays(line._open, line.bridge._card_lock, longest=0.0)
    held = relays.begin()
    assert _refused(lambda: relays.pass_on(held, 1, b"\x00\xa4\x04\x0c\x0c" + AID))[0] == 404
    assert line.bridge._card_lock.acquire(timeout=5)
    line.bridge._card_lock.release()


def test_the_same_order_runs_over_a_reader_of_this_machine(card: DirectConnection) -> None:
    ended = order(entries=[shown(entry(status=Status.ENDED, id=""))])
    done = carry_out(card, KEYS, read_order(ended))
    assert done["entries"][0]["status"] == "ended"


def test_orders_that_are_over_and_holders_at_home_take_no_window_its_place(line: Line) -> None:
    read, log = {"do": "read"}, {"do": "log", "card": CARD}
    open_now = [line.to_writer("/v1/jobs", log) for _ in range(LOG_LIMIT)]
    with pytest.raises(BadRequest) as full:
        line.to_writer("/v1/jobs", log)
    assert full.value.status == 429
    over = [line.run(read) for _ in range(OPEN_LIMIT)]  # a busy morning
    assert line.to_writer(f"/v1/jobs/{over[0]['job']}", {"step": 1}) == over[0]
    for said in open_now:
        line.to_writer(f"/v1/jobs/{said['job']}", {"step": 1, "answer": None})
    assert "done" in line.run(log)
