"""What the city card says of one service, and of who looked: read from and written to its data objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum

from card_reader import tlv
from card_reader.errors import UnexpectedAnswer
from card_reader.sessions import city_names as names
from card_reader.sessions.city_names import Op, Service


class Status(Enum):
    """Whether the service may be used with this card."""

    ENDED = 0
    ACTIVE = 1
    SUSPENDED = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One service on the card. `version` is 1 for the first write and one more at each; `transaction` names the write.

    `issuer` is the city code as three BCD bytes; `payload` is UTF-8 text of at most 2,048 bytes.
    """

    service: Service
    version: int
    transaction: bytes
    id: str = field(default="", repr=False)
    status: Status = Status.ACTIVE
    issued: date | None = None
    expires: date | None = None
    issuer: bytes = names.CITY_CODE
    payload: str = field(default="", repr=False)

    def usable(self, today: date) -> bool:
        """Whether the service may be used on this day (the last day included)."""
        return self.status is Status.ACTIVE and (self.expires is None or today <= self.expires)


def encode(entry: Entry) -> bytes:
    """Return the data object as PUT DATA takes it."""
    parts = [
        (names.ID, entry.id.encode()),
        (names.STATUS, bytes((entry.status.value,))),
        (names.ISSUED, _packed(entry.issued)),
        (names.EXPIRES, _packed(entry.expires)),
        (names.VERSION, entry.version.to_bytes(2, "big")),
        (names.ISSUER, entry.issuer),
        (names.TRANSACTION, entry.transaction),
        (names.PAYLOAD, entry.payload.encode()),
    ]
    return tlv.encode(entry.service, b"".join(tlv.encode(tag, value) for tag, value in parts if value))


def decode(data: bytes) -> Entry:
    """Read one service object; raises UnexpectedAnswer when the card's data are not one."""
    try:
        (outer,) = tlv.parse(data)
        fields = {item.tag: item.value for item in tlv.parse(outer.value)}
        return Entry(
            service=Service(outer.tag),
            version=int.from_bytes(fields[names.VERSION], "big"),
            transaction=fields[names.TRANSACTION],
            id=fields.get(names.ID, b"").decode(),
            status=Status(int.from_bytes(fields[names.STATUS], "big")),
            issued=_unpacked(fields.get(names.ISSUED)),
            expires=_unpacked(fields.get(names.EXPIRES)),
            issuer=fields[names.ISSUER],
            payload=fields.get(names.PAYLOAD, b"").decode(),
        )
    except (ValueError, KeyError):
        raise UnexpectedAnswer("the card's data are no service entry") from None


@dataclass(frozen=True, slots=True)
class Visit:
    """What a terminal says of itself for the holder's log: its id (up to 8 bytes of ASCII) and its clock."""

    terminal: str
    at: datetime

    def __bytes__(self) -> bytes:
        seconds = int(self.at.timestamp()).to_bytes(4, "big")
        terminal = self.terminal.encode("ascii").ljust(8, b"\x00")
        if len(terminal) > 8:
            raise ValueError("a terminal's id has at most 8 characters")
        return tlv.encode(names.VISIT_TIME, seconds) + tlv.encode(names.VISIT_TERMINAL, terminal)


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One event on the card, as the card recorded it; `at` and `terminal` are what the terminal claimed."""

    kvn: int
    op: Op
    tag: int
    at: datetime | None
    terminal: str
    number: int


def read_log_record(data: bytes) -> LogRecord:
    """Read the 20 bytes of a log record."""
    try:
        seconds = int.from_bytes(data[4:8], "big")
        record = LogRecord(
            kvn=data[0],
            op=Op(data[1]),
            tag=int.from_bytes(data[2:4], "big"),
            at=datetime.fromtimestamp(seconds, UTC) if seconds else None,
            terminal=data[8:16].rstrip(b"\x00").decode("ascii", "replace"),
            number=int.from_bytes(data[16:20], "big"),
        )
    except (ValueError, IndexError):
        raise UnexpectedAnswer("the card's data are no log record") from None
    if len(data) != names.LOG_RECORD_LENGTH:
        raise UnexpectedAnswer("a log record has another length")
    return record


def _packed(day: date | None) -> bytes:
    return b"" if day is None else bytes.fromhex(f"{day:%Y%m%d}")


def _unpacked(packed: bytes | None) -> date | None:
    return date.fromisoformat(packed.hex()) if packed else None
