"""What the city decides about casework, without a database: outcomes, words, refusals."""

from collections.abc import Mapping
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

CENTRE = "shori"
"""The office whose staff see every procedure; a section (所管課) sees those that name it."""
LONGEST_WORDS = 1000
MOST_AT_ONCE = 50
PAGE_SIZE = 50
AGES = (7, 14, 30)
"""Days since it was sent: what a supervisor asks for."""


class Outcome(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


class DecisionState(StrEnum):
    """`proposed` waits for the second person; `returned` was sent back by them and binds nobody."""

    PROPOSED = "proposed"
    DECIDED = "decided"
    RETURNED = "returned"


OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.APPROVE: N_("Accept"),
    Outcome.REJECT: N_("Do not accept"),
}


class SecondPersonNeeded(Refusal):
    code = "second-person-needed"
    message = N_("This decision needs a second person.")
    next_step = N_("Ask a colleague to open the case and confirm it.")


class NothingProposed(Refusal):
    code = "decision-not-proposed"
    message = N_("There is no proposed decision to confirm.")
    next_step = N_("Open the case again to see where it stands.")


class AlreadyProposed(Refusal):
    code = "decision-already-proposed"
    message = N_("A decision has been proposed already.")
    next_step = N_("Confirm it or send it back.")


class NotReviewed(Refusal):
    code = "second-person-before-window"
    message = N_("Two people must check this application before the window can finish it.")
    next_step = N_("Ask the processing centre to decide it first.")


class NoteEmpty(Refusal):
    code = "case-note-empty"
    status = 422
    message = N_("Nothing was written, or too much.")
    next_step = N_("Write between 1 and 1,000 signs.")


class SectionUnknown(Refusal):
    code = "opinion-section-unknown"
    status = 422
    message = N_("There is no such section.")
    next_step = N_("Choose a section in the list.")


class OpinionNotFound(Refusal):
    code = "opinion-not-found"
    status = 404
    message = N_("There is no such question.")
    next_step = N_("Open the list of questions to your section.")


class OpinionAnswered(Refusal):
    code = "opinion-answered"
    message = N_("This question has been answered already.")
    next_step = N_("Open the list of questions to your section.")


class LetterNotFound(Refusal):
    code = "letter-not-found"
    status = 404
    message = N_("There is no such letter.")
    next_step = N_("Open the application to see its letters.")


class LetterNotDrawable(Refusal):
    code = "letter-not-drawable"
    message = N_("The name or address has a character this letter cannot show.")
    next_step = N_("Ask the section named with the application for the letter on paper.")


class NothingChosen(Refusal):
    code = "bulk-nothing-chosen"
    status = 422
    message = N_("No case was chosen, or too many at once.")
    next_step = N_("Choose between 1 and 50 cases.")


class NotOneProcedure(Refusal):
    code = "bulk-several-procedures"
    status = 422
    message = N_("The chosen cases are of different procedures.")
    next_step = N_("Choose cases of one procedure.")


class RunNotFound(Refusal):
    code = "bulk-not-found"
    status = 404
    message = N_("There is no such joint decision.")
    next_step = N_("Open the worklist.")


class NotAReceiver(Refusal):
    code = "export-not-allowed"
    status = 404
    message = N_("This client does not receive this procedure.")
    next_step = N_("Ask the operator of the portal: portal exports allow.")


class ChoiceUnknown(Refusal):
    code = "casework-choice-unknown"
    status = 422
    message = N_("One of the choices does not exist.")
    next_step = N_("Open the page again and choose from what it offers.")
