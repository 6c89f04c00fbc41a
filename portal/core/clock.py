"""The only source of time: instants are aware and in UTC, business dates are Japanese calendar days.

A demo may live on another day than the machine (a visit booked for Tuesday can be kept on Sunday
night): a file holds the shift in seconds, and every process that reads the clock sees it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

JST = ZoneInfo("Asia/Tokyo")
LOOK_EVERY = 0.05
"""Seconds between two looks at the file: a page asks for the time several times."""


class _Shift:
    """Seconds between the machine's clock and the city's; production leaves it at nothing."""

    def __init__(self) -> None:
        self.file: Path | None = None
        self.frozen: datetime | None = None
        self._stamp: tuple[int, int] | None = None
        self._seconds = 0.0
        self._look_again = 0.0

    def seconds(self) -> float:
        if self.file is None:
            return 0.0
        if (moment := time.monotonic()) >= self._look_again:
            self._look(self.file)
            self._look_again = moment + LOOK_EVERY
        return self._seconds

    def _look(self, file: Path) -> None:
        try:
            stat = file.stat()
        except FileNotFoundError:
            self._stamp, self._seconds = None, 0.0
            return
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp:
            self._seconds = float(file.read_text().strip() or 0)
            self._stamp = stamp

    def follow(self, file: Path | None) -> None:
        self.file, self._look_again = file, 0.0


_shift = _Shift()


def now() -> datetime:
    """The present instant, aware, in UTC."""
    if _shift.frozen is not None:
        return _shift.frozen
    shift = _shift.seconds()
    return datetime.now(UTC) + timedelta(seconds=shift) if shift else datetime.now(UTC)


def machine_now() -> datetime:
    """The machine's own time, also when the demo city lives on another day: for messages of other machines."""
    return datetime.now(UTC)


def today() -> date:
    """The business date in Japan, where the city's offices open and close."""
    return now().astimezone(JST).date()


def follow(file: Path) -> None:
    """Let *file* shift this process's clock (demo only): its content is a number of seconds."""
    _shift.follow(file)


def set_city_time(file: Path, wanted: datetime | None) -> None:
    """Move the demo city to *wanted* (aware); `None` brings it back to the machine's time."""
    seconds = 0.0 if wanted is None else (wanted - datetime.now(UTC)).total_seconds()
    scratch = file.with_suffix(".new")
    scratch.write_text(f"{seconds}\n")
    scratch.replace(file)
    _shift.follow(_shift.file)


def is_shifted() -> bool:
    """Whether the city's time differs from the machine's; pages then say so."""
    return _shift.frozen is not None or _shift.seconds() != 0.0


@contextmanager
def freeze(instant: datetime) -> Iterator[None]:
    """Hold time still at *instant* (aware) inside the block."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    before, _shift.frozen = _shift.frozen, instant.astimezone(UTC)
    try:
        yield
    finally:
        _shift.frozen = before
