"""A hundred thousand random commands, always the same ones: no crash, no 6F00, and nothing written by strangers."""

from __future__ import annotations

import os
import random
from contextlib import suppress

import pytest

from card_reader import apdu, tlv
from card_reader.apdu import Command
from card_reader.errors import CardError, name_of
from card_reader.scp03 import SecureConnection
from card_reader.sessions import city_names as names
from card_reader.sessions.city_names import KVNS, Role, Service
from card_reader.simulator.card import DirectConnection, SimulatedCard
from tests.card_reader.city.conftest import CardStore, opened
from tests.card_reader.city.test_chaining import Chaining

SEED = 20261122
TIMES = int(os.environ.get("CARD_FUZZ_TIMES", "1"))  # 10 is a million, with those for the national card
STRANGERS, BEHIND_A_KEY = 70_000 * TIMES, 10_000 * TIMES  # and three roles: 100,000 in all
INSTRUCTIONS = (
    apdu.SELECT, apdu.VERIFY, apdu.CHANGE_REFERENCE_DATA, apdu.RESET_RETRY_COUNTER, apdu.READ_BINARY,
    apdu.GET_RESPONSE, names.INITIALIZE_UPDATE, names.EXTERNAL_AUTHENTICATE, names.READ_RECORD, names.GET_DATA,
    names.PUT_KEY, names.PUT_DATA, names.COMMIT, names.DELETE, names.SET_STATUS,
)  # fmt: skip
PLACES = (
    (0x3F, 0xFF),
    (0x00, 0x00),
    (0x00, 0x80),
    (0x02, 0x0C),
    (0x01, 0x04),
    (0x00, 0x81),
    (0x02, 0x80),
    (0x40, 0x87),
)
FIELDS = (*Service, *range(0xDF01, 0xDF0C), names.TAG_LIST, names.OFFSET, names.PART, 0xD2, 0x88)


class Fuzz:
    """A card whose randomness is seeded too, and the commands somebody throws at it."""

    def __init__(self, seed: str) -> None:
        self.source = random.Random(seed)
        self.words: dict[int, int] = {}
        self.replace_card()

    def replace_card(self) -> None:
        self.store = CardStore()
        self.card = DirectConnection(SimulatedCard(self.store, self.source.randbytes))

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        data, word = self.card.transmit(wire)
        self.words[word] = self.words.get(word, 0) + 1
        return data, word

    def content(self) -> bytes:
        """Data that look right to some depth: lists of tags, objects, files, PINs, or noise."""
        pick, source = self.source.random(), self.source
        if pick < 0.3:
            return tlv.encode(source.choice(FIELDS), self._inner())
        if pick < 0.6:
            return tlv.encode(names.TAG_LIST, source.choice(list(Service)).to_bytes(2, "big")) + self._inner()
        if pick < 0.7:
            return source.choice((b"\x00\x01", b"\x00\x11", b"\x00\xf1", names.AID, b"1234", b"0000", b"0000"))
        return source.randbytes(source.choice((0, 1, 2, 8, 16, 40, 240, 300)))

    def _inner(self) -> bytes:
        source = self.source
        made = [
            tlv.encode(source.choice(FIELDS), source.randbytes(source.choice((0, 1, 2, 3, 4, 8, 16))))
            for _ in range(source.randrange(5))
        ]
        return b"".join(made) if source.random() < 0.9 else b"".join(made)[:-1]

    def command(self) -> Command:
        source = self.source
        p1, p2 = source.choice(PLACES) if source.random() < 0.8 else (source.randrange(256), source.randrange(256))
        ins = source.choice(INSTRUCTIONS) if source.random() < 0.9 else source.randrange(256)
        return Command(
            source.choice((0x00, 0x80)), ins, p1, p2, self.content(), source.choice((None, 1, 16, 256, 4096))
        )

    def wire(self) -> bytes:
        """A command for the bare line: well formed, of any class, or only bytes."""
        source = self.source
        wire = bytearray(bytes(self.command()))
        if source.random() < 0.3:
            wire[0] = source.choice((0x04, 0x84, 0x0C, 0x10, 0x90, 0x94, 0xFF))
        if source.random() < 0.05:
            wire[1:4] = bytes((names.INITIALIZE_UPDATE, source.choice(list(KVNS)), 0))
        if source.random() < 0.1:
            del wire[source.randrange(len(wire)) :]
        if source.random() < 0.1:
            wire = bytearray(source.randbytes(source.randrange(40)))
        return bytes(wire)


def check(fuzz: Fuzz, caplog: pytest.LogCaptureFixture) -> None:
    assert not [word for word in fuzz.words if word >> 8 != 0x61 and name_of(word) == f"{word:04X}"]
    assert 0x6F00 not in fuzz.words
    assert "card." not in caplog.text


def test_strangers_commands(caplog: pytest.LogCaptureFixture) -> None:
    fuzz = Fuzz(f"{SEED} strangers")
    before = fuzz.store.city
    fuzz.transmit(bytes(Command(0x00, 0xA4, 0x04, 0x0C, names.AID)))
    for _ in range(STRANGERS):
        fuzz.transmit(fuzz.wire())
        if fuzz.source.random() < 0.002:
            fuzz.transmit(bytes(Command(0x00, 0xA4, 0x04, 0x0C, names.AID)))
    check(fuzz, caplog)
    assert len(fuzz.words) > 10
    for part in ("objects", "keys", "state", "log", "card_id"):
        assert fuzz.store.city[part] == before[part]


@pytest.mark.parametrize("role", [Role.LIBRARY, Role.WRITER, Role.ISSUER])
def test_commands_behind_a_key(role: Role, caplog: pytest.LogCaptureFixture) -> None:
    """The parsers lie behind the channel, so most of the throwing happens there."""
    fuzz = Fuzz(f"{SEED} {role}")
    before = fuzz.store.city
    channel: SecureConnection | None = None
    for _ in range(BEHIND_A_KEY):
        while channel is None:
            try:
                line = Chaining(fuzz) if fuzz.source.random() < 0.5 else fuzz
                channel = opened(line, role)._connection
            except CardError:
                fuzz.replace_card()  # the issuer took its own key away, or terminated it
        with suppress(apdu.MalformedApdu):
            try:
                channel.transmit(bytes(fuzz.command()))
            except CardError:
                channel = None
    check(fuzz, caplog)
    assert {0x9000, 0x6A80, 0x6A86} <= set(fuzz.words)
    if role is Role.LIBRARY:
        assert fuzz.store.city["objects"] == before["objects"]
        assert fuzz.store.city["keys"] == before["keys"]


def test_the_same_seed_gives_the_same_answers() -> None:
    answers = []
    for _ in range(2):
        fuzz = Fuzz(f"{SEED} twice")
        fuzz.transmit(bytes(Command(0x00, 0xA4, 0x04, 0x0C, names.AID)))
        answers.append([fuzz.transmit(fuzz.wire()) for _ in range(1000)])
    assert answers[0] == answers[1]
