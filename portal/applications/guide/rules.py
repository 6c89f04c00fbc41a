"""What the city decides about lists, without a database: how long they are kept, refusals, words."""

from collections.abc import Mapping
from datetime import timedelta

from portal.applications.guide.schema import Known, Phase
from portal.core.errors import Refusal
from portal.core.words import N_

# Longer than the longest period of most lists; a day of death or birth is not kept for ever.
LIST_LIVES = timedelta(days=365)

PHASE_WORDS: Mapping[Phase, str] = {
    Phase.BEFORE: N_("Before the day"),
    Phase.SOON: N_("First of all"),
    Phase.LATER: N_("When this is done"),
}
KNOWN_WORDS: Mapping[Known, tuple[str, str]] = {
    Known.SEVERAL: (N_("Several people live in your household."), N_("You live alone.")),
    Known.CHILDREN: (N_("You have children under 18."), N_("You have no children under 18.")),
    Known.SCHOOL_CHILDREN: (
        N_("A child of yours is of the age of elementary or junior high school."),
        N_("None of your children is of the age of elementary or junior high school."),
    ),
    Known.SMALL_CHILDREN: (
        N_("You have a child that does not go to school yet."),
        N_("You have no child below school age."),
    ),
    Known.SENIORS: (N_("Somebody of 75 or older lives with you."), N_("Nobody of 75 or older lives with you.")),
    Known.FOREIGN: (N_("You are of foreign nationality."), N_("You are Japanese.")),
    Known.JAPANESE: (N_("You are Japanese."), N_("You are of foreign nationality.")),
    Known.PARTNER: (N_("You live with your spouse."), N_("You do not live with a spouse.")),
    Known.OVER_65: (N_("You are 65 or older."), N_("You are younger than 65.")),
}


class EventNotFound(Refusal):
    code = "life-event-not-found"
    status = 404
    message = N_("There is no such guide.")
    next_step = N_("Choose one from the list of guides.")


class ListNotFound(Refusal):
    code = "life-list-not-found"
    status = 404
    message = N_("There is no such list.")
    next_step = N_("Answer the questions again: it takes a minute.")


class CodeMistyped(Refusal):
    code = "life-list-code-mistyped"
    status = 422
    message = N_("This is not the code of a list.")
    next_step = N_("Please check the signs one by one.")


class CodeOutdated(Refusal):
    code = "life-list-code-outdated"
    status = 422
    message = N_("The questions have changed since this list was made.")
    next_step = N_("Answer the questions again: it takes a minute.")


class NothingChosen(Refusal):
    code = "life-list-nothing-chosen"
    status = 422
    message = N_("No procedure was chosen.")
    next_step = N_("Choose at least one procedure.")


class NotAllComplete(Refusal):
    code = "life-list-not-complete"
    status = 422
    message = N_("Nothing was sent: some answers are still missing.")
    next_step = N_("Open the pages marked as not complete and fill them in.")
