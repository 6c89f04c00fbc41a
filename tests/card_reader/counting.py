"""Small instruments on top of a connection."""

from __future__ import annotations

from card_reader.connection import Connection


def status(connection: Connection, wire: str) -> int:
    return connection.transmit(bytes.fromhex(wire))[1]


class Counting:
    """A connection that counts the commands that pass."""

    def __init__(self, inner: Connection) -> None:
        self.inner = inner
        self.count = 0
        self.short = True  # whether the card behind it takes short file identifiers

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        self.count += 1
        return self.inner.transmit(wire)
