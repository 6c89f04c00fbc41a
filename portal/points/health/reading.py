"""Files of phones with steps by day: CSV, the ZIP of Google Takeout, the ZIP (or XML) of Apple Health. Keeps nothing."""

import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from threading import BoundedSemaphore
from typing import IO, BinaryIO, cast

from portal.core import wareki
from portal.core.csv_file import CellRefused, FileUnreadable, Lines, detect_encoding, records
from portal.core.text import TextRefused, fold_width, whole_number
from portal.points.health import apple
from portal.points.health.rules import StepsBusy, StepsTooMuch, StepsUnreadable

DAYS = frozenset({"日付", "年月日", "date", "day"})
STEPS = frozenset({"歩数", "ステップ数", "steps", "step count"})
"""Headings of the two columns, in either width and any case; other columns are not looked at."""
MOST_UNPACKED = 1_000_000_000
LONG_FROM, WAIT = 20_000_000, 20.0
ONE_LONG = BoundedSemaphore(1)
"""Years of a watch are hundreds of megabytes, which take a while: of files unpacked to more than `LONG_FROM` bytes a process
reads one at a time, so that other people's pages go on; whoever waits longer than `WAIT` seconds comes again."""
MOST_CSV, MOST_MEMBERS, MOST_TRIED, MOST_ROWS = 5_000_000, 20_000, 20, 20_000
MOST_NUMBER, KEEP_REFUSED = 10**7, 100
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, OSError, ValueError)
"""What the ZIP module says of files that are damaged, encrypted, or packed in other ways."""
XML_BEGINS = (b"<?xml", b"<!DOCTYPE", b"<HealthData")


@dataclass(slots=True)
class Found:
    """Steps by day, and the rows of a CSV that could not be read."""

    days: dict[date, int] = field(default_factory=dict)
    bad_rows: int = 0
    refused: list[CellRefused] = field(default_factory=list)


class _Limit:
    """Counts what is unpacked, whatever the ZIP says of its own sizes."""

    def __init__(self) -> None:
        self.read, self._has_turn = 0, False

    def __call__(self, more: int) -> None:
        self.read += more
        if self.read > MOST_UNPACKED:
            raise StepsTooMuch
        if self.read > LONG_FROM and not self._has_turn:
            self._has_turn = ONE_LONG.acquire(timeout=WAIT)
            if not self._has_turn:
                raise StepsBusy

    def end(self) -> None:
        if self._has_turn:
            ONE_LONG.release()


def read(file: BinaryIO, since: date, until: date) -> Found:
    """Steps of the days from *since* to *until*. Raises StepsUnreadable, StepsTooMuch, StepsBusy."""
    limit = _Limit()
    try:
        return _read(file, since, until, limit)
    finally:
        limit.end()


def _read(file: BinaryIO, since: date, until: date, limit: _Limit) -> Found:
    head = file.read(64)
    file.seek(0)
    if head.startswith(b"PK"):
        return _of_zip(file, since, until, limit)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(XML_BEGINS):
        return Found(apple.read(file, since, until, count=limit))
    return _of_csv(file)


def _of_zip(file: BinaryIO, since: date, until: date, limit: _Limit) -> Found:
    try:
        with zipfile.ZipFile(file) as packed:
            members = packed.infolist()
            if len(members) > MOST_MEMBERS:
                raise StepsTooMuch
            for one in _tried(members, ".xml"):
                with packed.open(one) as opened:
                    try:
                        return Found(apple.read(cast(BinaryIO, opened), since, until, count=limit))
                    except StepsUnreadable:
                        continue
            for one in _tried(members, ".csv"):
                with packed.open(one) as opened:
                    try:
                        return _of_csv(BytesIO(_small(opened, limit)))
                    except StepsUnreadable:
                        continue
    except BROKEN:
        raise StepsUnreadable from None
    raise StepsUnreadable


def _tried(members: Iterable[zipfile.ZipInfo], ending: str) -> list[zipfile.ZipInfo]:
    """The likeliest first: of Apple's two XML files the larger one, of Google's CSV files the one with all days. Only ways
    of packing that those two use."""
    found = [
        one
        for one in members
        if one.filename.lower().endswith(ending) and one.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    ]
    return sorted(found, key=lambda one: -one.file_size)[:MOST_TRIED]


def _small(opened: IO[bytes], limit: _Limit) -> bytes:
    content = opened.read(MOST_CSV + 1)
    limit(len(content))
    if len(content) > MOST_CSV:
        raise StepsTooMuch
    return content


def _of_csv(file: BinaryIO) -> Found:
    try:
        encoding = detect_encoding(file)
    except FileUnreadable:
        raise StepsUnreadable from None
    found = Found()
    with records(file, encoding) as lines:
        day_at, steps_at = _columns(lines)
        for number, (line, cells) in enumerate(lines):
            if number >= MOST_ROWS:
                raise StepsTooMuch
            if cells is None or len(cells) <= max(day_at, steps_at):
                if cells is None or any(cells):
                    _refuse(found, line, "", "row-unreadable")
                continue
            _row(found, line, cells[day_at], cells[steps_at])
    return found


def _columns(lines: Lines) -> tuple[int, int]:
    heads = next(lines, (0, None))[1] or []
    said = [fold_width(head).strip().casefold() for head in heads]
    day_at, steps_at = (next((at for at, head in enumerate(said) if head in names), -1) for names in (DAYS, STEPS))
    if day_at < 0 or steps_at < 0:
        raise StepsUnreadable
    return day_at, steps_at


def _row(found: Found, line: int, day: str, steps: str) -> None:
    """Of a day that stands there twice, as two devices counted it, the larger number counts."""
    if not steps.strip():
        return
    try:
        on = wareki.parse(day)
    except TextRefused as reason:
        return _refuse(found, line, "日付", reason.code, reason.facts)
    try:
        walked = whole_number(steps.strip().removesuffix(".0"), least=0, most=MOST_NUMBER)
    except TextRefused as reason:
        return _refuse(found, line, "歩数", reason.code, reason.facts)
    found.days[on] = max(walked, found.days.get(on, 0))


def _refuse(found: Found, line: int, heading: str, code: str, facts: object = None) -> None:
    found.bad_rows += 1
    if len(found.refused) < KEEP_REFUSED:
        found.refused.append(CellRefused(line, heading, code, facts or {}))  # type: ignore[arg-type]
