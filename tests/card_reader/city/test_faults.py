"""Whatever arrives: no crash, no 6F00, no data for strangers, no channel that survives a forged message."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from card_reader.apdu import Command
from card_reader.errors import CardError
from card_reader.scp03 import ChannelBroken, SecureConnection
from card_reader.sessions import city_names as names
from card_reader.sessions.city_entry import encode
from card_reader.sessions.city_names import Role
from card_reader.simulator.card import DirectConnection, SimulatedCard
from tests.card_reader.city.conftest import CardStore, entry, opened
from tests.card_reader.counting import status

OWN_ID = Command(0x80, names.GET_DATA, 0x3F, 0xFF, bytes.fromhex("5C02FF61"), le=256)


class Line:
    """A line somebody sits on: keeps what passes, and may change it either way."""

    def __init__(self, inner: DirectConnection) -> None:
        self.inner = inner
        self.commands: list[bytes] = []
        self.answers: list[bytes] = []
        self.change_command: Callable[[bytes], bytes] = lambda wire: wire
        self.change_answer: Callable[[bytes, int], tuple[bytes, int]] = lambda data, word: (data, word)

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        self.commands.append(bytes(wire))
        data, word = self.change_answer(*self.inner.transmit(self.change_command(bytes(wire))))
        self.answers.append(data)
        return data, word


def on_a_line(card: DirectConnection, kvn: int = Role.LIBRARY) -> tuple[SecureConnection, Line]:
    channel = opened(card, kvn)._connection
    line = Line(card)
    channel._inner = line
    return channel, line


def flip(wire: bytes, bit: int) -> bytes:
    changed = bytearray(wire)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_every_flipped_bit_of_a_command_kills_the_channel(card: DirectConnection) -> None:
    channel, line = on_a_line(card)
    channel.transmit(bytes(OWN_ID))
    length = len(line.commands[0]) - 1  # the last byte is Le, which is not protected
    for bit in range(length * 8):
        channel, line = on_a_line(card)
        line.change_command = lambda wire, bit=bit: flip(wire, bit)  # type: ignore[misc]
        with suppress(ChannelBroken):
            assert channel.transmit(bytes(OWN_ID))[1] >= 0x6700, f"bit {bit} was not noticed"
        # Nothing is left of the channel on the card: the very message it expected next is one of a stranger.
        assert card.transmit(line.commands[0]) == (b"", 0x6982), f"bit {bit} left the channel alive"


def test_every_flipped_bit_of_an_answer_is_noticed(card: DirectConnection) -> None:
    channel, line = on_a_line(card)
    channel.transmit(bytes(OWN_ID))
    for bit in range((len(line.answers[0]) + 2) * 8):
        channel, line = on_a_line(card)

        def change(data: bytes, word: int, bit: int = bit) -> tuple[bytes, int]:
            changed = flip(data + word.to_bytes(2, "big"), bit)
            return changed[:-2], int.from_bytes(changed[-2:], "big")

        line.change_answer = change
        with suppress(CardError):
            data, word = channel.transmit(bytes(OWN_ID))
            assert (data, word >= 0x6400) == (b"", True), f"bit {bit} was believed"


@pytest.mark.parametrize("byte", range(5, 21))
def test_every_flipped_byte_of_a_handshake_is_refused(card: DirectConnection, byte: int) -> None:
    def forge(wire: bytes) -> bytes:
        return flip(wire, byte * 8 + byte % 8) if wire[1] == names.EXTERNAL_AUTHENTICATE else wire

    line = Line(card)
    line.change_command = forge
    with pytest.raises(CardError):
        opened(line, Role.LIBRARY)
    assert status(card, "00CB3FFF045C02FF6100") == 0x6982


def test_a_replayed_command_kills_the_channel(card: DirectConnection) -> None:
    channel, line = on_a_line(card)
    channel.transmit(bytes(OWN_ID))
    assert card.transmit(line.commands[0]) == (b"", 0x6988)
    assert channel.transmit(bytes(OWN_ID)) == (b"", 0x6982)


def test_a_write_replayed_in_another_channel_is_refused(card: DirectConnection, store: CardStore) -> None:
    channel, line = on_a_line(card, Role.WRITER)
    channel.transmit(bytes(Command(0x80, names.PUT_DATA, 0x3F, 0xFF, encode(entry()))))
    channel.transmit(bytes(Command(0x80, names.COMMIT, 0, 0, bytes.fromhex("5C02FF61"))))
    opened(card, Role.WRITER)
    before = store.city
    assert [card.transmit(wire)[1] for wire in line.commands] == [0x6988, 0x6982]
    assert store.city == before


@pytest.mark.parametrize("first", [0, 1])
def test_reordered_and_lost_commands_kill_the_channel(card: DirectConnection, first: int) -> None:
    channel, line = on_a_line(card)
    line.inner = DirectConnection(SimulatedCard(CardStore()))  # the card gets none of this, it is only kept
    for _ in range(2):
        assert channel.transmit(bytes(OWN_ID))[1] == 0x6E00
    words = [card.transmit(line.commands[at])[1] for at in (first, 0, 1)]
    assert words == ([0x9000, 0x6988, 0x6982] if first == 0 else [0x6988, 0x6982, 0x6982])


def test_a_handshake_replayed_opens_nothing(card: DirectConnection) -> None:
    line = Line(card)
    opened(line, Role.LIBRARY)
    for wire in line.commands[:-1]:
        assert card.transmit(wire)[1] == 0x9000
    assert card.transmit(line.commands[-1])[1] == 0x6988


def test_an_answer_of_before_is_no_answer_now(card: DirectConnection) -> None:
    channel, line = on_a_line(card)
    channel.transmit(bytes(OWN_ID))
    line.change_answer = lambda data, word: (line.answers[0], word)
    with pytest.raises(ChannelBroken):
        channel.transmit(bytes(OWN_ID))


def test_an_error_with_data_is_not_believed(card: DirectConnection) -> None:
    channel, line = on_a_line(card)
    line.change_answer = lambda data, word: (data, 0x6A88)
    with pytest.raises(ChannelBroken):
        channel.transmit(bytes(OWN_ID))


def test_a_stripped_r_mac_is_not_believed(card: DirectConnection) -> None:
    channel, line = on_a_line(card)
    line.change_answer = lambda data, word: (data[:-8], word)
    with pytest.raises(ChannelBroken):
        channel.transmit(bytes(OWN_ID))
