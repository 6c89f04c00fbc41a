"""What the machine says on each screen, as pieces that lie on the tapes of `static/voices` (made by the project).

A piece is a sentence of the catalogues, `#200` for a number, or a letter to spell. A sentence nobody has spoken yet,
because the portal is newer than the tapes, is left out; the digit that chooses it is still said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from flask_babel import gettext

from kiosk import keypad
from kiosk.code_steps import LENGTH
from kiosk.point_facts import FeeByPoints
from kiosk.spoken_hours import at_clock, from_to, number, window_hours
from kiosk.steps import LANGUAGES, Journey, Step
from kiosk.words import LANGUAGE_NAMES, N_, notice_sentences

VOICES = Path(__file__).with_name("static") / "voices"
YEN = N_("yen")
POINTS = N_("points")
KEYS = N_(
    "The green key with the ring goes on. The yellow key with the bar goes back. The red key with the cross stops. "
    "Zero says it again."
)
AGAIN = N_("Please choose again.")
GO_ON = N_("To go on, press the green key.")
TYPE_IT = N_("Type it on the keypad, then press the green key. You hear a tone for each digit.")
FIXED: dict[Step, tuple[str, ...]] = {
    Step.OUT_OF_SERVICE: (
        N_("This machine is not in service"),
        N_("The windows of the ward office can help you with everything."),
    ),
    Step.WELCOME: (N_("Certificates and check-in"), KEYS, N_("Choose your language with a digit.")),
    Step.READING_CARD: (N_("Reading your card"),),
    Step.FINDING_VISIT: (N_("Looking for your reservation"),),
    Step.REDEEMING: (N_("Exchanging your points"),),
    Step.SPENDING: (N_("Paying the fee"),),
    Step.ENTERING_CODE: (N_("Adding the points of your code"),),
    Step.LAST_TRY: (
        N_("One try is left"),
        N_("If the next PIN is wrong, the card is locked until the window sets a new PIN."),
        GO_ON,
    ),
    Step.PRINTING: (
        N_("Your certificate is being printed"),
        N_("It is paid, so it will be printed. You can take your card now."),
    ),
    Step.TAKE_CARD: (N_("Take your card"), N_("Your entries have been erased from this machine.")),
    Step.NEW_PIN_AGAIN: (N_("Enter the new PIN once more"), TYPE_IT),
    Step.PIN_CHANGED: (N_("Your PIN is changed"), N_("From now on your card asks for the new PIN."), GO_ON),
    Step.CANCELLING: (N_("Returning your coins"), N_("Please take your coins from the return tray.")),
    Step.THANKS: (N_("Thank you"), N_("Please check that you have your card, your paper and your change.")),
}
__all__ = ["FIXED", "VOICES", "number", "said", "spans", "tapes", "window_hours"]
SPELLED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def said(journey: Journey, *, fee: int, hours: str, typed_too_few: bool, warning: bool) -> list[tuple[str, str]]:
    """(language, piece) in the order of speaking. `fee`: yen a copy; `hours`: as 6:30–23:00."""
    if warning:
        words = [gettext(N_("Do you need more time?")), gettext(N_("Press any key."))]
    elif journey.step is Step.GUIDE:
        words = list(_guide(fee, hours, scans=journey.health.scanner == "ready"))
    else:
        words = list(_SAYS.get(journey.step, _fixed)(journey))
    if typed_too_few and journey.step in (Step.PIN, Step.NEW_PIN, Step.NEW_PIN_AGAIN):
        words.insert(0, gettext("Please enter all 4 digits."))
    pieces = [(journey.language, one) for one in words]
    if journey.step is Step.WELCOME:
        for number, code in enumerate(LANGUAGES, start=1):
            pieces += [(code, LANGUAGE_NAMES[code]), (code, f"#{number}")]
    return pieces


def spans(pieces: list[tuple[str, str]]) -> list[tuple[str, float, float]]:
    """Tape, start and length in seconds of every piece that was spoken."""
    places = tapes()
    return [(tape, *places[tape][piece]) for tape, piece in pieces if piece in places.get(tape, {})]


@cache
def tapes() -> dict[str, dict[str, tuple[float, float]]]:
    """Where each piece lies, by language; empty before the voices were made."""
    index = VOICES / "pieces.json"
    if not index.exists():
        return {}
    found = json.loads(index.read_text("utf-8"))
    return {tape: {piece: (at[0], at[1]) for piece, at in pieces.items()} for tape, pieces in found.items()}


def yen(amount: int) -> list[str]:
    return [*number(amount), gettext(YEN)]


def points(amount: int) -> list[str]:
    return [*number(amount), gettext(POINTS)]


def spell(text: str) -> list[str]:
    """Letters and digits one by one."""
    return [f"#{sign}" if sign.isdigit() else sign for sign in text.upper() if sign in SPELLED]


def _fixed(journey: Journey) -> Iterator[str]:
    yield from (gettext(words) for words in FIXED.get(journey.step, ()))


def _guide(fee: int, hours: str, *, scans: bool) -> Iterator[str]:
    yield gettext("Before you begin")
    yield from from_to(*hours.replace("-", "–").split("–")[:2])
    yield from (gettext("Fee"), *yen(fee), gettext("Cash only: coins from 10 yen and 1,000 yen notes."))
    yield gettext("You need your My Number Card and its 4-digit PIN.")
    yield gettext("Please go to the window if")
    yield gettext("you are under 15, are about to move out of the city, or are under protection measures.")
    if scans:
        yield gettext("With a reservation: hold its QR code before the scanner. No card needed.")
    yield from ("#1", gettext("Take a number for a window"), gettext(GO_ON))


def _choices(journey: Journey) -> Iterator[str]:
    for place, choice in enumerate(keypad.choices(journey), start=1):
        yield f"#{place}"
        yield from _label(journey, choice.words, choice.value) if choice.own else (gettext(choice.words),)
        if choice.yen is not None:
            yield from yen(choice.yen)
        if choice.points is not None:
            yield from points(choice.points)


def _refusal(journey: Journey, why_not: str | None, next_step: str | None, otherwise: str) -> Iterator[str]:
    """Why there is nothing to choose; a reason with a number in it that nobody could record, in general words."""
    spoken = tapes().get(journey.language, {})
    yield why_not if why_not in spoken else gettext(otherwise)
    yield next_step if next_step in spoken else gettext(N_("Please go to the window."))


def _kinds(journey: Journey) -> Iterator[str]:
    yield gettext("Which certificate?")
    yield from _choices(journey)
    closed = [kind for kind in journey.kinds if not kind.available]
    if len(closed) == len(journey.kinds):
        first = closed[0] if closed else None
        why_not, next_step = (first.why_not, first.next_step) if first else (None, None)
        yield from _refusal(journey, why_not, next_step, N_("There is no certificate you can get here."))
        return
    for kind in closed:
        yield from (kind.name, *([kind.why_not] if kind.why_not else []))


def _offers(journey: Journey) -> Iterator[str]:
    yield gettext("What is your visit about?")
    yield from _choices(journey)
    if all(offer.why_not for offer in journey.offers):
        first = journey.offers[0] if journey.offers else None
        why_not, next_step = (first.why_not, first.next_step) if first else (None, None)
        yield from _refusal(journey, why_not, next_step, N_("No numbers are given at this machine."))


def _menu(journey: Journey) -> Iterator[str]:
    yield gettext("What would you like to do?")
    yield from _choices(journey)
    if not journey.health.can_sell:
        yield from (gettext("Get a certificate"), gettext(N_("The printer or the coin box is not ready.")))


def _label(journey: Journey, words: str, value: str) -> Iterator[str]:
    """A choice in the portal's words; one nobody can have spoken before, as a year, by its number."""
    is_new = words not in tapes().get(journey.language, {})
    yield from number(int(value)) if is_new and value.isascii() and value.isdigit() and len(value) < 6 else (words,)


