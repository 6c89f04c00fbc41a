"""The worked example of card_reader/README.md, played: what other teams check their programs with has to be right."""

from __future__ import annotations

import re
from pathlib import Path

from card_reader.apdu import Command
from card_reader.key_store import MasterKeys
from card_reader.scp03 import open_channel
from card_reader.sessions.city_names import AID, KVNS, Role
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.city_channel import KeySet
from tests.card_reader.city.conftest import CardStore

README = (Path(__file__).resolve().parents[3] / "card_reader" / "README.md").read_text("utf-8")
EXAMPLE = [
    re.split(r"\s{2,}|(?<=^<)\s+", line, maxsplit=1)
    for line in README.split("```example\n")[1].split("```")[0].splitlines()
]
VALUES = {name: value for name, value in EXAMPLE if name not in ("<",)}
ANSWERS = [value.lower() for name, value in EXAMPLE if name == "<"]
COMMANDS = [value.lower() for name, value in EXAMPLE if name.startswith(">")]
KEYS = MasterKeys({Role.LIBRARY: bytes(range(16))})


class Line:
    def __init__(self, inner: DirectConnection) -> None:
        self.inner = inner
        self.sent: list[str] = []
        self.answered: list[str] = []

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        data, word = self.inner.transmit(wire)
        self.sent.append(wire.hex())
        self.answered.append(f"{data.hex()}{word:04x}")
        return data, word


def test_the_worked_example() -> None:
    card_id = bytes.fromhex(VALUES["card id"])
    keys = KEYS.card_keys(Role.LIBRARY, card_id)
    assert (keys.enc.hex(), keys.mac.hex(), keys.dek.hex()) == tuple(
        VALUES[use].lower() for use in ("ENC", "MAC", "DEK")
    )
    store = CardStore()
    store.change(
        card_id=card_id.hex(),
        keys={"11": KeySet(keys.enc, keys.mac, keys.dek).record()},
        objects={"FF61": VALUES["object"].lower()},
    )
    line = Line(DirectConnection(SimulatedCard(store, lambda size: bytes.fromhex("8899AABBCCDDEEFF")[:size])))
    line.inner.transmit(bytes(Command(0x00, 0xA4, 0x04, 0x0C, AID)))
    channel = open_channel(line, Role.LIBRARY, lambda _: keys, bytes.fromhex("0011223344556677"))
    data, _ = channel.transmit(bytes(Command(0x80, 0xCB, 0x3F, 0xFF, bytes.fromhex("5C02FF61"), le=256)))
    assert data.hex() == VALUES["object"].lower()
    assert line.sent == COMMANDS
    assert line.answered == ANSWERS
    session = (channel._enc.hex(), channel._mac.hex(), channel._rmac.hex())
    assert session == tuple(VALUES[name].lower() for name in ("S-ENC", "S-MAC", "S-RMAC"))


def test_every_role_is_in_the_table() -> None:
    rows = re.findall(r"^\| ([0-9A-F]{2}) \| (\w+)", README, re.MULTILINE)
    assert {int(kvn, 16): name.upper() for kvn, name in rows} == {role.value: role.name for role in Role}
    assert set(Role) <= set(KVNS)
