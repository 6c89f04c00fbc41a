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
from kiosk.money_steps import MONEY, cancel_payment, give_up
from kiosk.moves import Outcome, abort, go, goodbye, home, leave, read_card, refuse, start_afresh
from kiosk.steps import (
    ALARM_AFTER_SECONDS,
    ALARM_EVERY_SECONDS,
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

BEFORE_CARD = frozenset({Step.WELCOME, Step.GUIDE, Step.INSERT_CARD})
KEEPS_WITHOUT_CARD = frozenset({Step.OUT_OF_SERVICE, Step.NOTICE, Step.CANCELLING})


def advance(journey: Journey, event: ev.Event, now: float) -> Outcome:
    """The next journey and what to do. An event that means nothing here changes nothing."""
    if isinstance(event, ev.Answer) and event.turn != journey.turn:
        return journey, ()
    if isinstance(event, ev.AboutOrder):
        return MONEY[type(event)](journey, event, now)
    if isinstance(event, ev.Next | ev.Back | ev.Stop | ev.Chosen | ev.LanguageChosen | ev.Touched):
        journey = replace(journey, touched_at=now)
    handler = ANYWHERE.get(type(event)) or HERE.get((journey.step, type(event)))
    return handler(journey, event, now) if handler else (journey, ())


# Anywhere.


def _language(journey: Journey, event: ev.LanguageChosen, now: float) -> Outcome:
    if event.language not in LANGUAGES:
        return journey, ()
    journey = replace(journey, language=event.language)
    if journey.step is Step.WELCOME:
        return go(journey, Step.GUIDE, now), ()
    if journey.step in CHOOSING_CERTIFICATE and journey.person:
        return journey, (fx.LoadKinds(journey.turn, journey.person.session, journey.language),)
    return journey, ()


def _health(journey: Journey, event: ev.HealthChanged, now: float) -> Outcome:
    reader_lost = journey.health.reader == "ready" and event.health.reader != "ready"
    journey = replace(journey, health=event.health)
    if journey.step is Step.OUT_OF_SERVICE or journey.step in BEFORE_CARD:
        must_move = (journey.step is Step.OUT_OF_SERVICE) == journey.health.in_service
        return (home(journey, now), ()) if must_move else (journey, ())
    if reader_lost:
        return _card_removed(journey, ev.CardRemoved(), now)
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
    return leave(journey, now)


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
    if journey.step in (Step.READING_CARD, Step.CHECKING_PIN):
        return refuse(journey, now, "card-unreadable")
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


def _risk_last_try(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return go(journey, Step.PIN, now, last_try_agreed=True), (fx.ShufflePad(),)


def _choose_from_menu(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    if event.value == "reservation" and journey.person and journey.person.reservation:
        return go(journey, Step.RESERVATION, now), ()
    if event.value == "points":
        return go(journey, Step.POINTS, now), ()
    if event.value == "certificate" and journey.person and journey.health.can_sell:
        session = journey.person.session
        journey = go(journey, Step.LOADING_KINDS, now, kind=None, answers=(), copies=1, order=None, inserted=0)
        return journey, (fx.LoadKinds(journey.turn, session, journey.language),)
    return journey, ()


def _check_in(journey: Journey, event: ev.Event, now: float) -> Outcome:
    person = journey.person
    reservation = person.reservation if person else None
    if not person or not reservation or not reservation.can_check_in or reservation.ticket:
        return journey, ()
    journey = go(journey, Step.CHECKING_IN, now)
    return journey, (fx.CheckIn(journey.turn, person.session, journey.language, reservation.reference),)


def _choose_kind(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    kind = next((kind for kind in journey.kinds if kind.kind == event.value and kind.available), None)
    if kind is None:
        return journey, ()
    step = Step.OPTION if kind.options else Step.COPIES
    return go(journey, step, now, kind=kind.kind, option_index=0, answers=(), copies=1), ()


def _choose_option(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    kind = journey.chosen
    if kind is None or journey.option_index >= len(kind.options):
        return leave(journey, now)
    option = kind.options[journey.option_index]
    if event.value not in {choice.value for choice in option.choices}:
        return journey, ()
    answers = (*journey.answers[: journey.option_index], (option.name, event.value))
    step = Step.OPTION if len(answers) < len(kind.options) else Step.COPIES
    return go(journey, step, now, answers=answers, option_index=journey.option_index + 1), ()


def _choose_copies(journey: Journey, event: ev.Chosen, now: float) -> Outcome:
    allowed = {str(n): n for n in range(1, journey.chosen.max_copies + 1)} if journey.chosen else {}
    if event.value not in allowed:
        return journey, ()
    return go(journey, Step.CONFIRM, now, copies=allowed[event.value]), ()


def _question_before(journey: Journey, event: ev.Event, now: float) -> Outcome:
    if journey.option_index == 0:
        return go(journey, Step.KIND, now), ()
    return go(journey, Step.OPTION, now, option_index=journey.option_index - 1), ()


def _order(journey: Journey, event: ev.Event, now: float) -> Outcome:
    kind, person = journey.chosen, journey.person
    if kind is None or person is None or not journey.health.can_sell:
        return refuse(journey, now, "cannot-sell", then=Step.MENU)
    journey = go(journey, Step.ORDERING, now)
    order = fx.PlaceOrder(journey.turn, person.session, journey.language, kind.kind, journey.answers, journey.copies)
    return journey, (order,)


def _paper_taken(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return (journey, ()) if journey.card_in else (start_afresh(journey, Step.THANKS, now), ())


def _pay_back(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return cancel_payment(journey, now, then=Step.CONFIRM)


# The answers.


def _card_read(journey: Journey, event: ev.CardRead, now: float) -> Outcome:
    if event.tries_left == 0:
        return refuse(journey, now, "card-blocked")
    if event.tries_left == 1 and not journey.last_try_agreed:
        return go(journey, Step.LAST_TRY, now, tries_left=1), ()
    return go(journey, Step.PIN, now, tries_left=event.tries_left), (fx.ShufflePad(),)


def _pin_entered(journey: Journey, event: ev.PinEntered, now: float) -> Outcome:
    if journey.tries_left == 1 and not journey.last_try_agreed:
        return go(journey, Step.LAST_TRY, now), (fx.ClearPin(),)
    journey = go(journey, Step.CHECKING_PIN, now)
    return journey, (fx.VerifyPin(journey.turn),)


def _pin_wrong(journey: Journey, event: ev.PinWrong, now: float) -> Outcome:
    journey = replace(journey, pin_was_wrong=True, last_try_agreed=False)
    return _card_read(journey, ev.CardRead(event.turn, event.tries_left), now)


def _pin_right(journey: Journey, event: ev.PinRight, now: float) -> Outcome:
    journey = go(journey, Step.SIGNING_IN, now, pin_was_wrong=False)
    return journey, (fx.SignIn(journey.turn, journey.language),)


def _signed_in(journey: Journey, event: ev.SignedIn, now: float) -> Outcome:
    return go(journey, Step.MENU, now, person=event.person), ()


def _checked_in(journey: Journey, event: ev.CheckedIn, now: float) -> Outcome:
    person = journey.person
    if person and person.reservation:
        reservation = replace(person.reservation, ticket=event.ticket.number, can_check_in=False)
        person = replace(person, reservation=reservation)
    return go(journey, Step.CHECKED_IN, now, person=person, ticket=event.ticket), (fx.Chime("done"),)


def _kinds_loaded(journey: Journey, event: ev.KindsLoaded, now: float) -> Outcome:
    return go(journey, Step.KIND, now, kinds=event.kinds), ()


def _kinds_translated(journey: Journey, event: ev.KindsLoaded, now: float) -> Outcome:
    """The language was changed on the way; the same kinds come back with other words."""
    same = [kind.kind for kind in event.kinds] == [kind.kind for kind in journey.kinds]
    return (replace(journey, kinds=event.kinds) if same else journey), ()


def _order_placed(journey: Journey, event: ev.OrderPlaced, now: float) -> Outcome:
    journey = go(journey, Step.PAY, now, order=event.order, inserted=0, paid=False)
    return journey, (fx.StartPayment(event.order),)


def _unreadable(journey: Journey, event: ev.Event, now: float) -> Outcome:
    return refuse(journey, now, "card-unreadable")


def _refused(journey: Journey, event: ev.Refused, now: float) -> Outcome:
    session_lives = journey.person is not None and event.code != "session-expired"
    then = Step.MENU if session_lives else Step.TAKE_CARD
    return refuse(journey, now, event.code, words=(event.title, event.detail, event.next_step), then=then)


ANYWHERE: dict[type[ev.Event], Callable[[Journey, Any, float], Outcome]] = {
    ev.LanguageChosen: _language,
    ev.HealthChanged: _health,
    ev.CardInserted: _card_inserted,
    ev.CardRemoved: _card_removed,
    ev.Stop: _stop,
    ev.Tick: _tick,
}

HERE: dict[tuple[Step, type[ev.Event]], Callable[[Journey, Any, float], Outcome]] = {
    (Step.WELCOME, ev.Next): _to(Step.GUIDE),
    (Step.GUIDE, ev.Next): _ask_for_card,
    (Step.GUIDE, ev.Back): _home,
    (Step.INSERT_CARD, ev.Back): _to(Step.GUIDE),
    (Step.READING_CARD, ev.CardRead): _card_read,
    (Step.READING_CARD, ev.CardUnreadable): _unreadable,
    (Step.LAST_TRY, ev.Next): _risk_last_try,
    (Step.LAST_TRY, ev.Back): _leave,
    (Step.PIN, ev.PinEntered): _pin_entered,
    (Step.PIN, ev.Back): _leave,
    (Step.CHECKING_PIN, ev.PinRight): _pin_right,
    (Step.CHECKING_PIN, ev.PinWrong): _pin_wrong,
    (Step.CHECKING_PIN, ev.CardUnreadable): _unreadable,
    (Step.SIGNING_IN, ev.SignedIn): _signed_in,
    (Step.SIGNING_IN, ev.CardUnreadable): _unreadable,
    (Step.SIGNING_IN, ev.Refused): _refused,
    (Step.MENU, ev.Chosen): _choose_from_menu,
    (Step.MENU, ev.Next): _leave,
    (Step.RESERVATION, ev.Next): _check_in,
    (Step.RESERVATION, ev.Back): _to(Step.MENU),
    (Step.CHECKING_IN, ev.CheckedIn): _checked_in,
    (Step.CHECKING_IN, ev.Refused): _refused,
    (Step.CHECKED_IN, ev.Next): _leave,
    (Step.CHECKED_IN, ev.Back): _to(Step.MENU),
    (Step.POINTS, ev.Next): _leave,
    (Step.POINTS, ev.Back): _to(Step.MENU),
    (Step.LOADING_KINDS, ev.KindsLoaded): _kinds_loaded,
    (Step.LOADING_KINDS, ev.Refused): _refused,
    (Step.KIND, ev.Chosen): _choose_kind,
    (Step.KIND, ev.Back): _to(Step.MENU),
    (Step.OPTION, ev.Chosen): _choose_option,
    (Step.OPTION, ev.Back): _question_before,
    (Step.COPIES, ev.Chosen): _choose_copies,
    (Step.COPIES, ev.Back): _question_before,
    (Step.CONFIRM, ev.Next): _order,
    (Step.CONFIRM, ev.Back): _to(Step.COPIES),
    (Step.ORDERING, ev.OrderPlaced): _order_placed,
    (Step.ORDERING, ev.Refused): _refused,
    (Step.PAY, ev.Back): _pay_back,
    (Step.TAKE_PAPER, ev.Next): _paper_taken,
    (Step.NOTICE, ev.Next): _after_notice,
    (Step.THANKS, ev.Next): _home,
    **{(step, ev.KindsLoaded): _kinds_translated for step in CHOOSING_CERTIFICATE},
}
