"""A terminal reads its own id, honours the stop list, and knows how old a list may be."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from card_reader.__main__ import main
from card_reader.errors import CardError
from card_reader.key_store import MasterKeys, demo_masters
from card_reader.monitor import CardEvent
from card_reader.sessions.city_entry import Status
from card_reader.sessions.city_names import Role, Service
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.stop_list import TYPE, BadStopList, StopList, read_stop_list
from card_reader.terminal import ROLES, Terminal, Verdict
from card_reader.terminal_post import BadTarget, Target
from card_reader.terminal_watch import Arrivals, NewestList
from tests.card_reader.city.conftest import CardStore, entry, opened
from tests.card_reader.conftest import HANAKO

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
CITY = Ed25519PrivateKey.generate()
KEY = CITY.public_key().public_bytes_raw()
CARD = HANAKO.card_id.lower()


def stops(*cards: str, number: int = 1, age: timedelta = timedelta()) -> StopList:
    issued = (NOW - age).timestamp()
    return StopList(number, issued, issued + 86_400, frozenset(cards))


def terminal(role: Role = Role.LIBRARY, known: StopList | None = None, keys: MasterKeys | None = None) -> Terminal:
    return Terminal(role, keys or demo_masters(), "LIB-0007", lambda: known, lambda: NOW)


@pytest.mark.parametrize("role", sorted(ROLES.values()))
def test_each_role_reads_its_own_id(card: DirectConnection, role: Role) -> None:
    found = terminal(role, stops()).read(card)
    service = found.service
    if service not in HANAKO.services:
        assert found.verdict is Verdict.NOT_A_MEMBER
        assert not found.id
        return
    assert (found.verdict, found.id) == (Verdict.WELCOME, HANAKO.services[service]["id"])
    assert "card" not in found.shown()


@pytest.mark.parametrize(
    ("role", "known", "verdict"),
    [
        (Role.LIBRARY, stops(CARD), Verdict.STOPPED),
        (Role.LIBRARY, stops(CARD, age=timedelta(days=90)), Verdict.STOPPED),
        (Role.LIBRARY, stops(age=timedelta(hours=25)), Verdict.LIST_TOO_OLD),
        (Role.LIBRARY, None, Verdict.LIST_TOO_OLD),
        (Role.LIBRARY, stops(age=timedelta(hours=-1)), Verdict.LIST_TOO_OLD),
        (Role.AMBULANCE, None, Verdict.WELCOME_UNCHECKED),
        (Role.AMBULANCE, stops(CARD), Verdict.STOPPED),
    ],
)
def test_stopped_cards_are_refused_and_an_old_list_serves_help_only(
    card: DirectConnection, role: Role, known: StopList | None, verdict: Verdict
) -> None:
    found = terminal(role, known).read(card)
    assert found.verdict is verdict
    assert bool(found.id) is found.welcome


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"status": Status.SUSPENDED}, Verdict.SUSPENDED),
        ({"status": Status.ENDED, "id": ""}, Verdict.ENDED),
        ({"expires": date(2026, 11, 21)}, Verdict.EXPIRED),
        ({"expires": date(2026, 11, 22)}, Verdict.WELCOME),
    ],
)
def test_an_entry_that_is_not_to_be_used_says_why(card: DirectConnection, fields: Any, verdict: Verdict) -> None:
    opened(card, Role.WRITER).write(entry(Service.LIBRARY, **fields))
    assert terminal(known=stops()).read(card).verdict is verdict


class Crossed:
    """Two people hold their cards to one terminal: before command number *at* the second takes the place of the first."""

    def __init__(self, first: DirectConnection, second: DirectConnection, at: int) -> None:
        self.first, self.second, self.at, self.sent = first, second, at, 0

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        self.sent += 1
        return (self.first if self.sent < self.at else self.second).transmit(wire)


def another_card() -> DirectConnection:
    store, number = CardStore(), "ab" * 10
    made = {f"{kvn:02X}": demo_masters().card_keys(kvn, bytes.fromhex(number)) for kvn in demo_masters().kvns()}
    keys = {kvn: {"enc": one.enc.hex(), "mac": one.mac.hex(), "dek": one.dek.hex()} for kvn, one in made.items()}
    store.change(card_id=number, keys=keys)
    second = DirectConnection(SimulatedCard(store))
    opened(second, Role.WRITER).write(entry(Service.LIBRARY, id="SECOND"))
    return second


@pytest.mark.parametrize("at", range(1, 9))
def test_cards_that_cross_are_never_taken_for_each_other(card: DirectConnection, at: int) -> None:
    """Whatever the moment: an id goes with the card it is on, or nobody is served."""
    whose = {CARD: HANAKO.services["library"]["id"], "ab" * 10: "SECOND"}
    try:
        found = terminal(known=stops("ab" * 10)).read(Crossed(card, another_card(), at))
    except CardError:
        return
    assert (found.verdict, found.id) in [
        (Verdict.WELCOME, whose[CARD]),
        (Verdict.STOPPED, ""),
        (Verdict.NOT_GENUINE, ""),
    ]
    assert found.card != "ab" * 10 or found.verdict is Verdict.STOPPED
    assert not found.id or whose[found.card] == found.id


def test_a_card_exchanged_before_its_turn_is_read_once() -> None:
    cards = Arrivals("Gate")
    for kind, reader in (
        ("inserted", "Gate 00 00"), ("removed", "Gate 00 00"), ("inserted", "Gate 00 00"),
        ("inserted", "Desk 00 00"), ("inserted", "Gate 00 01"),
    ):  # fmt: skip
        cards.hear(CardEvent(reader, kind))
    assert [cards.next(), cards.next()] == ["Gate 00 00", "Gate 00 01"]
    cards.again("Gate 00 01")
    assert cards.next() == "Gate 00 01"
    cards.again("Gate 00 01")
    cards.hear(CardEvent("Gate 00 01", "removed"))
    cards.hear(CardEvent("Gate 00 00", "inserted"))
    assert cards.next() == "Gate 00 00", "who went away is not waited for"


def test_the_last_day_ends_at_midnight_in_japan(card: DirectConnection) -> None:
    opened(card, Role.WRITER).write(entry(Service.LIBRARY, expires=date(2026, 11, 22)))
    for hour, verdict in ((14, Verdict.WELCOME), (15, Verdict.EXPIRED)):  # UTC, as the machine may be set to
        moment = NOW.replace(hour=hour)
        known = StopList(1, moment.timestamp(), moment.timestamp() + 60, frozenset())
        reader = Terminal(
            Role.LIBRARY, demo_masters(), "LIB-0007", lambda known=known: known, lambda moment=moment: moment
        )
        assert reader.read(card).verdict is verdict


def test_a_good_card_of_keys_that_ended_is_no_forgery(card: DirectConnection) -> None:
    renewed = MasterKeys({0x31: bytes(range(16))})
    assert terminal(known=stops(), keys=renewed).read(card).verdict is Verdict.KEYS_TOO_OLD


@pytest.mark.parametrize("name", ["LIBRARY-CHUO-1", "図書館"])
def test_a_name_that_does_not_fit_into_a_cards_log_is_said_at_the_start(name: str) -> None:
    said = CliRunner().invoke(main, ["terminal", "--role", "library", "--store", "demo", "--name", name])
    assert (said.exit_code, "8 signs" in said.output) == (2, True)


def test_a_card_the_issuer_suspended_and_a_forged_one_are_refused(card: DirectConnection) -> None:
    forged = MasterKeys({Role.LIBRARY: bytes(range(16))})
    assert terminal(known=stops(), keys=forged).read(card).verdict is Verdict.NOT_GENUINE
    opened(card, Role.ISSUER).suspend()
    assert terminal(known=stops()).read(card).verdict is Verdict.STOPPED


def test_a_reading_is_posted_to_the_services_own_program(card: DirectConnection) -> None:
    taken: list[dict[str, str]] = []

    def till(request: httpx.Request) -> httpx.Response:
        taken.append(json.loads(request.content))
        return httpx.Response(200 if len(taken) == 1 else 500)

    target = Target("http://127.0.0.1:9000/cards", httpx.Client(transport=httpx.MockTransport(till)))
    found = terminal(known=stops()).read(card)
    assert [target.post(found), target.post(found)] == [True, False]
    assert taken[0] == found.shown()
    assert (taken[0]["verdict"], taken[0]["id"]) == ("welcome", HANAKO.services["library"]["id"])
    assert CARD not in json.dumps(taken)
    for elsewhere in ("http://library.example/", "ftp://127.0.0.1/", "http://127.0.0.1.example/", "file:///x", ""):
        with pytest.raises(BadTarget):
            Target(elsewhere)


def sign(content: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    parts = [header or {"alg": "EdDSA", "typ": TYPE}, content]
    text = ".".join(_b64(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_b64(CITY.sign(text.encode()))}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def said(**fields: Any) -> dict[str, Any]:
    return {"number": 5, "issued_at": 100, "valid_until": 200, "stopped": [CARD.upper()], **fields}


def test_a_signed_list_is_read_and_the_newest_kept(tmp_path: Path) -> None:
    file = tmp_path / "stops.jws"
    lists = NewestList(file, lambda: KEY)
    assert lists.read() is None
    for text, number in ((sign(said()), 5), (sign(said(number=4)), 5), ("damaged", 5), (sign(said(number=6)), 6)):
        file.write_text(text)
        found = lists.read()
        assert found is not None
        assert found.number == number
    assert found.stops(bytes.fromhex(CARD))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b.c",
        sign(said())[:-4] + "AAAA",
        sign(said(), {"alg": "none", "typ": TYPE}),
        sign(said(), {"alg": "EdDSA", "typ": "JWT"}),
        sign({"number": 1}),
        sign(said(stopped=None)),
        "x" * 9_000_000,
        f"{_b64(b'[' * 200_000)}.e30.AAAA",  # what is not signed is not parsed either
    ],
)
def test_what_is_no_list_of_this_city_is_refused(text: str) -> None:
    with pytest.raises(BadStopList):
        read_stop_list(text, KEY)
