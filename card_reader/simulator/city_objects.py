"""The data objects of the city card: what a service object must look like, and who may replace which version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from card_reader import tlv
from card_reader.errors import Sw
from card_reader.sessions import city_names as names
from card_reader.sessions.city_names import Role, Service
from card_reader.simulator.pins import Refused

LIMIT = 512  # bytes of a whole object
EMERGENCY_LIMIT = 2304  # the emergency object carries up to 2 KiB of payload

# Lengths of each field in bytes, least and most.
FIELDS = {
    names.ID: (1, 16),
    names.STATUS: (1, 1),
    names.ISSUED: (4, 4),
    names.EXPIRES: (4, 4),
    names.VERSION: (2, 2),
    names.ISSUER: (3, 3),
    names.TRANSACTION: (8, 8),
    names.PAYLOAD: (0, 2048),
}
REQUIRED = {names.STATUS, names.VERSION, names.ISSUER, names.TRANSACTION}
STATUSES = (b"\x00", b"\x01", b"\x02")  # ended, active, suspended


def readable(role: Role) -> frozenset[Service]:
    """What a role may read: its own object; the writer all, because it has to know what it replaces."""
    if role is Role.WRITER:
        return frozenset(Service)
    own = names.OWN_SERVICE.get(role)
    return frozenset() if own is None else frozenset({own})


@dataclass(frozen=True, slots=True)
class Request:
    """The data of GET DATA and COMMIT: which objects, and what the terminal says of itself for the log."""

    tags: tuple[int, ...]
    time: bytes = bytes(4)
    terminal: bytes = bytes(8)


def read_request(data: bytes) -> Request:
    """Read `5C` with a list of two-byte tags, and optionally `DF0A` time and `DF0B` terminal; raises Refused."""
    found = _fields(data)
    tags = found.pop(names.TAG_LIST, b"")
    time = found.pop(names.VISIT_TIME, bytes(4))
    terminal = found.pop(names.VISIT_TERMINAL, bytes(8))
    if found or not tags or len(tags) % 2 or len(time) != 4 or len(terminal) != 8:
        raise Refused(Sw.WRONG_DATA)
    listed = tuple(int.from_bytes(tags[at : at + 2], "big") for at in range(0, len(tags), 2))
    if len(set(listed)) != len(listed) or len(listed) > len(Service):
        raise Refused(Sw.WRONG_DATA)
    return Request(listed, time, terminal)


class Shadow:
    """Objects on their way onto the card: staged by PUT DATA, gone with the channel, real only by COMMIT."""

    def __init__(self) -> None:
        self._staged: dict[int, bytes] = {}

    def put(self, data: bytes) -> None:
        """Take a whole object (`FF6x …`) or the next part of one (`5C 02 tag 54 02 offset 53 … part`)."""
        found = _fields(data)
        if set(found) == {names.TAG_LIST, names.OFFSET, names.PART}:
            tag = int.from_bytes(found[names.TAG_LIST], "big")
            self._append(tag, int.from_bytes(found[names.OFFSET], "big"), found[names.PART])
        elif len(found) == 1:
            self._keep(next(iter(found)), data)
        else:
            raise Refused(Sw.WRONG_DATA)

    def take(self, tag: int) -> bytes:
        """Return what is staged for a tag and forget it; Refused when there is nothing."""
        staged = self._staged.pop(tag, None)
        if staged is None:
            raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
        return staged

    def _append(self, tag: int, offset: int, part: bytes) -> None:
        before = b"" if offset == 0 else self._staged.get(tag, b"")
        if offset != len(before) or not part:
            raise Refused(Sw.WRONG_DATA)
        self._keep(tag, before + part)

    def _keep(self, tag: int, staged: bytes) -> None:
        if tag not in set(Service):
            raise Refused(Sw.REFERENCE_NOT_FOUND)
        if len(staged) > (EMERGENCY_LIMIT if tag == Service.EMERGENCY else LIMIT):
            raise Refused(Sw.NOT_ENOUGH_MEMORY)
        self._staged[tag] = staged


def replace(stored: dict[str, Any], tag: int, staged: bytes) -> bool:
    """Put a staged object among the stored ones (hex by tag); False when it is there already (a repeated try).

    The version has to be the stored one + 1 (1 for the first), or somebody else wrote meanwhile: Refused 6985.
    """
    new = _service_object(tag, staged)
    key = f"{tag:04X}"
    version = int.from_bytes(new[names.VERSION], "big")
    if stored.get(key) == staged.hex():
        return False
    if version != _version(stored.get(key), tag) + 1:
        raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
    stored[key] = staged.hex()
    return True


def _version(stored: str | None, tag: int) -> int:
    if stored is None:
        return 0
    return int.from_bytes(_service_object(tag, bytes.fromhex(stored))[names.VERSION], "big")


def _service_object(tag: int, staged: bytes) -> dict[int, bytes]:
    """Read one whole service object, or raise Refused 6A80."""
    outer = _fields(staged)
    if set(outer) != {tag}:
        raise Refused(Sw.WRONG_DATA)
    fields = _fields(outer[tag])
    lengths_fit = all(
        field in FIELDS and FIELDS[field][0] <= len(value) <= FIELDS[field][1] for field, value in fields.items()
    )
    if not lengths_fit or not fields.keys() >= REQUIRED or fields[names.STATUS] not in STATUSES:
        raise Refused(Sw.WRONG_DATA)
    return fields


def _fields(data: bytes) -> dict[int, bytes]:
    """Read objects side by side, each tag once, or raise Refused 6A80."""
    try:
        objects = tlv.parse(data)
    except tlv.MalformedTlv:
        raise Refused(Sw.WRONG_DATA) from None
    found = {item.tag: item.value for item in objects}
    if len(found) != len(objects):
        raise Refused(Sw.WRONG_DATA)
    return found
