"""What the city decides about letters with a code: to whom, how often, how long; the code; the refusals."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from portal.core.crypto import mac
from portal.core.errors import Refusal
from portal.core.reference import ALPHABET, LENGTH, check_sign, group
from portal.core.words import N_

GOOD_FOR = timedelta(days=21)
"""From posting on: letters arrive within a few days, and a small company looks into its box once a week."""
WAITS_FOR = timedelta(days=30)
MOST_TRIES = 5
MOST_LETTERS, WITHIN = 3, timedelta(days=30)
KEPT = timedelta(days=365)
AT_ONCE = 50
KEY = "company sign-in letter"
"""The purpose of the key codes follow from."""


class State(StrEnum):
    WAITING = "waiting"
    PRINTED = "printed"
    POSTED = "posted"
    USED = "used"
    OVER = "over"


class Ended(StrEnum):
    """Why nothing can come of a letter any more."""

    STOPPED = "stopped"
    MOVED = "moved"
    CLOSED = "closed"
    LOCKED = "locked"
    LAPSED = "lapsed"
    RETURNED = "returned"
    REPLACED = "replaced"


OPEN = (State.WAITING, State.PRINTED, State.POSTED)
# After these the same request may get another letter with another code.
AGAIN = (Ended.LOCKED, Ended.LAPSED, Ended.RETURNED, Ended.MOVED)
STATE_WORDS: dict[str, tuple[str, str]] = {
    State.WAITING: (N_("To be printed"), "warning"),
    State.PRINTED: (N_("Printed, not posted yet"), "warning"),
    State.POSTED: (N_("On its way"), "info"),
    State.USED: (N_("Used"), "success"),
    Ended.STOPPED: (N_("Stopped by the company"), "neutral"),
    Ended.MOVED: (N_("The registered address changed"), "neutral"),
    Ended.CLOSED: (N_("The company was closed"), "neutral"),
    Ended.LOCKED: (N_("Too many wrong codes"), "error"),
    Ended.LAPSED: (N_("Not used in time"), "neutral"),
    Ended.RETURNED: (N_("It came back"), "error"),
    Ended.REPLACED: (N_("A newer letter took its place"), "neutral"),
}


class LetterOnItsWay(Refusal):
    code = "sign-in-letter-on-its-way"
    status = 409
    message = N_("A letter to this company is on its way already.")
    next_step = N_(
        "Ask your colleagues who asked for it. If nobody did, stop it with the code in the letter; then ask anew."
    )


class LettersEnough(Refusal):
    code = "sign-in-letters-enough"
    status = 429
    message = N_("Too many letters were asked for by this company's number within a month.")
    next_step = N_("Call the city with the number of your request: it can send the letter again.")


class NoPostalAddress(Refusal):
    code = "sign-in-letter-no-address"
    status = 422
    message = N_("The register has no address in Japan for this company, so no letter can be posted.")
    next_step = N_("Sign in with gBizID, or ask at the city's office.")


class LetterMovedOn(Refusal):
    code = "sign-in-letter-moved-on"
    status = 409
    message = N_("This letter is no longer as you saw it.")
    next_step = N_("Look at the list again: a colleague may have done it, or the company may have stopped it.")


class SamePerson(Refusal):
    code = "sign-in-letter-same-person"
    status = 403
    message = N_("Whoever printed these letters has seen their codes and cannot post them.")
    next_step = N_("Hand the envelopes to a colleague, who takes them to the post and says so here.")


class PrintedByAnother(Refusal):
    code = "sign-in-letter-printed-by-another"
    status = 403
    message = N_("Only who made this batch gets its file: whoever posts the letters does not see their codes.")
    next_step = N_("If that colleague is away, have the letters sent again with new codes.")


class NothingToPrint(Refusal):
    code = "sign-in-letters-none"
    status = 409
    message = N_("No letter waits to be printed.")
    next_step = N_("Perhaps a colleague has just printed them: look at the list.")


class LetterUnknown(Refusal):
    code = "sign-in-letter-unknown"
    status = 404
    message = N_("There is no such letter.")
    next_step = N_("Go back to the list.")


def code_of(key: bytes, letter_id: UUID, issue: int) -> str:
    """Eleven signs (54 bits) that follow from the letter and its issue, and a check sign."""
    value = int.from_bytes(mac(key, b"sign-in-letter", letter_id.bytes, issue.to_bytes(4, "big")), "big")
    signs = ""
    for _place in range(LENGTH - 1):
        value, rest = divmod(value, len(ALPHABET))
        signs += ALPHABET[rest]
    return group(signs + check_sign(signs))


def is_over(state: str, asked_at: datetime, posted_at: datetime | None, now: datetime) -> bool:
    """Whether an open letter has waited too long, in the house or with the company."""
    if state == State.POSTED and posted_at is not None:
        return now > posted_at + GOOD_FOR
    return state in OPEN and now > asked_at + WAITS_FOR