def _pin(journey: Journey) -> Iterator[str]:
    if journey.pin_was_wrong:
        yield gettext("That was not the right PIN.")
    yield gettext("Enter the PIN you have now") if journey.wants_new_pin else gettext("Enter your 4-digit PIN")
    yield gettext(TYPE_IT)
    yield from (gettext(N_("Tries left")), *number(journey.tries_left or 0))


def _new_pin(journey: Journey) -> Iterator[str]:
    if journey.new_pin_was_easy:
        yield from (gettext(N_("This PIN is too easy to guess. Please choose another one.")), gettext(AGAIN))
    elif journey.pins_differed:
        yield gettext("The two new PINs were not the same. Please choose it again.")
    yield from (gettext(N_("Choose a new 4-digit PIN")), gettext(TYPE_IT))
    yield gettext("Not your birthday, four same digits, or a row like 1234.")


def _asked(title: str) -> Callable[[Journey], Iterator[str]]:
    def say(journey: Journey) -> Iterator[str]:
        yield gettext(title)
        yield from _choices(journey)

    return say


def _option(journey: Journey) -> Iterator[str]:
    if journey.chosen and journey.option_index < len(journey.chosen.options):
        yield journey.chosen.options[journey.option_index].label
    yield from _choices(journey)


def _confirm(journey: Journey) -> Iterator[str]:
    kind = journey.chosen
    if kind is None:
        return
    yield from (gettext("Is this right?"), kind.name)
    questions = {option.name: option for option in kind.options}
    for name, value in journey.answers:
        yield questions[name].label
        for choice in questions[name].choices:
            if choice.value == value:
                yield from _label(journey, choice.label, value)
    yield from (gettext("Copies"), *number(journey.copies), gettext("To pay"), *yen(journey.total))
    yield gettext(N_("To order and pay, press the green key."))


