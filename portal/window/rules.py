"""What the city decides about the window, without a database: when to check in, states, refusals."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum

from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.words import N_

EARLIEST = timedelta(minutes=60)
LATEST = timedelta(minutes=30)
WINDOWS = range(1, 100)
# Read aloud and from 8 m: no letter that looks or sounds like another or like a digit. E is the express window's.
LETTERS = frozenset("ABCDFHJKLM")
RESERVED_FROM = 500
# Numbers of four signs and more are those that desks give without network (portal.window.offline).
LAST_ONLINE = 999
NEAR_TIME = timedelta(minutes=10)
RECALLS = 2
BACK_IN = timedelta(minutes=15)
NEAR = 2


class Lane(StrEnum):
    """Express goes first (the letters sort so): everything was checked before the visit."""

    EXPRESS = "express"
    GENERAL = "general"


EXPRESS_LETTER = "E"
LANE_WORDS: Mapping[Lane, str] = {Lane.EXPRESS: N_("Express window"), Lane.GENERAL: N_("General window")}


class State(StrEnum):
    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    SERVED = "served"
    NO_SHOW = "no-show"
    PARKED = "parked"
    LEFT = "left"


AT_WINDOW = frozenset({State.CALLED, State.SERVING})

STATE_WORDS: Mapping[State, str] = {
    State.WAITING: N_("Waiting"),
    State.CALLED: N_("Called"),
    State.SERVING: N_("At the window"),
    State.SERVED: N_("Visit done"),
    State.NO_SHOW: N_("Did not come"),
    State.PARKED: N_("Set aside"),
    State.LEFT: N_("Left the queue"),
}


class How(StrEnum):
    """Where a number was drawn."""

    KIOSK = "kiosk"
    RECEPTION = "reception"
    PHONE = "phone"


class Reason(StrEnum):
    """Why a number is set aside; nothing about the person."""

    FORM = "form"
    DOCUMENT = "document"
    FEE = "fee"
    SECTION = "section"


REASON_WORDS: Mapping[Reason, str] = {
    Reason.FORM: N_("Fills in a form"),
    Reason.DOCUMENT: N_("Fetches a document"),
    Reason.FEE: N_("Pays a fee"),
    Reason.SECTION: N_("The section is asked"),
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


class NumberUnknown(Refusal):
    code = "number-unknown"
    status = 422
    message = N_("No such number waits or is served here today.")
    next_step = N_("Read it again from the paper, or draw a new number at the reception.")


class NumberOfSomebodyElse(Refusal):
    code = "number-of-somebody-else"
    message = N_("This number belongs to somebody else, or its visit is over.")
    next_step = N_("Read it again from the paper, or draw a new number at the reception.")


class NumberOtherTaken(Refusal):
    code = "number-other-taken"
    message = N_("This application belongs to another number already.")
    next_step = N_("Call that number, or let the person come another time.")


class NothingToAdd(Refusal):
    code = "number-nothing-to-add"
    status = 404
    message = N_("You did not just send this application with the person, or it is finished.")
    next_step = N_("Call the number, and open the person at the window.")


class NotVerified(Refusal):
    code = "identity-not-verified"
    message = N_("The identity of the person has not been checked yet.")
    next_step = N_("Read the card, or record which document was shown.")


class KindNotHere(Refusal):
    code = "window-kind-not-here"
    status = 422
    message = N_("There is no such window at this office.")
    next_step = N_("Choose one of the windows on the list.")


class OfficeClosed(Refusal):
    code = "office-closed-today"
    message = N_("The office is closed today.")
    next_step = N_("Please come on a working day, or reserve a time.")


class NumbersNotYet(Refusal):
    """Facts: `time`, HH:MM."""

    code = "numbers-not-yet"
    message = N_("Numbers are given from %(time)s.")
    next_step = N_("Please come back then, or reserve a time.")


class NumbersClosed(Refusal):
    """Facts: `time`, HH:MM."""

    code = "numbers-closed"
    message = N_("The last number was given at %(time)s.")
    next_step = N_("Please come on another day, or reserve a time.")


class NumbersGone(Refusal):
    code = "numbers-gone"
    message = N_("All numbers of today are given out for this window.")
    next_step = N_("Please reserve a time, or ask the staff at the reception.")


class OtherOffice(Refusal):
    """Facts: `office`, the name on the door."""

    code = "check-in-other-office"
    message = N_("This reservation is at another office: %(office)s.")
    next_step = N_("Please go there, or speak to the staff here.")


class RecallFirst(Refusal):
    """Facts: `times`."""

    code = "recall-first"
    message = N_("Call the number again before you record that nobody came.")
    next_step = N_("A number is called %(times)s more times before it counts as not there.")


class NotBackInTime(Refusal):
    code = "not-back-in-time"
    message = N_("This number was called and has ended since.")
    next_step = N_("Please take a new number, or speak to the staff.")


class SameKind(Refusal):
    code = "same-window-kind"
    status = 422
    message = N_("The number is at this kind of window already.")
    next_step = N_("Choose another kind of window.")


class ReasonMissing(Refusal):
    code = "park-reason-missing"
    status = 422
    message = N_("Choose why the number is set aside.")
    next_step = N_("Choose one of the reasons.")


class NumberEnded(Refusal):
    code = "number-ended"
    message = N_("This number has ended.")
    next_step = N_("If you still need the window, please take a new number.")


def check_time(starts_at: datetime, now: datetime) -> None:
    """Check-in is open on the day of the visit, from 60 minutes before to 30 minutes after it begins."""
    day, today = starts_at.astimezone(JST).date(), now.astimezone(JST).date()
    if day > today:
        raise NotToday(day=day)
    if now > starts_at + LATEST:
        raise TooLate
    if now < starts_at - EARLIEST:
        raise TooEarly(time=f"{(starts_at - EARLIEST).astimezone(JST):%H:%M}")


def check_office(reserved: str, here: str, name: str) -> None:
    """Numbers are drawn at the office of the reservation; *name* is what stands on its door."""
    if reserved != here:
        raise OtherOffice(office=name)


def check_giving(*, opens: time, until: time, now: time) -> None:
    """Numbers for walk-ins are given from the opening until the time of the last number."""
    if now < opens:
        raise NumbersNotYet(time=f"{opens:%H:%M}")
    if now >= until:
        raise NumbersClosed(time=f"{until:%H:%M}")


def waits_since(drawn_at: datetime, starts_at: datetime | None) -> datetime:
    """Since when a number counts as waiting: coming an hour early for a reservation earns no better place."""
    return max(drawn_at, starts_at - NEAR_TIME) if starts_at else drawn_at


def last_number_at(usual: time, usual_close: time, close: time) -> time:
    """When the last number is given on a day that ends at *close*: as long before it as *usual* is before the usual
    end."""
    minutes = _minutes(close) - (_minutes(usual_close) - _minutes(usual))
    return time(*divmod(max(minutes, 0), 60))


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def check_back(ended_at: datetime, now: datetime) -> None:
    """Who missed the call has 15 minutes to come back to the queue."""
    if now > ended_at + BACK_IN:
        raise NotBackInTime


def label(kind_letter: str, lane: Lane, number: int) -> str:
    """What the board shows: E001 for the express window, else the letter of the kind: A001, reserved A501."""
    return f"{EXPRESS_LETTER if lane is Lane.EXPRESS else kind_letter}{number:03d}"
