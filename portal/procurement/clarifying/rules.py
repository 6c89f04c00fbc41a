"""Who may write when, and the refusals. No I/O."""

from datetime import datetime
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.procurement.rules import Method, State

LONGEST = 2_000
MOST_WAITING = 3
MOST_MESSAGES = 60


class Phase(StrEnum):
    """Where a tender stands, as far as talking goes."""

    BIDDING = "bidding"
    SILENT = "silent"
    EXAMINING = "examining"
    OVER = "over"


class Waits(StrEnum):
    """Whose turn it is."""

    BODY = "body"
    COMPANY = "company"


class Ground(StrEnum):
    """Why a body asks one bidder of a competition."""

    LOW_PRICE = "low-price"
    PAPERS = "papers"
    FIGURES = "figures"


GROUND_WORDS: dict[str, str] = {
    Ground.LOW_PRICE: N_("How a very low price is to be kept (地方自治法施行令第167条の10)"),
    Ground.PAPERS: N_("Papers or conditions of taking part"),
    Ground.FIGURES: N_("A figure or a word that cannot be right"),
}


class NotABidder(Refusal):
    code = "clarification-not-a-bidder"
    status = 403
    message = N_("Only who takes part in this tender can write to the public body about it.")
    next_step = N_("Say on the page of the tender that you mean to take part, or ask a question for everybody.")


class Silence(Refusal):
    code = "clarification-silence"
    status = 409
    message = N_("Nothing can be written between the deadline and the opening of the quotations.")
    next_step = N_("Wait until they have been opened.")


class ClarificationOver(Refusal):
    code = "clarification-over"
    status = 409
    message = N_("This tender is not open, or it is decided: nothing more can be written about it here.")
    next_step = N_("Telephone the section that buys.")


class OnlyAnswers(Refusal):
    code = "clarification-only-answers"
    status = 409
    message = N_("After the deadline a bidder answers what the public body asks, once each.")
    next_step = N_("Wait until it asks.")


class BidderBegins(Refusal):
    code = "clarification-bidder-begins"
    status = 409
    message = N_("Before the deadline a public body only answers bidders who wrote to it.")
    next_step = N_("Say what concerns all of them as an answer for everybody, or wait until the deadline is over.")


class GroundMissing(Refusal):
    code = "clarification-ground-missing"
    status = 422
    message = N_("In a competition one bidder can be asked for a reason only.")
    next_step = N_("Choose the reason.")


class TooManyWait(Refusal):
    code = "clarification-too-many-wait"
    status = 409
    message = N_("%(most)s of your messages wait for an answer.")
    next_step = N_("Wait until the public body has answered.")


class ThreadFull(Refusal):
    code = "clarification-full"
    status = 409
    message = N_("There are %(most)s messages here already.")
    next_step = N_("Telephone each other.")


class ThreadUnknown(Refusal):
    code = "clarification-unknown"
    status = 404
    message = N_("This company does not take part in the tender.")
    next_step = N_("Open the list again.")


def phase(state: str, submissions_until: datetime, now: datetime, *, sealed: bool, opened: bool) -> Phase:
    """Where a tender stands."""
    if state != State.ACTIVE:
        return Phase.OVER
    if now < submissions_until:
        return Phase.BIDDING
    return Phase.SILENT if sealed and not opened else Phase.EXAMINING


def is_free(method: str, *, sealed: bool) -> bool:
    """Whether both may write before the decision: what is negotiated or compared by hand is no price competition."""
    return method == Method.DIRECT or (method == Method.LIMITED and not sealed)


def check_company(stand: Phase, *, free: bool, waits: Waits | None, waiting: int) -> None:
    """May the bidder write now? *waits* is None before the first message, *waiting* how many of theirs have no answer."""
    _check_speaking(stand)
    if stand is Phase.EXAMINING and not free and waits is not Waits.COMPANY:
        raise OnlyAnswers
    if waiting >= MOST_WAITING:
        raise TooManyWait(most=MOST_WAITING)


def check_body(stand: Phase, *, free: bool, begun: bool, ground: str) -> None:
    """May the body write to this bidder now?"""
    _check_speaking(stand)
    if stand is Phase.BIDDING and not begun:
        raise BidderBegins
    if needs_ground(stand, free=free) and ground not in set(Ground):
        raise GroundMissing


def needs_ground(stand: Phase, *, free: bool) -> bool:
    """Whether the body has to say why it asks this one."""
    return stand is Phase.EXAMINING and not free


def _check_speaking(stand: Phase) -> None:
    if stand is Phase.OVER:
        raise ClarificationOver
    if stand is Phase.SILENT:
        raise Silence
