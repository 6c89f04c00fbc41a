"""BER-TLV as cards use it (ISO/IEC 7816-4 annex): tags of one to three bytes, definite lengths only.

The parser trusts no length: what a card or a stranger sends ends in a list of objects or in `MalformedTlv`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class MalformedTlv(ValueError):
    """The bytes are not BER-TLV, or are cut off."""


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object; `tag` is the number its tag bytes spell, for example 0xFF20."""

    tag: int
    value: bytes

    def __repr__(self) -> str:
        return f"<Tlv {self.tag:X} ({len(self.value)} bytes)>"


def encode(tag: int, value: bytes) -> bytes:
    """Return tag, shortest definite length, value."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + _length(len(value)) + value


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def parse(data: bytes) -> list[Tlv]:
    """Read all objects that lie side by side in `data`."""
    return list(_objects(data))


def _objects(data: bytes) -> Iterator[Tlv]:
    position = 0
    while position < len(data):
        tag, start, end = extent(data, position)
        if end > len(data):
            raise MalformedTlv(f"object {tag:X} is cut off")
        yield Tlv(tag, data[start:end])
        position = end


def extent(data: bytes, position: int = 0) -> tuple[int, int, int]:
    """Return (tag, start of value, end of value) of the object at `position`; its value may not be there yet.

    Used to learn from the first few bytes of a file how much of it has to be read.
    """
    tag, position = _read_tag(data, position)
    size, position = _read_length(data, position)
    return tag, position, position + size


def find(data: bytes, *path: int) -> bytes:
    """Return the value of the object reached by `path` (tags from outside in); KeyError when it is absent."""
    for tag in path:
        values = [item.value for item in _objects(data) if item.tag == tag]
        if not values:
            raise KeyError(f"no data object {tag:X}")
        data = values[0]
    return data


def _read_tag(data: bytes, position: int) -> tuple[int, int]:
    end = position + 1
    if position >= len(data):
        raise MalformedTlv("tag is missing")
    if data[position] & 0x1F == 0x1F:
        while end < len(data) and data[end] & 0x80:
            end += 1
        end += 1
    if end > len(data) or end - position > 3:
        raise MalformedTlv("tag is cut off or longer than three bytes")
    return int.from_bytes(data[position:end], "big"), end


def _read_length(data: bytes, position: int) -> tuple[int, int]:
    if position >= len(data):
        raise MalformedTlv("length is missing")
    first = data[position]
    if first < 0x80:
        return first, position + 1
    count = first & 0x7F
    octets = data[position + 1 : position + 1 + count]
    if not 1 <= count <= 3 or len(octets) != count:
        raise MalformedTlv("length is indefinite, too long or cut off")
    return int.from_bytes(octets, "big"), position + 1 + count