def _how_to_pay(journey: Journey) -> Iterator[str]:
    """Each way with what it costs: yen, or points (a coupon costs none). Where points do not do, how many there are."""
    by_points = journey.order.by_points if journey.order else None
    yield gettext("How would you like to pay?")
    yield from (gettext("To pay"), *yen(journey.order.fee if journey.order else 0))
    yield from _choices(journey)
    if by_points and by_points.why_not:
        yield from _not_with_points(by_points)


def _not_with_points(by_points: FeeByPoints) -> Iterator[str]:
    yield from (gettext("Your points"), *number(by_points.balance))
    if by_points.points:
        yield from (gettext("It costs"), *points(by_points.points))


def _pay(journey: Journey) -> Iterator[str]:
    by_points = journey.order.by_points if journey.order else None
    missing = max((journey.order.fee if journey.order else 0) - journey.inserted, 0)
    if not journey.inserted:
        yield from (gettext("Put the coins in"), gettext(N_("The coin slot is to the right of the keypad.")))
    yield from (gettext("Still to pay"), *yen(missing))
    if by_points and not by_points.ways and not journey.inserted:
        yield from _not_with_points(by_points)


def _paper(journey: Journey) -> Iterator[str]:
    yield gettext("Take your paper and your card") if journey.card_in else gettext("Take your paper")
    yield gettext("The paper comes out below the screen. Your change is in the return tray.")
    if not journey.card_in:
        yield gettext(GO_ON)


def _notice(journey: Journey) -> Iterator[str]:
    notice = journey.notice
    if notice is None:
        return
    own = notice_sentences(notice.code)
    if notice.title:
        yield from (notice.title, notice.detail)
    else:
        yield from (gettext(own.title), gettext(own.detail))
    if notice.reference:
        yield from (gettext("Number of your order"), *spell(notice.reference))
    yield notice.next_step if notice.title else gettext(own.next_step)
    yield gettext(GO_ON)


def _points(journey: Journey) -> Iterator[str]:
    yield from (gettext("Your points"), *number(journey.account.balance if journey.account else 0))
    yield gettext("Exchange points for a reward")
    yield from _choices(journey)


def _reward(journey: Journey) -> Iterator[str]:
    reward = journey.chosen_reward
    if reward and journey.account:
        yield from (gettext("Exchange points for this?"), reward.title, gettext("It costs"), *points(reward.points))
        yield from (gettext("Left afterwards"), *points(journey.account.balance - reward.points))
        yield gettext(N_("To exchange the points, press the green key."))


def _coupon(journey: Journey) -> Iterator[str]:
    coupon = journey.coupon
    if coupon:
        yield from (gettext("The coupon is yours"), coupon.title)
        if coupon.printed:
            yield from (
                gettext("The coupon comes out below the screen. Hand it over where you use it."),
                gettext(GO_ON),
            )
        else:
            yield from (gettext("Number of the coupon"), *spell(coupon.coupon), gettext(GO_ON))


def _insert(journey: Journey) -> Iterator[str]:
    if journey.paper.waiting:
        yield gettext("The code was read. Its points go to whoever's card it is.")
    yield gettext("Put your card on the reader")
    yield gettext("Lay it flat, and leave it there until the machine says you can take it.")
    if journey.paper.waiting:
        yield gettext("No card with you? Keep the sheet: the window enters the code for you.")


