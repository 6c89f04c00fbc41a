"""Who can stand on the board, under which name, and when there are enough to show. No I/O."""

import re
from datetime import date
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.text import TextRefused, fold_width, single_line
from portal.core.words import N_

LONGEST = 20
ADULT = 18
MONTHS = 12
"""So many months back the board can be read."""
CONTACT = re.compile(r"@|https?:|www\.|[0-9](?:[^0-9]?[0-9]){5,}", re.IGNORECASE)
"""An address or a telephone number is no name."""


class State(StrEnum):
    """How a name stands."""

    WAITING = "waiting"
    SHOWN = "shown"
    REFUSED = "refused"


STATE_WORDS: dict[str, tuple[str, str]] = {
    State.WAITING: (N_("Waits until somebody has read the name"), "info"),
    State.SHOWN: (N_("On the board"), "success"),
    State.REFUSED: (N_("This name cannot be shown"), "warning"),
}


class NameUnfit(Refusal):
    code = "recognition-name-unfit"
    status = 422
    message = N_("A name has 2 to 20 characters, without addresses and telephone numbers.")
    next_step = N_("Please choose another name, for example a nickname.")


class NotNow(Refusal):
    code = "recognition-not-now"
    message = N_("You cannot be on the board at the moment.")
    next_step = N_("Please call the city's section for volunteering if you have questions.")


class NameDecided(Refusal):
    code = "recognition-decided"
    message = N_("This name was decided on already, or changed meanwhile.")
    next_step = N_("Please look at the list again.")


def read_name(typed: str) -> str:
    """The name as it is shown. Raises NameUnfit."""
    try:
        name = single_line(typed, longest=LONGEST)
    except TextRefused:
        raise NameUnfit from None
    if len(name) < 2 or CONTACT.search(fold_width(name)):
        raise NameUnfit
    return name


def may_stand(*, birth_date: date, moved_out: date | None, guarded: bool, today: date) -> bool:
    """Grown people who live here, and whom nobody must be able to find through it."""
    grown = (today.year - birth_date.year) - ((today.month, today.day) < (birth_date.month, birth_date.day)) >= ADULT
    return grown and not guarded and (moved_out is None or moved_out > today)


def month_of(typed: str, today: date) -> date:
    """The first day of the month asked for, one of the last twelve; else of the last month, which is over."""
    months = last_months(today)
    return next((month for month in months if f"{month:%Y-%m}" == typed), months[1])


def last_months(today: date) -> list[date]:
    """First days of this month and those before."""
    count = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(count, count - MONTHS, -1)]
