"""What the city decides about filling in a form with somebody, without a database."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

# A person and a member of staff sit together: who has done nothing for so long is not there any more.
SITTING = timedelta(minutes=60)
# From 15 a person notifies the city by themselves (住民基本台帳事務, 印鑑登録); for younger ones the guardian does.
LEAST_AGE = 15


class Confirmation(StrEnum):
    """How the person confirmed what is sent for them."""

    READ_ALOUD = "read-aloud"
    SIGNED_PAPER = "signed-paper"
    SIGNED_CARD = "signed-card"


CONFIRMATION_WORDS: Mapping[Confirmation, str] = {
    Confirmation.READ_ALOUD: N_("I read all answers aloud, and the person said that they are right"),
    Confirmation.SIGNED_PAPER: N_("The person read the printed answers and signed the paper"),
    Confirmation.SIGNED_CARD: N_("The person signed the answers with the card"),
}


class OwnApplication(Refusal):
    code = "assist-yourself"
    status = 403
    message = N_("This person has your name: nobody fills in an application for themselves at the window.")
    next_step = N_("Ask a colleague to do it.")


class NotResident(Refusal):
    code = "assist-not-a-resident"
    message = N_("This person does not live in the city any more, by the resident register.")
    next_step = N_("Without the register the person can use the paper form.")


class TooYoung(Refusal):
    """Facts: `age`."""

    code = "assist-too-young"
    message = N_("Whoever is younger than %(age)s cannot send an application.")
    next_step = N_("Look for the guardian, and fill it in with them.")


class IdentityNeeded(Refusal):
    code = "assist-identity"
    status = 403
    message = N_("The identity of this person was not checked a moment ago.")
    next_step = N_("Check it by the card or by a document, then begin.")


class SittingOver(Refusal):
    code = "assist-over"
    message = N_("You are not filling in this application any more. What was typed is kept in the draft.")
    next_step = N_("Look for the person, check the identity and go on with the draft.")


class WithColleague(Refusal):
    """Facts: `who`, `since`."""

    code = "assist-with-colleague"
    message = N_("%(who)s is filling in this draft with the person since %(since)s.")
    next_step = N_("Ask the colleague, or take the draft over: then only you can go on.")


class CorrectionOver(Refusal):
    code = "assist-correction-over"
    message = N_("You are not correcting this application with the person any more. What was typed is kept.")
    next_step = N_("Look for the person, check the identity and go on with the correction.")


class CorrectionWithColleague(Refusal):
    """Facts: `who`, `since`."""

    code = "assist-correction-with-colleague"
    message = N_("%(who)s is making this correction with the person since %(since)s.")
    next_step = N_("Ask the colleague, or take the correction over: then only you can go on.")


class Settled(Refusal):
    code = "assist-correction-settled"
    message = N_(
        "There is nothing to correct any more: the person sent the correction in the meantime, or the case ended."
    )
    next_step = N_("Look for the person again to see where it stands.")


class NotConfirmed(Refusal):
    code = "assist-not-confirmed"
    status = 422
    message = N_("Choose how the person confirmed the answers.")
    next_step = N_("Read the answers through together first. Without that nothing is sent.")


class ChangedSince(Refusal):
    code = "assist-changed-since"
    message = N_("The answers are not those the person confirmed: they were changed since this page was opened.")
    next_step = N_("Read them through together once more, then send.")


class SentAlready(Refusal):
    code = "assist-sent-already"
    message = N_("The person sent this application in the meantime, or threw the draft away.")
    next_step = N_("Look for the person again to see where it stands.")


class NoPassword(Refusal):
    code = "assist-no-password"
    message = N_("No password is handed out for this application.")
    next_step = N_("With an account the person signs in. For a protected person, answer questions at the window.")


def check_person(names: tuple[str, ...], member: str, *, age: int, lives_here: bool) -> None:
    """Whether *member* (a name) may fill in something for the person of these *names*.

    The register of residents and the accounts of staff are not tied to each other, so people are compared by name; whoever
    merely shares it loses nothing but is served by a colleague.
    """
    if not lives_here:
        raise NotResident
    if age < LEAST_AGE:
        raise TooYoung(age=LEAST_AGE)
    if _plain(member) in {_plain(name) for name in names if name}:
        raise OwnApplication


def _plain(name: str) -> str:
    return "".join(name.split()).casefold()


def ways_to_confirm(by_own_hand: bool) -> tuple[Confirmation, ...]:
    """What a person may confirm by; where the law wants the applicant's own signature, only by their own hand."""
    return (
        (Confirmation.SIGNED_PAPER, Confirmation.SIGNED_CARD)
        if by_own_hand
        else (Confirmation.READ_ALOUD, Confirmation.SIGNED_PAPER)
    )


def is_over(seen_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Whether the two have got up."""
    return ended_at is not None or seen_at <= now - SITTING
