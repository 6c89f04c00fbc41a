"""Days on which offices and banks work."""

from datetime import date, timedelta
from functools import lru_cache

import jpholiday


@lru_cache(maxsize=8_192)
def is_business_day(day: date) -> bool:
    """Not a weekend, a holiday or the turn of the year (行政機関の休日: 12/29–1/3)."""
    turn = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return day.weekday() < 5 and not turn and not jpholiday.is_holiday(day)


def business_days_from(day: date, count: int) -> date:
    """The *count*-th business day after *day* (before it, when negative)."""
    step = timedelta(days=1 if count > 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not is_business_day(day):
            day += step
    return day
