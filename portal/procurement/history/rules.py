"""What follows from the days and figures of one award. No I/O."""

from datetime import date, timedelta

from portal.core.business_days import is_business_day

MONTHS_BEFORE_APRIL = 3
# From the announcement to the award. What takes longer is a slip in a year, and its business days are counted one by one.
LONGEST_COURSE = timedelta(days=5 * 365)


def fiscal_year(day: date) -> int:
    """Japan's fiscal year begins in April (地方自治法第208条)."""
    return day.year - (day.month <= MONTHS_BEFORE_APRIL)


def business_days(first: date, last: date) -> int:
    """Business days after *first* up to *last*: how long companies had."""
    span = range(first.toordinal() + 1, last.toordinal() + 1)
    return sum(is_business_day(date.fromordinal(day)) for day in span)
