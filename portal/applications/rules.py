"""What the city decides about pre-applications, without a database: states, terms, refusals, words."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

DRAFT_LIVES = timedelta(days=30)
DRAFT_WARNING = timedelta(days=7)
# Without an account nobody can come back to a draft from elsewhere, and nobody can be reminded.
GUEST_DRAFT_LIVES = timedelta(hours=24)
# A form of so many pages or more begins with its task list.
LONG_FORM = 7
# A clerk who went home must not keep a case: after this time another may take it.
CLAIM_LASTS = timedelta(hours=4)


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    CORRECTION_ASKED = "correction-asked"
    CORRECTED = "corrected"
    READY = "ready"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


STATE_WORDS: Mapping[State, str] = {
    State.DRAFT: N_("Draft"),
    State.SUBMITTED: N_("Sent"),
    State.CORRECTION_ASKED: N_("Correction needed"),
    State.CORRECTED: N_("Corrected"),
    State.READY: N_("Ready for your visit"),
    State.COMPLETED: N_("Completed"),
    State.WITHDRAWN: N_("Withdrawn"),
    State.REJECTED: N_("Not accepted"),
}
STATE_TONES: Mapping[State, str] = {
    State.DRAFT: "neutral",
    State.SUBMITTED: "info",
    State.CORRECTION_ASKED: "warning",
    State.CORRECTED: "info",
    State.READY: "success",
    State.COMPLETED: "success",
    State.WITHDRAWN: "neutral",
    State.REJECTED: "error",
}

# To reach a state, a case must be in one of these. The window may finish any open case: the person is there.
FROM: Mapping[State, frozenset[State]] = {
    State.SUBMITTED: frozenset({State.DRAFT}),
    State.CORRECTION_ASKED: frozenset({State.SUBMITTED, State.CORRECTED}),
    State.CORRECTED: frozenset({State.CORRECTION_ASKED}),
    State.READY: frozenset({State.SUBMITTED, State.CORRECTED}),
    State.COMPLETED: frozenset({State.SUBMITTED, State.CORRECTION_ASKED, State.CORRECTED, State.READY}),
    State.REJECTED: frozenset({State.SUBMITTED, State.CORRECTED}),
    State.WITHDRAWN: frozenset({State.SUBMITTED, State.CORRECTION_ASKED, State.CORRECTED, State.READY}),
}
OPEN = FROM[State.COMPLETED]
TO_CHECK = FROM[State.READY]
ENDED = frozenset({State.COMPLETED, State.WITHDRAWN, State.REJECTED})
# What sections' own systems are told: a case that was checked, and how each ended.
EXPORTED = ENDED | {State.READY}


class Channel(StrEnum):
    """Who fills an application in and sends it."""

    ONLINE = "online"
    ASSISTED = "assisted"


class Reason(StrEnum):
    """Why a field must be corrected."""

    INCORRECT = "incorrect"
    INCOMPLETE = "incomplete"
    OUTDATED = "outdated"


REASON_WORDS: Mapping[Reason, str] = {
    Reason.INCORRECT: N_("Not correct"),
    Reason.INCOMPLETE: N_("Something is missing"),
    Reason.OUTDATED: N_("No longer up to date"),
}


class Kind(StrEnum):
    """What a timeline tells. Rooms above add theirs through `service.add_to_timeline`."""

    ASSIST_BEGUN = "assist-begun"
    SUBMITTED = "submitted"
    SENT_TOGETHER = "sent-together"
    CORRECTION_ASKED = "correction-asked"
    CORRECTION_BEGUN = "correction-begun"
    CORRECTED = "corrected"
    CORRECTED_TOGETHER = "corrected-together"
    CHANGED = "changed"
    READY = "ready"
    COMPLETED = "completed"
    DONE_WITHOUT_VISIT = "done-without-visit"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    BOOKED = "booked"
    BOOKING_CHANGED = "booking-changed"
    BOOKING_CANCELLED = "booking-cancelled"
    CHECKED_IN = "checked-in"
    CALLED = "called"
    POINTS_CREDITED = "points-credited"
    HELD = "held"
    DELETED = "deleted"
    LETTER = "letter"
    FILE_REMOVED = "file-removed"
    SIGNED = "signed"
    SIGNATURE_VOID = "signature-void"


KIND_WORDS: Mapping[Kind, str] = {
    Kind.ASSIST_BEGUN: N_("The office began to fill this in with you"),
    Kind.SUBMITTED: N_("You sent the application"),
    Kind.SENT_TOGETHER: N_("Sent together with you at the office, after you confirmed it"),
    Kind.CORRECTION_ASKED: N_("We asked you to correct something"),
    Kind.CORRECTION_BEGUN: N_("The office began to correct this with you"),
    Kind.CORRECTED: N_("You corrected it"),
    Kind.CORRECTED_TOGETHER: N_("Corrected together with you at the office, after you confirmed it"),
    Kind.CHANGED: N_("You changed your answers"),
    Kind.READY: N_("Checked: ready for your visit"),
    Kind.COMPLETED: N_("Completed at the window"),
    Kind.DONE_WITHOUT_VISIT: N_("Completed: you need not come to the city office"),
    Kind.WITHDRAWN: N_("You withdrew the application"),
    Kind.REJECTED: N_("The application was not accepted"),
    Kind.BOOKED: N_("You reserved a visit"),
    Kind.BOOKING_CHANGED: N_("You changed your visit"),
    Kind.BOOKING_CANCELLED: N_("The visit was cancelled"),
    Kind.CHECKED_IN: N_("You checked in at the ward office"),
    Kind.CALLED: N_("You were called to the window"),
    Kind.POINTS_CREDITED: N_("You received citizen points"),
    Kind.HELD: N_("Kept longer than announced, because the law requires it"),
    Kind.SIGNED: N_("Signed by card: certificate and signature were checked"),
    Kind.SIGNATURE_VOID: N_("The signature is void, because the answers were changed"),
    Kind.FILE_REMOVED: N_("A document was deleted: it held malicious software"),
    Kind.DELETED: N_("What you typed was deleted, as announced"),
    Kind.LETTER: N_("A letter about the decision is in your application"),
}


class ApplicationNotFound(Refusal):
    code = "application-not-found"
    status = 404
    message = N_("There is no such application.")
    next_step = N_("Open the list of your applications.")


class ProcedureNotFound(Refusal):
    code = "procedure-not-found"
    status = 404
    message = N_("There is no such procedure.")
    next_step = N_("Choose one from the list of procedures.")


class NotPossibleNow(Refusal):
    code = "application-state"
    message = N_("This cannot be done with the application any more.")
    next_step = N_("Open the application to see where it stands.")


class PageCrossed(Refusal):
    code = "page-changed-elsewhere"
    message = N_("This page was changed on another device.")
    next_step = N_("Compare the two and choose one of them.")


class AlreadyDeleted(Refusal):
    code = "application-contents-deleted"
    status = 410
    message = N_("What was typed in this application was deleted, as announced.")
    next_step = N_("Its number and its timeline are still there.")


class NotComplete(Refusal):
    code = "application-not-complete"
    status = 422
    message = N_("Some answers are still missing.")
    next_step = N_("Open the pages marked as not complete and fill them in.")


class InWork(Refusal):
    code = "application-in-work"
    message = N_("The city office has this application in work: your answers cannot be changed any more.")
    next_step = N_("Phone the processing centre, or withdraw the application and send a new one.")


class ClaimedByOther(Refusal):
    code = "application-claimed"
    message = N_("A colleague is working on this case.")
    next_step = N_("Choose another case, or ask your colleague to release it.")


class NotClaimed(Refusal):
    code = "application-not-claimed"
    message = N_("You are not working on this case at the moment.")
    next_step = N_("Take the case first, then decide.")


class NothingAsked(Refusal):
    code = "correction-empty"
    status = 422
    message = N_("No field was chosen, or a comment is missing.")
    next_step = N_("Choose at least one field and write what the person should do.")


class WordsMissing(Refusal):
    code = "rejection-without-reason"
    status = 422
    message = N_("A refusal needs a reason the person can understand.")
    next_step = N_("Write the reason, and what the person can do instead.")
