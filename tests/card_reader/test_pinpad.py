"""Readers with keys of their own (PC/SC part 10): the PIN goes to the card and through no program of ours.

Virtual readers have no keys, so here a stand-in for the operating system's PC/SC library has some, with a simulated card.
"""

# ruff: noqa: N802 - the names of PC/SC
from __future__ import annotations

import logging
import struct
import sys
from types import ModuleType
from typing import Any

import pytest

from card_reader.bridge import Bridge
from card_reader.connection import Connection
from card_reader.errors import CardRemoved, PinBlocked, PinWrong
from card_reader.loopback import Answer, Request
from card_reader.pcsc import open_card
from card_reader.pinpad import PinNotTyped, pinpad_of
from card_reader.sessions.city import CitySession
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.card import SimulatedCard
from card_reader.simulator.memory import VolatileStore

READER, VERIFY = "Keys 00 00", 0x42330006
CONTROL = 0x42000000
HOST, TOKEN, PORTAL = "127.0.0.1:8200", "pairing-token-of-this-test-0123456789", "http://127.0.0.1:8000"


class Library:
    """The part of PC/SC one card in one reader uses. The holder types *typed*: digits, or the status word of not typing."""

    SCARD_SCOPE_SYSTEM, SCARD_STATE_UNAWARE, SCARD_STATE_INUSE, SCARD_STATE_PRESENT = 2, 0, 0x100, 0x20
    SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1 = 1, 1, 2
    SCARD_PCI_T0 = SCARD_PCI_T1 = "pci"
    SCARD_UNPOWER_CARD, SCARD_LEAVE_CARD = 2, 0

    def __init__(self, card: SimulatedCard) -> None:
        self.card = card
        self.features = [0x06, 4, *VERIFY.to_bytes(4, "big"), 0x0A, 4, *(CONTROL + 99).to_bytes(4, "big")]
        self.result = 0
        self.typed: str | int = "1234"
        self.sent: list[bytes] = []

    @staticmethod
    def SCARD_CTL_CODE(code: int) -> int:
        return CONTROL + code

    def SCardEstablishContext(self, scope: int) -> tuple[int, object]:
        return 0, object()

    def SCardReleaseContext(self, context: object) -> int:
        return 0

    def SCardListReaders(self, context: object, groups: list[str]) -> tuple[int, list[str]]:
        return 0, [READER]

    def SCardGetStatusChange(
        self, context: object, wait: int, watched: Any
    ) -> tuple[int, list[tuple[str, int, bytes]]]:
        return 0, [(READER, 0x20, self.card.atr)]

    def SCardConnect(self, context: object, reader: str, share: int, protocols: int) -> tuple[int, object, int]:
        self.card.forget()
        return 0, "card", 2

    def SCardStatus(self, card: object) -> tuple[int, str, int, int, bytes]:
        return 0, READER, 0, 2, self.card.atr

    def SCardDisconnect(self, card: object, after: int) -> int:
        return 0

    def SCardTransmit(self, card: object, pci: object, command: list[int]) -> tuple[int, list[int]]:
        self.sent.append(bytes(command))
        return 0, list(self.card.transmit(bytes(command)))

    def SCardControl(self, card: object, code: int, data: list[int]) -> tuple[int, list[int]]:
        if code == CONTROL + 3400:
            return (0, self.features) if self.features else (0x80100016 - (1 << 32), [])
        assert code == VERIFY
        if self.result:
            return self.result, []
        if isinstance(self.typed, int):
            return 0, list(self.typed.to_bytes(2, "big"))
        fields = struct.unpack("<BBBBBHBBHB3sI", bytes(data[:19]))
        command = bytes(data[19:])
        assert (fields[2], fields[3], fields[5], fields[-1]) == (0x82, 4, 0x0404, len(command))
        assert command[:3] + command[4:] == bytes.fromhex("002000 04 FFFFFFFF")
        return 0, list(self.card.transmit(command[:5] + self.typed.encode()))


