"""What a key of the keypad means on each screen: digits choose, the ring goes on, the bar goes back, the cross stops.

The keypad is a keyboard to the browser: digits, Enter (ring, green), Backspace (bar, yellow), Escape (cross, red).
Digits of a PIN never come here: the screen turns them into places on the pad.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk import events as ev
from kiosk.code_steps import ERASE, LENGTH, ROW, ROWS, SIGN
from kiosk.points_steps import PAPER_CODE
from kiosk.steps import CASH, LANGUAGES, OFFERS_SHOWN, REWARDS_SHOWN, Journey, Step
from kiosk.words import LANGUAGE_NAMES, N_

RING, BAR, CROSS, AGAIN = "Enter", "Backspace", "Escape", "0"


@dataclass(frozen=True)
class Choice:
    """What a digit chooses: the value to post, its words, yen or points if it costs some. `own`: words need no
    translating."""

    value: str
    words: str
    yen: int | None = None
    own: bool = True
    points: int | None = None


def choices(journey: Journey) -> tuple[Choice, ...]:
    """The choices of a screen in the order of their digits, at most nine."""
    step = journey.step
    if step is Step.WELCOME:
        return tuple(Choice(code, LANGUAGE_NAMES[code]) for code in LANGUAGES)
    if step is Step.GUIDE:
        return (Choice("number", N_("Take a number for a window"), own=False),)
    if step is Step.MENU:
        return menu(journey)
    if step is Step.KIND:
        return tuple(Choice(kind.kind, kind.name, kind.fee) for kind in journey.kinds if kind.available)[:9]
    if step is Step.NUMBER_KIND:
        return _offers(journey)
    return _points(journey) or _ways_to_pay(journey) or _answers(journey)


def _ways_to_pay(journey: Journey) -> tuple[Choice, ...]:
    order = journey.order
    if journey.step is not Step.HOW_TO_PAY or order is None or order.by_points is None:
        return ()
    found = [Choice(CASH, N_("With coins or notes"), order.fee, own=False)]
    if "coupon" in order.by_points.ways:
        found.append(Choice("coupon", N_("With my coupon"), own=False, points=0))
    if "points" in order.by_points.ways:
        found.append(Choice("points", N_("With points"), own=False, points=order.by_points.points))
    return tuple(found)


def _points(journey: Journey) -> tuple[Choice, ...]:
    if journey.step is Step.POINTS:
        return (*_rewards(journey), Choice(PAPER_CODE, N_("Enter a code from paper"), own=False))
    if journey.step is Step.PAPER_CODE:
        return _signs(journey)
    another = Choice(PAPER_CODE, N_("Enter another code"), own=False)
    return (another,) if journey.step is Step.CODE_ENTERED else ()


def menu(journey: Journey) -> tuple[Choice, ...]:
    """What the person can do now."""
    found = []
    if journey.person and journey.person.reservation:
        booked = journey.person.reservation
        words = N_("See your number") if booked.ticket else N_("Check in for your visit")
        found.append(Choice("reservation", words, own=False))
    if journey.health.can_sell:
        found.append(Choice("certificate", N_("Get a certificate"), own=False))
    if journey.person and journey.person.unread_tasks:
        found.append(Choice("tasks", N_("See what waits for you"), own=False))
    found.append(Choice("points", N_("Points and rewards"), own=False))
    found.append(Choice("services", N_("Services on your card"), own=False))
    found.append(Choice("pin", N_("Change your PIN"), own=False))
    return tuple(found)


def _answers(journey: Journey) -> tuple[Choice, ...]:
    kind = journey.chosen
    if kind is None:
        return ()
    if journey.step is Step.OPTION and journey.option_index < len(kind.options):
        return tuple(Choice(one.value, one.label) for one in kind.options[journey.option_index].choices)
    if journey.step is Step.COPIES:
        return tuple(Choice(str(n), "", kind.fee * n) for n in range(1, kind.max_copies + 1))
    return ()


def _offers(journey: Journey) -> tuple[Choice, ...]:
    if all(offer.why_not for offer in journey.offers):
        return ()
    shown = journey.offers[journey.offers_from : journey.offers_from + OFFERS_SHOWN]
    open_ones = [Choice(offer.kind, offer.label) for offer in shown if offer.why_not is None]
    if len(journey.offers) > journey.offers_from + OFFERS_SHOWN:
        open_ones.append(Choice("more", N_("Something else"), own=False))
    return tuple(open_ones)


def _rewards(journey: Journey) -> tuple[Choice, ...]:
    every = journey.account.rewards if journey.account else ()
    shown = every[journey.rewards_from : journey.rewards_from + REWARDS_SHOWN]
    found = [Choice(one.reward, one.title, points=one.points) for one in shown if one.why_not is None]
    if len(every) > journey.rewards_from + REWARDS_SHOWN:
        found.append(Choice("more", N_("Other rewards"), own=False))
    return tuple(found)


def _signs(journey: Journey) -> tuple[Choice, ...]:
    """The rows of keys, and the signs of the one that was chosen; nothing more once the code is whole."""
    paper = journey.paper
    if len(paper.typed) >= LENGTH:
        return ()
    if paper.row is None:
        return tuple(Choice(f"{ROW}{place}", f"{row[0]} {row[-1]}") for place, row in enumerate(ROWS))
    return tuple(Choice(f"{SIGN}{sign}", sign) for sign in ROWS[paper.row])


def meaning(journey: Journey, key: str) -> ev.Event | None:
    """The event of a key; None when it means nothing here."""
    if key == RING:
        return ev.Next()
    if key == BAR:
        begun = journey.step is Step.PAPER_CODE and (journey.paper.typed or journey.paper.row is not None)
        return ev.Chosen(ERASE) if begun else ev.Back()
    if key == CROSS:
        return ev.Stop()
    if key == AGAIN:
        return ev.Touched()
    place = int(key) - 1 if len(key) == 1 and key in "123456789" else -1
    offered = choices(journey)
    if not 0 <= place < len(offered):
        return ev.Touched()
    value = offered[place].value
    return ev.LanguageChosen(value) if journey.step is Step.WELCOME else ev.Chosen(value)
