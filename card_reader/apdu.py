"""Command APDUs of ISO/IEC 7816-4: build, read, and describe without giving secrets away."""

from __future__ import annotations

from dataclasses import dataclass

SELECT = 0xA4
VERIFY = 0x20
CHANGE_REFERENCE_DATA = 0x24
RESET_RETRY_COUNTER = 0x2C
READ_BINARY = 0xB0
PERFORM_SECURITY_OPERATION = 0x2A
GET_CHALLENGE = 0x84
GET_RESPONSE = 0xC0

SHORT_DATA_LIMIT = 255
EXTENDED_DATA_LIMIT = 65535
EXTENDED_ANSWER_LIMIT = 65536


class MalformedApdu(ValueError):
    """The bytes are not a command APDU: too short, or lengths that contradict each other."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command; `le` is the number of answer bytes asked for, 1 to 65536, or None for none."""

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes | bytearray = b""
    le: int | None = None

    def __bytes__(self) -> bytes:
        return bytes(self.encode())

    def encode(self) -> bytearray:
        """Return the wire form in a buffer that the sender can wipe; short form whenever it fits."""
        if len(self.data) > EXTENDED_DATA_LIMIT:
            raise MalformedApdu(f"{len(self.data)} bytes of data are more than an APDU can carry")
        if self.le is not None and not 1 <= self.le <= EXTENDED_ANSWER_LIMIT:
            raise MalformedApdu(f"Le {self.le} is outside 1 to 65536")
        header = bytearray((self.cla, self.ins, self.p1, self.p2))
        if len(self.data) > SHORT_DATA_LIMIT or (self.le or 0) > SHORT_DATA_LIMIT + 1:
            return self._extended(header)
        if self.data:
            header.append(len(self.data))
            header += self.data
        if self.le is not None:
            header.append(self.le & 0xFF)
        return header

    def _extended(self, wire: bytearray) -> bytearray:
        wire.append(0)
        if self.data:
            wire += len(self.data).to_bytes(2, "big")
            wire += self.data
        if self.le is not None:
            wire += (self.le & 0xFFFF).to_bytes(2, "big")
        return wire

    def __repr__(self) -> str:
        return f"<Command {describe(self.encode())}>"


def parse(wire: bytes | bytearray) -> Command:
    """Read a command of any of the seven forms (case 1 to 4, short and extended) or raise MalformedApdu."""
    if len(wire) < 4:
        raise MalformedApdu("an APDU has at least four bytes")
    cla, ins, p1, p2 = wire[:4]
    body = bytes(wire[4:])
    if not body:
        return Command(cla, ins, p1, p2)
    if len(body) == 1:
        return Command(cla, ins, p1, p2, le=body[0] or 256)
    data, le = _short(body) if body[0] else _extended(body)
    return Command(cla, ins, p1, p2, data, le)


def _short(body: bytes) -> tuple[bytes, int | None]:
    length = body[0]
    data, rest = body[1 : 1 + length], body[1 + length :]
    if len(data) != length or len(rest) > 1:
        raise MalformedApdu("Lc does not fit the data that follow")
    return data, (rest[0] or 256) if rest else None


def _extended(body: bytes) -> tuple[bytes, int | None]:
    if len(body) == 3:
        return b"", int.from_bytes(body[1:], "big") or EXTENDED_ANSWER_LIMIT
    length = int.from_bytes(body[1:3], "big")
    data, rest = body[3 : 3 + length], body[3 + length :]
    if not length or len(data) != length or len(rest) not in (0, 2):
        raise MalformedApdu("extended Lc does not fit the data that follow")
    return data, (int.from_bytes(rest, "big") or EXTENDED_ANSWER_LIMIT) if rest else None


def describe(wire: bytes | bytearray) -> str:
    """Say what a command is without what it carries.

    Only the data of SELECT are shown (names of applications and files): data of any other command may be a
    PIN (INS 20, 24, 2C), a personal number or a signature input, so only their length is told.
    """
    head = bytes(wire[:4]).hex(" ").upper()
    if len(wire) > 5 and wire[1] == SELECT:
        return f"{head} {bytes(wire[4:]).hex().upper()}"
    return f"{head} (+{max(len(wire) - 4, 0)} bytes)"
