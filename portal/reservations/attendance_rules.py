"""Whether somebody came, without a database: the states, what follows from a booking, and how missed visits count."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_
from portal.reservations.rules import State
from portal.reservations.terms import Terms


class Attended(StrEnum):
    """What became of a visit. Excused: the person told us, in time for somebody else to use the place, or late."""

    UNKNOWN = "unknown"
    CAME = "came"
    EXCUSED = "excused"
    EXCUSED_LATE = "excused-late"
    MISSED = "missed"


WORDS: Mapping[Attended, str] = {
    Attended.UNKNOWN: N_("Not known yet"),
    Attended.CAME: N_("Came"),
    Attended.EXCUSED: N_("Told us in time"),
    Attended.EXCUSED_LATE: N_("Told us late"),
    Attended.MISSED: N_("Did not come to the visit"),
}
TONES: Mapping[Attended, str] = {
    Attended.UNKNOWN: "neutral",
    Attended.CAME: "success",
    Attended.EXCUSED: "info",
    Attended.EXCUSED_LATE: "info",
    Attended.MISSED: "warning",
}


class TooFarAhead(Refusal):
    """Facts: `days`, how far ahead this person can reserve for now."""

    code = "booking-too-far-ahead"
    status = 422
    message = N_("For now you can reserve up to %(days)s days ahead, because several visits were missed.")
    next_step = N_(
        "Choose an earlier time. After your next visit all times are open again. If this is a mistake, please call us."
    )


class AttendanceUnknown(Refusal):
    code = "attendance-unknown"
    status = 422
    message = N_("Please choose what became of the visit.")
    next_step = N_("Choose one of the answers in the list.")


def follows_from(state: str, ticket: str, starts_at: datetime, changed_at: datetime, terms: Terms) -> Attended:
    """What a booking says by itself. Who drew a number was there, also if they could not wait until they were called."""
    if state in (State.ARRIVED, State.SERVED) or ticket:
        return Attended.CAME
    if state == State.CANCELLED:
        return Attended.EXCUSED if starts_at - changed_at >= terms.in_time else Attended.EXCUSED_LATE
    return Attended.MISSED if state == State.NO_SHOW else Attended.UNKNOWN


def missed_in_a_row(newest_first: Sequence[Attended]) -> int:
    """How many visits were missed since the person last came; who told us is not counted, in time or not."""
    count = 0
    for one in newest_first:
        if one is Attended.CAME:
            break
        count += one is Attended.MISSED
    return count
