"""Which signs a font can draw, from its `cmap` table: name variants (IVS) are checked, not hoped for.

A text engine that finds no glyph for a variation selector draws the everyday form without a word. On a
paper that certifies a name this is a wrong name, so the font is asked first.
Source of the table layout: OpenType 1.9 `cmap`, formats 12 (signs) and 14 (variation sequences).
"""

import mmap
import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FIRST_SELECTOR, LAST_SELECTOR = 0xE0100, 0xE01EF
INVISIBLE = frozenset(map(ord, "\t\n\r"))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Signs of one font.

    `groups`: sorted (first sign, last sign, first glyph). `variants`: (sign, selector) → own glyph.
    `default_ranges`: selector → ranges of signs whose everyday glyph is the registered one.
    """

    groups: tuple[tuple[int, int, int], ...]
    variants: dict[tuple[int, int], int]
    default_ranges: dict[int, tuple[tuple[int, int], ...]]

    def glyph(self, sign: str, selector: str = "") -> int | None:
        """Glyph number for one sign with an optional selector; None if the font cannot draw exactly that."""
        base = self._everyday(ord(sign))
        if not selector or base is None:
            return base
        key = (ord(sign), ord(selector))
        if key in self.variants:
            return self.variants[key]
        ranges = self.default_ranges.get(key[1], ())
        return base if any(first <= key[0] <= last for first, last in ranges) else None

    def undrawable(self, text: str) -> list[str]:
        """The signs (with their selectors) of `text` that this font cannot draw, in order."""
        return [
            sign + selector
            for sign, selector in sequences(text)
            if ord(sign) not in INVISIBLE and self.glyph(sign, selector) is None
        ]

    def _everyday(self, sign: int) -> int | None:
        place = bisect_right(self.groups, (sign, 0x10FFFF, 0xFFFF)) - 1
        if place < 0:
            return None
        first, last, glyph = self.groups[place]
        return glyph + sign - first if sign <= last else None


def is_selector(sign: str) -> bool:
    return FIRST_SELECTOR <= ord(sign) <= LAST_SELECTOR


def sequences(text: str) -> list[tuple[str, str]]:
    """Split text into (sign, selector or ""): `葛󠄂飾` → [("葛", U+E0102), ("飾", "")]."""
    found: list[tuple[str, str]] = []
    for sign in text:
        if is_selector(sign) and found and not found[-1][1]:
            found[-1] = (found[-1][0], sign)
        else:
            found.append((sign, ""))
    return found


@cache
def coverage(path: Path) -> Coverage:
    """Read a TrueType or OpenType file (first face). Raises ValueError if it has no full Unicode table."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = _table(data, b"cmap")
        subtables = {
            struct.unpack_from(">H", data, start + offset)[0]: start + offset
            for _platform, _encoding, offset in struct.iter_unpack(
                ">HHI", data[start + 4 : start + 4 + 8 * struct.unpack_from(">H", data, start + 2)[0]]
            )
        }
        if 12 not in subtables:
            raise ValueError(f"{path.name}: no cmap format 12")
        groups = _groups(data, subtables[12])
        variants, ranges = _variants(data, subtables[14]) if 14 in subtables else ({}, {})
    return Coverage(groups=groups, variants=variants, default_ranges=ranges)


def _table(data: mmap.mmap, tag: bytes) -> int:
    for place in range(struct.unpack_from(">H", data, 4)[0]):
        name, _sum, offset, _length = struct.unpack_from(">4sIII", data, 12 + 16 * place)
        if name == tag:
            return int(offset)
    raise ValueError(f"no table {tag!r}")


def _groups(data: mmap.mmap, start: int) -> tuple[tuple[int, int, int], ...]:
    count = struct.unpack_from(">I", data, start + 12)[0]
    return tuple(struct.iter_unpack(">III", data[start + 16 : start + 16 + 12 * count]))


def _variants(data: mmap.mmap, start: int) -> tuple[dict[tuple[int, int], int], dict[int, tuple[tuple[int, int], ...]]]:
    variants: dict[tuple[int, int], int] = {}
    ranges: dict[int, tuple[tuple[int, int], ...]] = {}
    for record in range(struct.unpack_from(">I", data, start + 6)[0]):
        at = start + 10 + 11 * record
        selector = int.from_bytes(data[at : at + 3], "big")
        everyday, special = struct.unpack_from(">II", data, at + 3)
        if everyday:
            ranges[selector] = tuple(_default_ranges(data, start + everyday))
        if special:
            count = struct.unpack_from(">I", data, start + special)[0]
            for place in range(start + special + 4, start + special + 4 + 5 * count, 5):
                sign = int.from_bytes(data[place : place + 3], "big")
                variants[sign, selector] = struct.unpack_from(">H", data, place + 3)[0]
    return variants, ranges


def _default_ranges(data: mmap.mmap, start: int) -> list[tuple[int, int]]:
    count = struct.unpack_from(">I", data, start)[0]
    found = []
    for place in range(start + 4, start + 4 + 4 * count, 4):
        first = int.from_bytes(data[place : place + 3], "big")
        found.append((first, first + data[place + 3]))
    return found
