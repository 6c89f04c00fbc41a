"""How long each kind of writing is kept, without a database (decision 44)."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.core.clock import JST

YEAR = timedelta(days=366)
"""Never a day less than a year, leap years or not."""


class What(StrEnum):
    DRAFT = "draft"
    ANSWER = "answer"
    MESSAGE = "message"
    ATTACHMENT = "attachment"


_KEPT: dict[What, timedelta] = {
    # Nobody has decided anything with it; a list of people in it is personal data without a purpose.
    What.DRAFT: timedelta(days=180),  # since somebody wrote on it last
    # What was chosen and added. A section that decides by it has it in its own case by then.
    What.ANSWER: 3 * YEAR,  # since it was given
    What.MESSAGE: 3 * YEAR,  # since the last message
    # As long as anybody may claim money of the city or the city of anybody (地方自治法 236条1項: 5 years).
    What.ATTACHMENT: 5 * YEAR,  # since the notice was sent
}


def retention() -> dict[What, timedelta]:
    """How long each is kept after its last day."""
    return dict(_KEPT)


def kept_until(what: What, since: datetime) -> datetime:
    """When something whose time began at *since* goes."""
    return since + _KEPT[what]


def last_day(what: What, since: datetime) -> date:
    """The same as the day pages name."""
    return kept_until(what, since).astimezone(JST).date()
