"""What the city decides about the window, without a database: when to check in, lanes, states, refusals."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.words import N_

EARLIEST = timedelta(minutes=60)
LATEST = timedelta(minutes=30)
WINDOWS = range(1, 100)


class Lane(StrEnum):
    """Express goes first (the letters sort so): everything was checked before the visit."""

    EXPRESS = "express"
    GENERAL = "general"


LANE_LETTERS: Mapping[Lane, str] = {Lane.EXPRESS: "E", Lane.GENERAL: "G"}
LANE_WORDS: Mapping[Lane, str] = {Lane.EXPRESS: N_("Express window"), Lane.GENERAL: N_("General window")}


class State(StrEnum):
    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    SERVED = "served"
    NO_SHOW = "no-show"


AT_WINDOW = frozenset({State.CALLED, State.SERVING})

STATE_WORDS: Mapping[State, str] = {
    State.WAITING: N_("Waiting"),
    State.CALLED: N_("Called"),
    State.SERVING: N_("At the window"),
    State.SERVED: N_("Visit done"),
    State.NO_SHOW: N_("Did not come"),
}


class TooEarly(Refusal):
    """Facts: `time`, from when check-in is open, HH:MM."""

    code = "check-in-too-early"
    message = N_("Check-in opens at %(time)s.")
    next_step = N_("Please come back then. Your reservation is kept.")


class TooLate(Refusal):
    code = "check-in-too-late"
    message = N_("The time of this reservation has passed.")
    next_step = N_("Please speak to the staff, or reserve another time.")


class NotToday(Refusal):
    """Facts: `day`, YYYY-MM-DD."""

    code = "check-in-not-today"
    message = N_("This reservation is for another day: %(day)s.")
    next_step = N_("Please come on that day, or change the reservation.")


class AlreadyServed(Refusal):
    code = "already-served"
    message = N_("This visit is done already.")
    next_step = N_("Open the application to see the result.")


class BookingGone(Refusal):
    code = "check-in-cancelled"
    message = N_("This reservation was cancelled.")
    next_step = N_("Reserve another time, or speak to the staff.")


class WindowNotChosen(Refusal):
    code = "window-not-chosen"
    message = N_("You have not chosen your window for today.")
    next_step = N_("Choose the number of your window first.")


class WindowTaken(Refusal):
    code = "window-taken"
    message = N_("A colleague sits at this window today.")
    next_step = N_("Choose another number.")


class WindowNumberUnknown(Refusal):
    code = "window-number"
    status = 422
    message = N_("A window has a number from 1 to 99.")
    next_step = N_("Enter the number that stands above your window.")


class DeskBusy(Refusal):
    code = "desk-busy"
    message = N_("Somebody is still at your window.")
    next_step = N_("Finish with this person first, or record that nobody came.")


class NobodyWaiting(Refusal):
    code = "nobody-waiting"
    message = N_("Nobody is waiting.")
    next_step = N_("New numbers appear on this page when people check in.")


class TicketNotFound(Refusal):
    code = "ticket-not-found"
    status = 404
    message = N_("There is no such number.")
    next_step = N_("Go back to the queue.")


class TicketElsewhere(Refusal):
    code = "ticket-elsewhere"
    message = N_("This number is not at your window.")
    next_step = N_("Call the number to your window first.")


class OtherPerson(Refusal):
    code = "other-person"
    status = 403
    message = N_("The card belongs to another person than the reservation.")
    next_step = N_("Ask for the card of the person who reserved, or check identity with documents.")


class NotVerified(Refusal):
    code = "identity-not-verified"
    message = N_("The identity of the person has not been checked yet.")
    next_step = N_("Read the card, or record which document was shown.")


def check_time(starts_at: datetime, now: datetime) -> None:
    """Check-in is open on the day of the visit, from 60 minutes before to 30 minutes after it begins."""
    day, today = starts_at.astimezone(JST).date(), now.astimezone(JST).date()
    if day > today:
        raise NotToday(day=day.isoformat())
    if now > starts_at + LATEST:
        raise TooLate
    if now < starts_at - EARLIEST:
        raise TooEarly(time=f"{(starts_at - EARLIEST).astimezone(JST):%H:%M}")


def label(lane: Lane, number: int) -> str:
    """What the board shows: E001."""
    return f"{LANE_LETTERS[lane]}{number:03d}"
