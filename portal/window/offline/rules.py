"""What the city decides about desks without network: which numbers they give, what a journal must be like, refusals."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.window.rules import EXPRESS_LETTER, LETTERS

FIRST_BLOCK, LAST_BLOCK = 10, 999
# Of the 99 numbers of a block and letter the last ones are for reserved visits, as from 501 on line.
RESERVED_IN_BLOCK = 71
MOST_STEPS = 500
# A journal of Friday comes on line on Monday, one before the New Year's closure a week later.
MERGED_WITHIN = timedelta(days=8)
KEPT = timedelta(days=30)
WRONG_CLOCK = timedelta(hours=12)
# A reference has 54 random bits. At 2,000 rounds a try, one of today's graphics cards needs over a year for the first
# of a day's visits out of a stolen browser, and what it finds is good for a check-in on that day.
ROUNDS = 2_000
HASH_BYTES = 16
LABEL = re.compile(r"([A-Z])([0-9]{3,5})")


class What(StrEnum):
    """What a desk did."""

    NUMBER = "number"
    CHECK_IN = "check-in"
    CALL = "call"
    RECALL = "recall"
    START = "start"
    PARK = "park"
    ABSENT = "absent"
    SERVED = "served"


GIVES = frozenset({What.NUMBER, What.CHECK_IN})


class Outcome(StrEnum):
    """What became of a step: done, not possible any more (people are told why), or left out because it follows one
    that was not possible."""

    APPLIED = "applied"
    CONFLICT = "conflict"
    LEFT_OUT = "left-out"


class LeaseUnknown(Refusal):
    code = "offline-lease-unknown"
    status = 404
    message = N_("These steps belong to no desk of this office.")
    next_step = N_("Sign in as staff of the office where they were made, on the same device.")


class BlocksGone(Refusal):
    code = "offline-blocks-gone"
    message = N_("No more numbers can be set aside for desks without network today.")
    next_step = N_("Desks that are ready already stay ready. Give numbers there if the line is lost.")


class JournalUnreadable(Refusal):
    code = "offline-journal-unreadable"
    status = 422
    message = N_("The steps of this desk cannot be read.")
    next_step = N_("Nothing was changed. Keep this page open and tell the system's operators.")


class TooManySteps(Refusal):
    code = "offline-too-many-steps"
    status = 422
    message = N_("Too many steps were sent at once.")
    next_step = N_("Nothing was changed. Open the page again: it sends them in smaller parts.")


class NotInOrder(Refusal):
    code = "offline-not-in-order"
    status = 422
    message = N_("The steps of this desk are not in order.")
    next_step = N_("Nothing was changed. Keep this page open and tell the system's operators.")


class ForeignNumber(Refusal):
    """Facts: `number`."""

    code = "offline-foreign-number"
    status = 422
    message = N_("The number %(number)s is not one of those this desk may give.")
    next_step = N_("Nothing was changed. Keep this page open and tell the system's operators.")


class ClockWrong(Refusal):
    code = "offline-clock-wrong"
    status = 422
    message = N_("The clock of this device is wrong by more than twelve hours.")
    next_step = N_("Set the clock of the device, and send the steps again.")


class JournalTooOld(Refusal):
    code = "offline-journal-too-old"
    message = N_("These steps are more than a week old.")
    next_step = N_("Nothing can be merged any more. Sign out to remove them from this device.")


class CheckedInTwice(Refusal):
    """Facts: `number` (closed), `stays`."""

    code = "offline-checked-in-twice"
    message = N_("%(number)s and %(stays)s are the same reservation: it was checked in elsewhere meanwhile.")
    next_step = N_("%(stays)s stays, %(number)s is closed. If the person still waits, tell them their number.")


class VisitUnknown(Refusal):
    """Facts: `number`."""

    code = "offline-visit-unknown"
    message = N_("The reservation of %(number)s is not one of this office and day any more.")
    next_step = N_("The number stays, without a reservation. Ask the person for the reference at the window.")


class CheckInNotPossible(Refusal):
    """Facts: `number`."""

    code = "offline-check-in-not-possible"
    message = N_("The reservation of %(number)s was cancelled, moved or served meanwhile.")
    next_step = N_("The number stays, without a reservation. Look the reference up before you serve the person.")


class CalledElsewhere(Refusal):
    """Facts: `number`."""

    code = "offline-called-elsewhere"
    message = N_("%(number)s was called at another window meanwhile, or had ended.")
    next_step = N_("What happened there stays. If the person was served here, nothing needs to be done.")


class WindowOccupied(Refusal):
    """Facts: `number`, `window`."""

    code = "offline-window-occupied"
    message = N_("%(number)s could not be put to window %(window)s: somebody else is there.")
    next_step = N_("The number waits. Call it again, or set it aside.")


class LeftAtWindow(Refusal):
    """Facts: `number`, `window`, `other`."""

    code = "offline-left-at-window"
    message = N_("%(other)s was still at window %(window)s when %(number)s was called there.")
    next_step = N_("%(other)s is set aside. Call it back if the person is still here.")


class NumberUnknown(Refusal):
    """Facts: `number`."""

    code = "offline-number-unknown"
    message = N_("Nobody was given the number %(number)s.")
    next_step = N_("Compare it with the slip, and give the person a new number.")


class NumberTwice(Refusal):
    """Facts: `number`."""

    code = "offline-number-twice"
    message = N_("The number %(number)s was given before.")
    next_step = N_("The first one stays. Give the second person a new number.")


class NotFinished(Refusal):
    """Facts: `number`."""

    code = "offline-not-finished"
    message = N_("The visit of %(number)s could not be finished: its identity check or an application is missing.")
    next_step = N_("It is set aside. Call it back, check the identity and finish it.")


CONFLICTS: Mapping[str, type[Refusal]] = {
    kind.code: kind
    for kind in (
        CheckedInTwice,
        VisitUnknown,
        CheckInNotPossible,
        CalledElsewhere,
        WindowOccupied,
        LeftAtWindow,
        NumberUnknown,
        NumberTwice,
        NotFinished,
    )
}
"""What is told of a step that no longer fitted, by its code."""


def told_as(refusal: Refusal, what: What, label: str) -> Refusal:
    """How a step that was not possible is told: what another room refused in words of its own, as the outcome for the
    number, so that staff always read what to do now."""
    if refusal.code in CONFLICTS:
        return refusal
    return NumberUnknown(number=label) if what in GIVES else CalledElsewhere(number=label)


def split(label: str) -> tuple[str, int]:
    """The letter and the number of a label; JournalUnreadable if it is none."""
    found = LABEL.fullmatch(label)
    if found is None or found[1] not in LETTERS | {EXPRESS_LETTER}:
        raise JournalUnreadable
    return found[1], int(found[2])


def block_of(number: int) -> int:
    """The block a number of a desk without network is of; 0 for numbers given on line."""
    return number // 100 if number >= FIRST_BLOCK * 100 else 0


def check_own(what: What, label: str, block: int, letters: Iterable[str]) -> None:
    """A desk gives numbers of its own block alone, with the letters of its office; reserved visits have the last of
    them, express ones E. Raises ForeignNumber."""
    letter, number = split(label)
    place = number % 100
    fits = {
        What.NUMBER: letter in letters and 0 < place < RESERVED_IN_BLOCK,
        What.CHECK_IN: (letter == EXPRESS_LETTER and place > 0) or (letter in letters and place >= RESERVED_IN_BLOCK),
    }
    if block_of(number) != block or not fits[what]:
        raise ForeignNumber(number=label)


def check_order(places: Sequence[int], known: Mapping[int, UUID], ids: Sequence[UUID]) -> None:
    """Steps come in the order of the journal, each place once; what was merged before may come again, but nothing new
    before it. Raises NotInOrder."""
    if any(later <= earlier for earlier, later in pairwise(places)) or len(set(ids)) < len(ids):
        raise NotInOrder
    last = max(known, default=0)
    merged = set(known.values())
    for place, id in zip(places, ids, strict=True):
        if known.get(place) != id if place <= last else id in merged:
            raise NotInOrder


def check_clock(sent_at: datetime, now: datetime) -> None:
    """A desk whose clock is on another day tells nobody when anything was. *now* is this machine's own time."""
    if abs(now - sent_at) > WRONG_CLOCK:
        raise ClockWrong


