"""How long commands and answers take on their way: the floor no software gets below.

Characters and blocks of ISO/IEC 7816-3 (T=1: 11 etu a character, blocks of 3 + 1 bytes around at most 254, 22 etu
between them) and of ISO/IEC 14443-3 and -4 type B (10 etu a byte, frames of SOF and EOF and 3 bytes around at most 253,
the least TR0, TR1 and TR2). Neither the card's own computing nor the reader's electronics is in it.
"""

from __future__ import annotations

from dataclasses import dataclass

CONTACTLESS_CARRIER = 13.56e6  # Hz
CONTACT_CLOCK = 4e6  # Hz


@dataclass(frozen=True, slots=True)
class Wire:
    """One way of talking to a card; times in elementary time units (`etu`, seconds each)."""

    name: str
    etu: float
    byte: int
    around: int  # bytes around the data of a block
    frame: int
    to_card: int  # from the end of a block to the beginning of the card's
    to_reader: int
    block: int  # the most data bytes in a block

    def seconds(self, command: int, answer: int) -> float:
        """How long a command of `command` bytes and its answer of `answer` bytes (with status word) take."""
        units = 0
        for sent, acknowledged_by_card in ((command, True), (answer, False)):
            full = max(0, -(-sent // self.block) - 1)
            units += full * (self._one(self.block) + self._one(0) + self.to_card + self.to_reader)
            units += self._one(sent - full * self.block)
            units += self.to_card if acknowledged_by_card else self.to_reader
        return units * self.etu

    def _one(self, data: int) -> int:
        return self.frame + self.byte * (data + self.around)


def _contactless(kilobits: int, division: int) -> Wire:
    etu = 128 / CONTACTLESS_CARRIER / division
    # SOF and EOF 22; TR0 64/fs and TR1 80/fs are 18 etu at the lowest rate and the same time at every rate.
    waits = {"to_card": 18 * division, "to_reader": 14 * division}
    return Wire(f"contactless-{kilobits}", etu, byte=10, around=3, frame=22, block=253, **waits)


def _contact(name: str, etu_clocks: float) -> Wire:
    etu = etu_clocks / CONTACT_CLOCK
    return Wire(f"contact-{name}", etu, byte=11, around=4, frame=0, to_card=22, to_reader=22, block=254)


WIRES = {
    wire.name: wire
    for wire in (
        _contactless(106, 1),
        _contactless(424, 4),
        _contactless(848, 8),
        _contact("10", 372),
        _contact("43", 93),
        _contact("125", 32),
        _contact("250", 16),
    )
}


def sign_in_floor(wire: Wire, certificate: int) -> float:
    """Seconds of the least a sign-in can send: two SELECT, the certificate in chunks of 256, VERIFY, a signature."""
    reads = [(5, 256 + 2)] * (certificate // 256) + ([(5, certificate % 256 + 2)] if certificate % 256 else [])
    exchanges = [(16, 2), (7, 2), *reads, (9, 2), (57, 256 + 2)]
    return sum(wire.seconds(command, answer) for command, answer in exchanges)
