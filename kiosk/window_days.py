"""When the windows of the ward office are open, as the portal told it last: said where the machine itself cannot help.

Kept on disk, so that a machine that starts without a line knows it too. Days are Japan's; times are HH:MM.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from kiosk.journal import Journal

log = logging.getLogger(__name__)

JST = timezone(timedelta(hours=9))
RECORD = "windows"
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True)
class WindowDay:
    """One day; `opens` and `closes` are "" on a day the windows are closed."""

    day: str
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True)
class Shown:
    """What a screen says: of today, if it is known which day it is and how the windows are then, and of the next day
    they open. `over`: they were open today, and are not any more; `open_now`: somebody is there."""

    today: WindowDay | None
    next_day: WindowDay | None
    over: bool = False
    open_now: bool = False


def shown(days: Sequence[WindowDay], now: float, *, sure: bool) -> Shown | None:
    """*sure*: the portal told the time. A machine that only believes it names days by their date, none of them today."""
    if not days:
        return None
    local = datetime.fromtimestamp(max(now, 0), JST)
    # A clock that was set back cannot be earlier than what was heard already.
    day = local.date().isoformat() if sure else max(local.date().isoformat(), days[0].day)
    clock = f"{local:%H:%M}"
    today = next((one for one in days if one.day == day), None) if sure else None
    coming = (one for one in days if one.opens and (one.day > day or (one.day == day and not sure)))
    found = Shown(
        today=today,
        next_day=next(coming, None),
        over=bool(today and today.opens and clock >= today.closes),
        open_now=bool(today and today.opens and today.opens <= clock < today.closes),
    )
    return found if found.today or found.next_day else None


class Remembered:
    """The days on disk; written when they change."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def read(self) -> tuple[WindowDay, ...]:
        record = self._journal.read(RECORD) or {}
        try:
            return tuple(_checked(WindowDay(**one)) for one in record.get("days", ()))
        except (TypeError, ValueError):
            log.error("window days unreadable")
            return ()

    def write(self, days: Sequence[WindowDay]) -> None:
        self._journal.write(RECORD, {"days": [vars(one) for one in days]})


def _checked(one: WindowDay) -> WindowDay:
    date.fromisoformat(one.day)
    if any(clock and not _CLOCK.fullmatch(clock) for clock in (one.opens, one.closes)):
        raise ValueError("no time of day")
    return one