def true_times(desk: Sequence[datetime], sent_at: datetime, now: datetime, since: datetime) -> list[datetime]:
    """When the steps happened by the city's clock: the desk's clock is as wrong as it was when it sent them. None lies
    before *since* or in the future, and none before the one before it, whatever somebody did to that clock."""
    times: list[datetime] = []
    for at in desk:
        earliest = times[-1] if times else since
        times.append(max(earliest, min(at + (now - sent_at), now)))
    return times


def salt(key: bytes, office: str, day: date) -> bytes:
    """The salt of one office and day; *key* is the city's secret, so that nobody prepares tables."""
    return hashlib.blake2b(f"{office} {day.isoformat()}".encode(), key=key, digest_size=HASH_BYTES).digest()


@lru_cache(maxsize=4096)
def visit_hash(reference: str, salt: bytes) -> str:
    """What a desk knows of a reference: it can tell the right one when it is shown, and names nobody."""
    return hashlib.pbkdf2_hmac("sha256", reference.encode(), salt, ROUNDS, HASH_BYTES).hex()


def dealt_to(ticket: UUID, windows: Sequence[int]) -> int | None:
    """Which of *windows* calls a waiting number while the line is lost: every desk reckons the same, and when a window
    comes or goes only its own share moves (rendezvous hashing). None if there is no window."""
    return max(windows, key=lambda one: hashlib.sha256(f"{ticket} {one}".encode()).digest(), default=None)
