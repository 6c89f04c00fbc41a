"""How often a saved search tells, and the refusals."""

from datetime import timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

MOST = 20


class Rhythm(StrEnum):
    """How often."""

    DAILY = "daily"
    WEEKLY = "weekly"


RHYTHM_WORDS: dict[str, str] = {Rhythm.DAILY: N_("Every day"), Rhythm.WEEKLY: N_("Once a week")}
# A little less than a day and a week: the worker comes once a day, never at quite the same minute.
PERIODS = {Rhythm.DAILY: timedelta(hours=20), Rhythm.WEEKLY: timedelta(days=6, hours=20)}


class TooManySearches(Refusal):
    code = "tender-searches-too-many"
    message = N_("Your company has saved %(most)s searches already.")
    next_step = N_("Remove one you no longer need.")


class NameTaken(Refusal):
    code = "tender-search-name-taken"
    status = 422
    message = N_("Your company has a saved search of this name.")
    next_step = N_("Choose another name.")


class SearchGone(Refusal):
    code = "tender-search-gone"
    status = 404
    message = N_("This saved search is not there any more.")
    next_step = N_("Open the list again.")
