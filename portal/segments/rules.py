"""What the city decides about choosing people, without a database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.core import small_numbers
from portal.core.errors import Refusal
from portal.core.words import N_

LONGEST_NAME = 80
KEPT_LISTS_DAYS = 90


class SegmentUnknown(Refusal):
    code = "segment-unknown"
    status = 404
    message = N_("Your section has no such conditions.")
    next_step = N_("Go back to the list and choose from it.")


class SegmentNameTaken(Refusal):
    code = "segment-name-taken"
    status = 422
    message = N_("Your section has conditions of that name already.")
    next_step = N_("Choose another name, or change those.")


class SegmentChangedMeanwhile(Refusal):
    code = "segment-changed-meanwhile"
    message = N_("A colleague changed these conditions meanwhile.")
    next_step = N_("Open them again and change what is still needed.")


class ListUnreadable(Refusal):
    code = "segment-list-unreadable"
    status = 422
    message = N_("This file has no addressee number of anybody who lives here.")
    next_step = N_("Use a CSV file with the heading 宛名番号 and one number a line.")


class ListGone(Refusal):
    code = "segment-list-gone"
    status = 422
    message = N_("A list these conditions name is not kept any more.")
    next_step = N_("Add the list again and choose it in the conditions.")


class FactNotYours(Refusal):
    code = "segment-fact-not-yours"
    status = 422
    message = N_("These conditions ask for what another section keeps, and no law lets yours use it.")
    next_step = N_("Take it out of the conditions, or ask the section that keeps it to send the notice.")


class ConditionWrong(Refusal):
    """`faults` say where and what, each."""

    code = "segment-condition-wrong"
    status = 422
    message = N_("These conditions cannot be used.")
    next_step = N_("Correct what is marked.")

    def __init__(self, faults: Sequence[Any]) -> None:
        super().__init__(count=len(faults))
        self.faults = list(faults)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of people as it may be shown (small_numbers.blurred); None below FEW, and for nobody."""

    shown: int | None

    @property
    def is_small(self) -> bool:
        return self.shown is None


def guarded(people: int, keys: int, salt: int) -> Count:
    """The number as it may be shown; *keys* is the sum of the people's keys."""
    return Count(small_numbers.blurred(people, keys, salt))
