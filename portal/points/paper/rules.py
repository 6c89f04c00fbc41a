"""Codes on paper: how many, how long, and what is refused. No I/O."""

from datetime import date, timedelta

from portal.core.errors import Refusal
from portal.core.words import N_

MOST_CODES = 200
LONGEST = timedelta(days=731)
"""A sheet is good for two years at most: a mistyped year makes no sheet for ever."""
TRIES = 10
"""Codes one person or one desk may try in a quarter of an hour."""
MACHINE_TRIES = 40
"""The same for one machine, whoever stands before it; codes that were right do not count."""
PAGE = "/points/codes"


def is_day(last_day: date, today: date) -> bool:
    """Whether a sheet can be good until then."""
    return today <= last_day <= today + LONGEST


def address(base_url: str, code: str) -> str:
    """What the square beside a code says: the page for it, with the code behind the #, which no browser sends anywhere."""
    return f"{base_url}{PAGE}#{code}"


class CodeUnknown(Refusal):
    """Wrong, used and expired codes answer alike: whoever guesses learns nothing."""

    code = "paper-code-unknown"
    status = 422
    message = N_("This code is not valid: it is mistyped, was used already, or its day has passed.")
    next_step = N_("Please compare it with the sheet once more, or ask where you got it.")


class CodeYours(Refusal):
    """Told to nobody else: an answer that got lost, or a sheet held out twice."""

    code = "paper-code-yours"
    message = N_("You have the points of this code already.")
    next_step = N_("Nothing more is needed. Each code counts once.")


class CodeTheirs(CodeYours):
    """The same, to the clerk who typed it for somebody at the window."""

    code = "paper-code-theirs"
    message = N_("This person has the points of this code already.")


class CodeOverCap(Refusal):
    code = "paper-code-over-cap"
    message = N_("With the points of this code you would have more of this programme than one person can get for now.")
    next_step = N_("Keep the sheet: the code can be entered later, until its last day.")


class SheetUnclear(Refusal):
    code = "paper-sheet-unclear"
    status = 422
    message = N_("Please choose a programme, a number of codes up to %(most)s, and a last day within two years.")
    next_step = N_("Correct it and make the sheet again.")


class SheetOwner(Refusal):
    code = "paper-person-unknown"
    status = 404
    message = N_("No resident has this addressee number.")
    next_step = N_("Please compare the number once more.")


class OwnSheet(Refusal):
    code = "paper-own-sheet"
    status = 403
    message = N_("Whoever made a sheet of codes cannot approve it.")
    next_step = N_("Please leave it to a colleague.")


class SheetOver(Refusal):
    code = "paper-sheet-over"
    message = N_("The codes of this sheet are not valid any more.")
    next_step = N_("Load the page again to see how it stands.")
