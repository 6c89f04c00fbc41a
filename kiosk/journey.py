"""The journey of one person at the kiosk: `advance(journey, event, now)` and nothing else.

Pure: no clock, no device, no network. `now` is monotonic seconds. The answer is the next journey and the
effects to carry out, in order. Sources of the rules: PIN tries and the 2 s / 5 s / 3 s / 60 s proposals of
the card notes; WCAG 2.2.1 for the warning; an order paid for is printed or refunded, never both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.certificate_steps import CERTIFICATES
from kiosk.code_steps import CODES, enter
from kiosk.comfort_steps import COMFORT, attract
from kiosk.fee_steps import FEES
from kiosk.looking_steps import LOOKING
from kiosk.money_steps import MONEY, cancel_payment, give_up
from kiosk.moves import Outcome, abort, go, goodbye, home, leave, read_card, refuse, start_afresh
from kiosk.number_steps import NUMBERS, WITHOUT_CARD
from kiosk.pin_steps import PINS
from kiosk.points_steps import POINTS, UNCLEAR, unclear
from kiosk.steps import (
    ALARM_AFTER_SECONDS,
    ALARM_EVERY_SECONDS,
    ATTRACT_AFTER_SECONDS,
    BUSY,
    BUSY_SECONDS,
    CHOOSING_CERTIFICATE,
    LANGUAGES,
    NOTICE_SECONDS,
    NUMBER_SECONDS,
    PAPER_SECONDS,
    PRINTING_SECONDS,
    RESTING,
    THANKS_SECONDS,
    TIMED,
    Journey,
    Step,
)
from kiosk.visit_steps import VISITS, scanned

BEFORE_CARD = frozenset({Step.ATTRACT, Step.WELCOME, Step.GUIDE, Step.INSERT_CARD})
KEEPS_WITHOUT_CARD = WITHOUT_CARD | {Step.OUT_OF_SERVICE, Step.NOTICE, Step.CANCELLING}


def advance(journey: Journey, event: ev.Event, now: float) -> Outcome:
    """The next journey and what to do. An event that means nothing here changes nothing."""
    if isinstance(event, ev.Answer) and event.turn != journey.turn:
        return journey, ()
    if isinstance(event, ev.AboutOrder):
        return MONEY[type(event)](journey, event, now)
    if isinstance(event, TOUCHES):
        journey = replace(journey, touched_at=now)
    handler = ANYWHERE.get(type(event)) or HERE.get((journey.step, type(event)))
    return handler(journey, event, now) if handler else (journey, ())


# Anywhere.


def _language(journey: Journey, event: ev.LanguageChosen, now: float) -> Outcome:
    if event.language not in LANGUAGES:
        return journey, ()
    journey = replace(journey, language=event.language)
    if journey.step in (Step.WELCOME, Step.ATTRACT):
        return go(journey, Step.GUIDE, now), ()
    if journey.step in (Step.POINTS, Step.REWARD) and journey.person:
        return journey, (fx.LoadPoints(journey.turn, journey.person.session, journey.language),)
    if journey.step is Step.TASKS and journey.person:
        return journey, (fx.LoadTasks(journey.turn, journey.person.session, journey.language),)
    if journey.step is Step.SERVICES and journey.person:
        return journey, (fx.LoadServices(journey.turn, journey.person.session, journey.language),)
    if journey.step is Step.NUMBER_KIND:
        return journey, (fx.LoadOffers(journey.turn, journey.language),)
    if journey.step in CHOOSING_CERTIFICATE and journey.person:
        return journey, (fx.LoadKinds(journey.turn, journey.person.session, journey.language),)
    return journey, ()


def _health(journey: Journey, event: ev.HealthChanged, now: float) -> Outcome:
    reader_lost = journey.health.reader == "ready" and event.health.reader != "ready"
    journey = replace(journey, health=event.health)
    if journey.step is Step.OUT_OF_SERVICE or journey.step in BEFORE_CARD:
        must_move = (journey.step is Step.OUT_OF_SERVICE) == journey.health.in_service
        if must_move and journey.card_in and journey.health.in_service:
            # It lies there from before the machine stopped: whoever left it is told, and nobody else goes on with it.
            return start_afresh(journey, Step.TAKE_CARD, now, language="ja"), ()
        return (home(journey, now), ()) if must_move else (journey, ())
    if reader_lost:
        return _card_removed(journey, ev.CardRemoved(), now)
    if journey.step is Step.PAY and not journey.health.can_print:
        # Better the coins back at once than a fee, a jam or a dark machine, and a refund.
        return cancel_payment(journey, now, then=Step.NOTICE)
    return journey, ()


def _card_inserted(journey: Journey, event: ev.Event, now: float) -> Outcome:
    if journey.card_in:
        return journey, ()
    journey = replace(journey, card_in=True)
    if journey.step is Step.THANKS and journey.health.in_service:
        return read_card(start_afresh(journey, Step.WELCOME, now, language="ja"), now)
    return read_card(journey, now) if journey.step in BEFORE_CARD else (journey, ())


def _card_removed(journey: Journey, event: ev.Event, now: float) -> Outcome:
    journey = replace(journey, card_in=False)
    if journey.step is Step.TAKE_CARD or journey.step is Step.CHECKED_IN:
        return start_afresh(journey, Step.THANKS, now), goodbye(journey)
    if journey.step is Step.TAKE_PAPER:
        return go(journey, Step.TAKE_PAPER, now), ()
    if journey.step is Step.PAY:
        return cancel_payment(journey, now, then=Step.TAKE_CARD)
    if journey.step is Step.PRINTING:
        return replace(journey, person=None), goodbye(journey)
    if journey.step in UNCLEAR:
        return unclear(journey, now)
    if journey.step in KEEPS_WITHOUT_CARD or journey.step in BEFORE_CARD or journey.step is Step.THANKS:
        return journey, ()
    return abort(journey, now)


def _stop(journey: Journey, event: ev.Event, now: float) -> Outcome:
    if journey.step in RESTING or journey.step is Step.CANCELLING:
        return journey, ()
    if journey.step is Step.PAY:
        return cancel_payment(journey, now, then=Step.TAKE_CARD)
    if journey.step is Step.PRINTING:
        # Money was taken: the paper comes, but the person may take the card and need not stay signed in.
        return replace(journey, person=None), goodbye(journey)
    return unclear(journey, now) if journey.step in UNCLEAR else leave(journey, now)


def _tick(journey: Journey, event: ev.Event, now: float) -> Outcome:
    waited = now - journey.entered_at
    if journey.step in TIMED:
        return _stop(journey, event, now) if journey.seconds_left(now) <= 0 else (journey, ())
    if journey.step in BUSY:
        return _too_long(journey, now) if waited >= BUSY_SECONDS else (journey, ())
    if journey.step is Step.PRINTING and waited >= PRINTING_SECONDS:
        return give_up(journey, now)
    if journey.step is Step.NOTICE and waited >= _reading_time(journey):
        return leave(journey, now)
    if journey.step is Step.WELCOME and now - journey.touched_at >= ATTRACT_AFTER_SECONDS:
        return attract(journey, now), ()
    if journey.step is Step.THANKS and waited >= THANKS_SECONDS:
        return home(journey, now), ()
    if journey.step is Step.TAKE_PAPER and not journey.card_in and waited >= PAPER_SECONDS:
        return start_afresh(journey, Step.THANKS, now), ()
    return _alarm(journey, waited)


def _reading_time(journey: Journey) -> float:
    return NUMBER_SECONDS if journey.notice and journey.notice.reference else NOTICE_SECONDS


def _alarm(journey: Journey, waited: float) -> Outcome:
    left_behind = journey.step in (Step.TAKE_CARD, Step.TAKE_PAPER) and journey.card_in
    if left_behind and waited >= ALARM_AFTER_SECONDS + ALARM_EVERY_SECONDS * journey.alarms:
        return replace(journey, alarms=journey.alarms + 1), (fx.Chime("card-left"),)
    return journey, ()


def _too_long(journey: Journey, now: float) -> Outcome:
    if journey.step in (Step.READING_CARD, Step.CHECKING_PIN, Step.CHANGING_PIN):
        return refuse(journey, now, "card-unreadable")
    if journey.step in UNCLEAR:
        return unclear(journey, now)
    return give_up(journey, now) if journey.step is Step.CANCELLING else refuse(journey, now, "portal-unreachable")


# The buttons.


def _to(step: Step) -> Callable[[Journey, Any, float], Outcome]:
    return lambda journey, event, now: (go(journey, step, now), ())


def _leave(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return leave(journey, now)


def _home(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return home(journey, now), ()


def _ask_for_card(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return read_card(journey, now) if journey.card_in else (go(journey, Step.INSERT_CARD, now), ())


def _after_notice(journey: Journey, event: ev.Event, now: float) -> Outcome:
    then = journey.notice.then if journey.notice else Step.TAKE_CARD
    journey = replace(journey, notice=None)
    if then is Step.INSERT_CARD and journey.health.in_service:
        return _ask_for_card(journey, event, now)
    if then is Step.MENU and journey.person and journey.card_in:
        return go(journey, Step.MENU, now), ()
    return leave(journey, now)


def _paper_taken(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return (journey, ()) if journey.card_in else (start_afresh(journey, Step.THANKS, now), ())


# The answers.


def _signed_in(journey: Journey, event: ev.SignedIn, now: float) -> Outcome:
    journey = go(journey, Step.MENU, now, person=event.person)
    return enter(journey, journey.paper.waiting, now) if journey.paper.waiting else (journey, ())


def _checked_in(journey: Journey, event: ev.CheckedIn, now: float) -> Outcome:
    person = journey.person
    if person and person.reservation:
        reservation = replace(person.reservation, ticket=event.ticket.number, can_check_in=False)
        person = replace(person, reservation=reservation)
    return go(journey, Step.CHECKED_IN, now, person=person, ticket=event.ticket), (fx.Chime("done"),)


def _unreadable(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return refuse(journey, now, "card-unreadable")


def _refused(journey: Journey, event: ev.Refused, now: float) -> Outcome:
    session_lives = journey.person is not None and event.code != "session-expired"
    then = Step.MENU if session_lives else Step.TAKE_CARD
    return refuse(journey, now, event.code, words=(event.title, event.detail, event.next_step), then=then)


TOUCHES = (
    ev.Next,
    ev.Back,
    ev.Stop,
    ev.Chosen,
    ev.LanguageChosen,
    ev.Touched,
    ev.ComfortChosen,
    ev.EarphoneMoved,
    ev.CodeScanned,
)

ANYWHERE: dict[type[ev.Event], Callable[[Journey, Any, float], Outcome]] = {
    ev.LanguageChosen: _language,
    **COMFORT,
    ev.HealthChanged: _health,
    ev.CardInserted: _card_inserted,
    ev.CardRemoved: _card_removed,
    ev.CodeScanned: scanned,
    ev.Stop: _stop,
    ev.Tick: _tick,
}

HERE: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.ATTRACT, ev.Next): _to(Step.WELCOME),
    (Step.WELCOME, ev.Next): _to(Step.GUIDE),
    (Step.GUIDE, ev.Next): _ask_for_card,
    (Step.GUIDE, ev.Back): _home,
    (Step.READING_CARD, ev.CardUnreadable): _unreadable,
    (Step.CHECKING_PIN, ev.CardUnreadable): _unreadable,
    (Step.SIGNING_IN, ev.SignedIn): _signed_in,
    (Step.SIGNING_IN, ev.CardUnreadable): _unreadable,
    (Step.SIGNING_IN, ev.Refused): _refused,
    (Step.MENU, ev.Next): _leave,
    (Step.CHECKING_IN, ev.CheckedIn): _checked_in,
    (Step.CHECKING_IN, ev.Refused): _refused,
    (Step.LOADING_KINDS, ev.Refused): _refused,
    (Step.KIND, ev.Back): _to(Step.MENU),
    (Step.CONFIRM, ev.Back): _to(Step.COPIES),
    (Step.ORDERING, ev.Refused): _refused,
    (Step.TAKE_PAPER, ev.Next): _paper_taken,
    (Step.NOTICE, ev.Next): _after_notice,
    (Step.THANKS, ev.Next): _home,
    **NUMBERS,
    **CERTIFICATES,
    **FEES,
    **PINS,
    **LOOKING,
    **VISITS,
    **POINTS,
    **CODES,
    (Step.FINDING_VISIT, ev.Refused): _refused,
    (Step.LOADING_POINTS, ev.Refused): _refused,
    (Step.CHANGING_PIN, ev.CardUnreadable): _unreadable,
    (Step.LOADING_TASKS, ev.Refused): _refused,
    (Step.LOADING_SERVICES, ev.Refused): _refused,
    (Step.LOADING_OFFERS, ev.Refused): _refused,
    (Step.DRAWING_NUMBER, ev.Refused): _refused,
}
