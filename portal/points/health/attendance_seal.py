"""The rows of a file that waits, sealed with a key of their own (who came, and when)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from portal.core.crypto import mac
from portal.core.envelope import KeyRing, Wrapped, open_part, seal_part

MARK = "attendance files"
"""Names the key of the marks."""


class Came(NamedTuple):
    """One row: who came on which day, and its line in the file."""

    line: int
    resident_id: UUID
    day: date


@dataclass(frozen=True, slots=True)
class Safe:
    """What seals rows (`ring`) and marks files (`key`)."""

    ring: KeyRing = field(repr=False)
    key: bytes = field(repr=False)


def mark(safe: Safe, programme: str, rows: Sequence[Came]) -> str:
    """The same for the same people on the same days, whatever the order of the rows; says nothing without the key."""
    said = sorted(f"{row.resident_id.hex} {row.day}" for row in rows)
    return mac(safe.key, programme.encode(), "\n".join(said).encode()).hex()[:64]


def seal(safe: Safe, file_id: UUID, rows: Sequence[Came]) -> tuple[Wrapped, bytes]:
    """The wrapped key, and the rows sealed with it."""
    key, wrapped = safe.ring.new_key(bound(file_id))
    content = json.dumps([[row.line, row.resident_id.hex, row.day.isoformat()] for row in rows]).encode()
    return wrapped, seal_part(key, 0, content, bound(file_id))


def opened(ring: KeyRing, file_id: UUID, wrapped: Wrapped, sealed: bytes) -> list[Came]:
    """Raises SealBroken."""
    content = open_part(ring.unwrap(wrapped, bound(file_id)), 0, sealed, bound(file_id))
    return [Came(line, UUID(who), date.fromisoformat(day)) for line, who, day in json.loads(content)]


def bound(file_id: UUID) -> bytes:
    """What the seal says it is for: it opens with no other file."""
    return b"attendance-file\0" + file_id.bytes
