"""Who may read another adult's mailbox, how much of it and until when, without a database."""

from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from portal.core.errors import Refusal
from portal.core.words import N_

LONGEST = timedelta(days=366)
CODE_GOOD = timedelta(days=7)
# Of one owner, standing or on their way.
MOST = 5
MOST_SECTIONS = 30


class Basis(StrEnum):
    """What a mandate rests on: the owner's own word on the portal, a paper they signed, or the register of guardianship."""

    GIVEN = "given"
    PAPER = "paper"
    GUARDIAN = "guardian"


BASIS_WORDS: dict[Basis, str] = {
    Basis.GIVEN: N_("Given on the portal"),
    Basis.PAPER: N_("Mandate on paper"),
    Basis.GUARDIAN: N_("Guardian of an adult, by the register of guardianship"),
}
# What a look by mandate is on record as, for its owner.
LOOK_WORDS = {
    "mailbox.list": N_("List of notices"),
    "mailbox.read": N_("Notice that was opened"),
    "mailbox.notice": N_("Opened without its text"),
}
ON_PAPER = (Basis.PAPER, Basis.GUARDIAN)


class MandateImpossible(Refusal):
    """One word for several reasons: it must not tell that somebody is under 支援措置."""

    code = "mandate-impossible"
    status = 422
    message = N_("This mandate cannot be set up on the portal.")
    next_step = N_("Please ask at a window of the ward office.")


class MandateCodeWrong(Refusal):
    code = "mandate-code-wrong"
    status = 422
    message = N_("This code is not right, was used already, or is too old.")
    next_step = N_("Compare it with the person who gave it to you, or ask for a new one.")


class MandatesFull(Refusal):
    code = "mandates-full"
    message = N_("No more than %(most)s people can read one mailbox.")
    next_step = N_("End a mandate first.")


class MandateUnknown(Refusal):
    code = "mandate-unknown"
    status = 404
    message = N_("There is no such mandate.")
    next_step = N_("Go back and choose one from the list.")


class MandateNeedsAnother(Refusal):
    code = "mandate-needs-another"
    message = N_("Who registered a mandate cannot confirm it.")
    next_step = N_("Ask a colleague to compare it with the paper.")


class MandateReadsOnly(Refusal):
    code = "mandate-reads-only"
    status = 403
    message = N_("You may read this notice, but not answer for the person.")
    next_step = N_("Tell the person that an answer is needed.")


class GuardianshipStays(Refusal):
    code = "guardianship-stays"
    message = N_("A guardianship is not ended on the portal.")
    next_step = N_("Please ask at a window of the ward office.")


class MandateDayWrong(Refusal):
    code = "mandate-day-wrong"
    status = 422
    message = N_("The last day lies between today and a year from today.")
    next_step = N_("Choose another day. A mandate can be given again.")


class SectionsMissing(Refusal):
    code = "mandate-sections-missing"
    status = 422
    message = N_("Choose at least one section.")
    next_step = N_("Or let the person read everything.")


def check_day(ends_on: date, today: date) -> None:
    """Nothing is for ever: at most a year, then it is thought over again."""
    if not today <= ends_on <= today + LONGEST:
        raise MandateDayWrong


def check_second(registered_by: UUID, confirmed_by: UUID | None) -> None:
    """Four eyes on what comes from a paper."""
    if confirmed_by is None or confirmed_by == registered_by:
        raise MandateNeedsAnother
