"""What time it is by the portal: a machine without a clock battery (RTC) wakes up at any hour of any year.

Every answer of the portal carries its instant (RFC 9110, `Date`); from there on the time since boot, which nobody can
set, counts further. The machine's own clock is only compared with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

JST = timezone(timedelta(hours=9))
TOLERANCE_SECONDS = 120.0
"""More than a slow answer and the whole seconds of `Date` explain; less than anything a person or a book would notice."""


class PortalTime:
    """Thread-safe: one assignment at a time. `wall` is the machine's own clock."""

    def __init__(self, wall: Callable[[], float] = time.time, passing: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._passing = wall, passing
        self._heard: tuple[float, float] | None = None

    def hear(self, date: str | None) -> None:
        """The `Date` of an answer; one that cannot be read says nothing."""
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        if told.tzinfo is None:
            told = told.replace(tzinfo=UTC)
        self._heard = (told.timestamp(), self._passing())

    def now(self) -> float | None:
        """Seconds since 1970; None as long as the portal has not been heard since this program began."""
        heard = self._heard
        return heard[0] + self._passing() - heard[1] if heard else None

    def best(self) -> float:
        """The portal's time, or what the machine believes where nobody told it better."""
        told = self.now()
        return self._wall() if told is None else told

    def today(self) -> date:
        """Japan's date."""
        return datetime.fromtimestamp(self.best(), JST).date()

    def state(self) -> str:
        """`ready`, `wrong`, or `unknown` before the first answer."""
        told = self.now()
        if told is None:
            return "unknown"
        return "wrong" if abs(self._wall() - told) > TOLERANCE_SECONDS else "ready"
