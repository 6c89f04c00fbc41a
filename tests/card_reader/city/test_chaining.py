"""Long commands of hosts that know short APDUs only: in parts, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from card_reader import apdu
from card_reader.connection import Connection
from card_reader.scp03 import ChannelBroken
from card_reader.sessions.city_entry import encode
from card_reader.sessions.city_names import Service
from card_reader.simulator.card import DirectConnection
from tests.card_reader.city.conftest import entry
from tests.card_reader.city.test_writing import LONG, commit, put, read, writer
from tests.card_reader.counting import status


class Chaining:
    """A line that sends long commands in short ones with the chaining bit, as hosts without extended APDUs do."""

    def __init__(self, inner: Connection, change: Callable[[int, bytearray], None] = lambda number, wire: None) -> None:
        self.inner, self.change, self.sent = inner, change, 0

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        command = apdu.parse(wire)
        data, answer = bytes(command.data), (b"", 0x9000)
        while answer[1] == 0x9000:
            last = len(data) <= 255
            head = bytes((command.cla if last else command.cla | 0x10, command.ins, command.p1, command.p2))
            part = bytearray(head + bytes((len(data[:255]),)) + data[:255])
            self.change(self.sent, part)
            answer, data, self.sent = self.inner.transmit(part), data[255:], self.sent + 1
            if last:
                return answer
        return answer


def test_a_long_entry_may_come_in_a_chain_of_commands(card: DirectConnection) -> None:
    new = entry(Service.EMERGENCY, payload=LONG)
    channel = writer(card)._connection
    channel._inner = line = Chaining(channel._inner)
    assert put(channel, encode(new)) == 0x9000
    assert line.sent > 8
    assert commit(channel, Service.EMERGENCY) == 0x9000
    assert read(card, Service.EMERGENCY) == new


@pytest.mark.parametrize("number", [0, 1, -1])
@pytest.mark.parametrize("byte", [0, 1, 2, 3, 4, 5, 60, -1])
def test_an_altered_part_of_a_chain_kills_the_channel(card: DirectConnection, number: int, byte: int) -> None:
    channel = writer(card)._connection
    data = encode(entry(Service.EMERGENCY, payload=LONG))
    at = number % (-(-(len(data) + 24) // 255))

    def change(sent: int, wire: bytearray) -> None:
        if sent == at:
            wire[byte] ^= 1

    channel._inner = Chaining(channel._inner, change)
    with suppress(ChannelBroken):
        assert put(channel, data) in (0x6700, 0x6982, 0x6E00)
    assert status(card, "84DE0000085C02FF65AABBCCDD") == 0x6982


def test_a_chain_without_end_or_channel_is_refused(card: DirectConnection) -> None:
    part = "94DB3FFFFF" + "00" * 255
    assert status(card, part) == 0x6E00
    writer(card)
    assert [status(card, part) for _ in range(17)] == [0x9000] * 16 + [0x6E00]
    assert status(card, part) == 0x6E00