@pytest.fixture
def library(memory: VolatileStore, monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library(SimulatedCard(memory))
    module = ModuleType("smartcard")
    vars(module)["scard"] = library
    monkeypatch.setitem(sys.modules, "smartcard", module)
    return library


def prove(connection: Connection) -> bytes:
    pinpad = pinpad_of(connection)
    assert pinpad is not None
    return JpkiSession(connection).prove_holder(pinpad, b"challenge").signature


def test_a_pin_typed_on_the_reader_passes_no_program(library: Library, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), open_card(READER) as connection:
        assert len(prove(connection)) == 256
        pinpad = pinpad_of(connection)
        assert pinpad is not None
        city = CitySession(connection)
        city.verify_pin(pinpad)
        assert city.tries_left() == 3
    assert not [wire for wire in library.sent if b"1234" in wire]
    assert "1234" not in caplog.text


def test_what_happens_at_the_keys_is_a_fact_and_only_a_wrong_pin_counts(library: Library) -> None:
    with open_card(READER) as connection:
        for word in (0x6400, 0x6401, 0x6403):
            library.typed = word
            with pytest.raises(PinNotTyped):
                prove(connection)
        for left in (2, 1):
            library.typed = "0000"
            with pytest.raises(PinWrong) as wrong:
                prove(connection)
            assert wrong.value.tries_left == left
        with pytest.raises(PinBlocked):
            prove(connection)
        library.result = 0x80100069 - (1 << 32)  # pulled while typing
        for _ in range(2):
            with pytest.raises(CardRemoved):
                prove(connection)


@pytest.mark.parametrize("features", [[], [0x06], [0x0A, 4, 0, 0, 0, 1], [0x06, 2, 1, 2, 0, 0]])
def test_a_reader_without_keys_has_none(library: Library, features: list[int]) -> None:
    library.features = features
    with open_card(READER) as connection:
        assert pinpad_of(connection) is None


class Desk:
    """A page of the portal and the holder, at a bridge with this reader."""

    def __init__(self) -> None:
        self.bridge = Bridge(lambda: open_card(READER), dict, origins=(PORTAL,), pairing=TOKEN)

    def call(self, method: str, path: str, body: bytes = b"", origin: str = PORTAL, **query: str) -> Answer:
        headers = {"host": HOST, "origin": origin, "accept-language": "en", "content-type": "application/json"}
        asked = {name: [value] for name, value in query.items()}
        answer = self.bridge(Request(method, path, asked, headers, body))
        assert isinstance(answer, Answer)
        return answer


def test_the_bridge_lets_the_holder_type_on_the_reader_or_on_the_screen(library: Library) -> None:
    desk = Desk()
    body = b'{"challenge": "%s", "pairing": "%s"}' % (b"QUFB" * 8, TOKEN.encode())
    begun = desk.call("POST", "/v1/authenticate", body).body.decode()
    prompt = "/prompt/" + begun.split("/prompt/")[1].split('"')[0]
    page = desk.call("GET", prompt).body.decode()
    assert "on the keys of the card reader" in page
    assert 'name="pin"' not in page
    assert 'name="pin"' in desk.call("GET", prompt, on="screen").body.decode()
    here = {"origin": f"http://{HOST}"}
    library.typed = 0x6400
    assert b"No PIN was typed" in desk.call("POST", prompt, b"where=reader&act=confirm", **here).body
    library.typed = "9999"
    wrong = desk.call("POST", prompt, b"where=reader&act=confirm", **here)
    assert (wrong.status, b'name="pin"' in wrong.body) == (422, False)
    library.typed = "1234"
    assert b"You are confirmed" in desk.call("POST", prompt, b"where=reader&act=confirm", **here).body
    library.features = []
    again = "/prompt/" + desk.call("POST", "/v1/authenticate", body).body.decode().split("/prompt/")[1].split('"')[0]
    assert 'name="pin"' in desk.call("GET", again).body.decode()
    assert desk.call("POST", again, b"where=reader&act=confirm", **here).status == 409