def _paper_code(journey: Journey) -> Iterator[str]:
    """What is wrong, the sign typed last and how many there are, then the rows or the signs of one; whole, the green key."""
    paper = journey.paper
    if paper.why_not:
        yield from paper.why_not
    elif paper.too_few:
        yield gettext("Please enter all 12 signs of the code.")
    elif not paper.typed and paper.row is None:
        yield gettext("Enter a code from paper")
        yield gettext(N_("Hold the QR code of the sheet before the scanner, or type the code."))
        yield gettext(N_("Choose the row of a sign, then the sign. Of each row you hear the first and the last sign."))
    if paper.typed and paper.row is None:
        yield from (*spell(paper.typed[-1]), gettext(N_("Signs entered")), *number(len(paper.typed)))
    for place, choice in enumerate(keypad.choices(journey), start=1):
        yield from (f"#{place}", *spell(choice.words))
    if len(paper.typed) == LENGTH:
        yield gettext(N_("To get the points, press the green key."))


def _code_entered(journey: Journey) -> Iterator[str]:
    yield from (gettext("The points are yours"), *points(journey.paper.given))
    yield from (gettext("Your points now"), *number(journey.person.points if journey.person else 0))
    yield from (*_choices(journey), gettext(GO_ON))


def _visit(journey: Journey) -> Iterator[str]:
    yield gettext("Your visit")
    booked = journey.person.reservation if journey.person else None
    if booked:
        yield from (gettext(N_("Time of your visit")), *at_clock(booked.starts_at))
    if booked and booked.ticket:
        yield from (gettext("Your number"), *spell(booked.ticket), gettext(N_("Your number is called by voice.")))
    elif booked and booked.can_check_in:
        yield gettext(N_("To check in, press the green key."))
        return
    else:
        spoken = tapes().get(journey.language, {})
        known = booked and booked.why_not in spoken
        yield str(booked.why_not) if booked and known else gettext("You cannot check in at the moment.")
    yield gettext(N_("To go back, press the yellow key."))


def _tasks(journey: Journey) -> Iterator[str]:
    """Titles are read on a phone; here only how many wait."""
    waiting = journey.waiting
    count = len(waiting.tasks) + waiting.more if waiting else 0
    if not count:
        yield from (gettext("Nothing waits for you now."), gettext(GO_ON))
        return
    yield from (gettext("What waits for you"), *number(count))
    yield from (gettext(N_("You find them in your mailbox. The window reads them to you.")), gettext(GO_ON))


def _services(journey: Journey) -> Iterator[str]:
    yield gettext("Services on your card")
    for name, state in journey.services.services if journey.services else ():
        yield from (name, state)
    yield gettext(GO_ON)


def _ticket(journey: Journey) -> Iterator[str]:
    ticket = journey.ticket.number if journey.ticket else journey.drawn.number if journey.drawn else ""
    before = journey.ticket.waiting if journey.ticket else journey.drawn.waiting if journey.drawn else 0
    yield from (gettext("Your number"), *spell(ticket), gettext(N_("Your number is called by voice.")))
    yield from (gettext(N_("People waiting before you")), *number(before), gettext(GO_ON))


_SAYS: dict[Step, Callable[[Journey], Iterator[str]]] = {
    Step.PIN: _pin,
    Step.NEW_PIN: _new_pin,
    Step.MENU: _menu,
    Step.KIND: _kinds,
    Step.COPIES: _asked("How many copies?"),
    Step.NUMBER_KIND: _offers,
    Step.OPTION: _option,
    Step.CONFIRM: _confirm,
    Step.HOW_TO_PAY: _how_to_pay,
    Step.PAY: _pay,
    Step.TAKE_PAPER: _paper,
    Step.NOTICE: _notice,
    Step.POINTS: _points,
    Step.REWARD: _reward,
    Step.COUPON: _coupon,
    Step.INSERT_CARD: _insert,
    Step.PAPER_CODE: _paper_code,
    Step.CODE_ENTERED: _code_entered,
    Step.TASKS: _tasks,
    Step.SERVICES: _services,
    Step.RESERVATION: _visit,
    Step.CHECKED_IN: _ticket,
    Step.NUMBER: _ticket,
}
