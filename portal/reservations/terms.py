"""Terms a city sets itself (terms.json): freed places, waiting list, reminders, missed visits."""

import json
from dataclasses import dataclass
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "terms.json"


@dataclass(frozen=True, slots=True)
class Terms:
    """`delay_minutes`: (least, most) until a freed place is public again. `at_once`: so near a place is not delayed.
    `unanswered`: after so many offers without an answer somebody waits no longer. `kept`: how long ended entries stay.
    `limit_from`: from so many missed visits within `counted` on, only `days_ahead` can be reserved."""

    delay_minutes: tuple[int, int]
    at_once: timedelta
    offer: timedelta
    awake: tuple[time, time]
    unanswered: int
    kept: timedelta
    day_before: time
    hours_before: timedelta
    not_before: time
    counted: timedelta
    hint_from: int
    limit_from: int
    days_ahead: int
    in_time: timedelta


@cache
def terms() -> Terms:
    """The terms in force."""
    return read(FILE)


def read(file: Path) -> Terms:
    """Terms from *file*; KeyError or ValueError if something is missing or makes no sense."""
    written = json.loads(file.read_text(encoding="utf-8"))
    found = Terms(**_freed(written), **_reminders(written["reminders"]), **_missed(written["missed"]))
    if not 0 <= found.delay_minutes[0] <= found.delay_minutes[1] or found.awake[0] >= found.awake[1]:
        raise ValueError("terms.json: spans need their first value before their second one")
    return found


def _freed(written: dict[str, Any]) -> dict[str, Any]:
    freed, waiting = written["freed"], written["waiting"]
    least, most = freed["delay_minutes"]
    first, last = waiting["awake"]
    return {
        "delay_minutes": (int(least), int(most)),
        "at_once": timedelta(hours=freed["at_once_hours"]),
        "offer": timedelta(minutes=waiting["offer_minutes"]),
        "awake": (time.fromisoformat(first), time.fromisoformat(last)),
        "unanswered": int(waiting["unanswered"]),
        "kept": timedelta(days=waiting["kept_days"]),
    }


def _reminders(written: dict[str, Any]) -> dict[str, Any]:
    return {
        "day_before": time.fromisoformat(written["day_before"]),
        "hours_before": timedelta(hours=written["hours_before"]),
        "not_before": time.fromisoformat(written["not_before"]),
    }


def _missed(written: dict[str, Any]) -> dict[str, Any]:
    return {
        "counted": timedelta(days=written["counted_days"]),
        "hint_from": int(written["hint_from"]),
        "limit_from": int(written["limit_from"]),
        "days_ahead": int(written["days_ahead"]),
        "in_time": timedelta(hours=written["in_time_hours"]),
    }
