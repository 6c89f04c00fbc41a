"""Which two records can be joined, by whom, and how a proposal stands. No I/O."""

from enum import StrEnum
from uuid import UUID

from portal.core.errors import Refusal
from portal.core.words import N_


class State(StrEnum):
    """How a proposal stands."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    JOINED = "joined"
    LEAVING = "leaving"
    APART = "apart"


STATE_WORDS: dict[str, tuple[str, str]] = {
    State.PROPOSED: (N_("Waits for a second person"), "warning"),
    State.REFUSED: (N_("Not approved"), "neutral"),
    State.JOINED: (N_("Joined"), "success"),
    State.LEAVING: (N_("Taking apart waits for a second person"), "warning"),
    State.APART: (N_("Taken apart again"), "neutral"),
}
STAYS = (
    N_("Sign-in, passkeys and the mailbox"),
    N_("The city card and its services"),
    N_("Applications, visits and certificates"),
    N_("Places in activities, steps, the thank-you board, acting for a shop or an organisation"),
)
"""What is not moved; the page says so before anybody agrees."""


class JoinUnknown(Refusal):
    code = "points-join-unknown"
    status = 404
    message = N_("There is no such proposal.")
    next_step = N_("Please choose one from the list.")


class RecordUnknown(Refusal):
    code = "points-record-unknown"
    status = 422
    message = N_("No resident has one of these addressee numbers.")
    next_step = N_("Please compare both numbers with the register once more.")


class SameRecord(Refusal):
    code = "points-record-same"
    status = 422
    message = N_("Both numbers are of the same record.")
    next_step = N_("Enter the number of the other record as well.")


class RecordProtected(Refusal):
    """What one reads in the history of points tells where somebody has been."""

    code = "points-record-protected"
    status = 403
    message = N_("One of the two records is under protection, or of somebody's household who is.")
    next_step = N_("Please leave it as it is and tell the section for protection (支援措置): it decides.")


class KeptLeft(Refusal):
    code = "points-record-left"
    message = N_("The record that is to stay has left the city.")
    next_step = N_("Keep the record of the place where the person lives now.")


class OwnRecord(Refusal):
    code = "points-record-own"
    status = 403
    message = N_("Nobody can join records of themselves, of their family, or of somebody with their own name.")
    next_step = N_("Please leave it to a colleague.")


class JoinUnsure(Refusal):
    code = "points-join-unsure"
    status = 422
    message = N_("Please write what shows that it is one person, and tick that you are neither of the two.")
    next_step = N_("Then send it again.")


class JoinWaiting(Refusal):
    code = "points-join-waiting"
    message = N_("For these two records a proposal waits already.")
    next_step = N_("Open it in the list: a second person decides on it.")


class OwnJoin(Refusal):
    code = "points-own-join"
    status = 403
    message = N_("Nobody decides on what they proposed themselves.")
    next_step = N_("Please ask another member of staff.")


class JoinDecided(Refusal):
    code = "points-join-decided"
    message = N_("This was decided on already.")
    next_step = N_("Load the page again to see how it stands.")


class ThirdRecord(Refusal):
    code = "points-third-record"
    message = N_("A third record was joined with these two: which points belong where cannot be told any more.")
    next_step = N_("Please settle with both persons what each should have, and give points that are missing anew.")


def pair_key(one: UUID, other: UUID) -> str:
    """The same for both directions: two proposals that cross each other are one."""
    first, second = sorted((one.hex, other.hex))
    return f"{first}:{second}"


def check_pair(*, gone: UUID, kept: UUID) -> None:
    """Raises SameRecord."""
    if gone == kept:
        raise SameRecord


def check_sure(why: str, ticked: str) -> None:
    """Raises JoinUnsure."""
    if not why or ticked != "yes":
        raise JoinUnsure


def is_namesake(staff_name: str, *names: str) -> bool:
    """Whether somebody of the staff has one of these names, spaces aside: who they are beyond that the portal does not
    know."""
    own = "".join(staff_name.split())
    return bool(own) and own in {"".join(name.split()) for name in names}
