"""What the city decides about choosing people, without a database."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from portal.core.errors import Refusal
from portal.core.words import N_

# Below this many people a number tells of single persons (small-number guard).
SMALL_NUMBER = 5
# A number is off by at most this, the same each time for the same people (cell keys, as the Australian Bureau of
# Statistics does in TableBuilder): what two numbers differ by then tells of nobody.
BLUR = 2
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
    """A number of people as it may be shown: blurred by up to BLUR, and None below SMALL_NUMBER (also for nobody)."""

    shown: int | None

    @property
    def is_small(self) -> bool:
        return self.shown is None


def guarded(people: int, keys: int, salt: int) -> Count:
    """The number as it may be shown. *keys* is the sum of the people's keys: the same people give the same number
    however they were asked for, and one person more or less gives another blur."""
    digest = blake2b(f"{salt}:{keys}".encode(), digest_size=8).digest()
    shown = people + int.from_bytes(digest, "big") % (2 * BLUR + 1) - BLUR
    return Count(shown if people and shown >= SMALL_NUMBER else None)
