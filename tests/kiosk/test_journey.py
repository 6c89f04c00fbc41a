"""Facts about the journey of one person, without any device."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.steps import (
    IDLE_SECONDS,
    RESTING,
    WARNING_SECONDS,
    CardServices,
    Health,
    Journey,
    Step,
    Task,
    Waiting,
)
from tests.kiosk.played import HANAKO, ORDER, RECORD, SEAL, WELL, Played


def test_a_person_gets_a_certificate_from_welcome_to_thanks() -> None:
    played = Played().to_printing()
    assert played.step is Step.PRINTING
    played.play(ev.Printed(ORDER.order))
    assert played.step is Step.TAKE_PAPER
    played.play(ev.CardRemoved(), ev.Next())
    assert played.step is Step.THANKS
    assert played.wait(6).step is Step.WELCOME


def test_hours_and_fees_come_before_the_card_is_asked_for() -> None:
    played = Played().play(ev.LanguageChosen("en"))
    assert played.step is Step.GUIDE
    assert played.play(ev.Next()).step is Step.INSERT_CARD


def test_nobody_starts_while_reader_or_portal_is_gone() -> None:
    for broken in (
        replace(WELL, reader="gone"),
        replace(WELL, portal="gone"),
        replace(WELL, command="out-of-service"),
    ):
        played = Played(broken)
        played.play(ev.LanguageChosen("ja"), ev.Next(), ev.CardInserted())
        assert played.step is Step.OUT_OF_SERVICE
        assert played.play(ev.CardRemoved(), ev.HealthChanged(WELL)).step is Step.WELCOME


def test_tries_left_are_known_before_the_pin_is_asked() -> None:
    assert Played().to_pin(tries=2).journey.tries_left == 2


def test_a_locked_card_is_told_so_without_a_try() -> None:
    played = Played().to_pin(tries=0)
    assert played.step is Step.NOTICE
    assert played.journey.notice is not None
    assert played.journey.notice.code == "card-blocked"
    assert not played.asked(fx.VerifyPin)


def test_the_last_try_needs_consent() -> None:
    played = Played().to_pin(tries=1)
    assert played.step is Step.LAST_TRY
    played.play(ev.PinEntered())
    assert not played.asked(fx.VerifyPin)
    played.play(ev.Next())
    assert played.step is Step.PIN
    assert played.play(ev.PinEntered()).step is Step.CHECKING_PIN


def test_two_wrong_pins_lead_to_the_question_of_the_last_try() -> None:
    played = Played().to_pin()
    played.play(ev.PinEntered())
    played.play(ev.PinWrong(played.turn, 2))
    assert played.step is Step.PIN
    assert played.journey.pin_was_wrong
    played.play(ev.PinEntered())
    assert played.play(ev.PinWrong(played.turn, 1)).step is Step.LAST_TRY


def test_consent_to_one_last_try_is_not_consent_to_another() -> None:
    played = Played().to_pin(tries=1).play(ev.Next(), ev.PinEntered())
    assert played.play(ev.PinWrong(played.turn, 1)).step is Step.LAST_TRY


def test_every_pin_screen_has_a_new_pad() -> None:
    played = Played().to_pin()
    played.play(ev.PinEntered())
    played.play(ev.PinWrong(played.turn, 2))
    assert played.asked(fx.ShufflePad) == 2


@pytest.mark.parametrize("reach", ["to_pin", "to_menu", "to_confirm"])
def test_card_pulled_before_payment_erases_everything_without_charge(reach: str) -> None:
    played = getattr(Played(), reach)()
    played.play(ev.CardRemoved())
    assert played.step is Step.NOTICE
    assert played.journey.person is None
    assert played.journey.order is None
    assert not played.asked(fx.StartPayment)
    assert played.asked(fx.ClearPin)
    assert played.asked(fx.CloseCard)


def test_card_swapped_is_a_pulled_card() -> None:
    """The reader tells of an exchange as removed and inserted, however quick it was."""
    played = Played().to_menu().play(ev.CardRemoved(), ev.CardInserted())
    assert played.step is Step.NOTICE
    assert played.journey.person is None
    played.play(ev.Next())
    assert played.step is Step.READING_CARD


def test_card_pulled_while_paying_returns_the_coins() -> None:
    played = Played().to_pay().play(ev.CoinsInserted(ORDER.order, 100), ev.CardRemoved())
    assert played.step is Step.CANCELLING
    assert played.asked(fx.CancelPayment) == 1
    played.play(ev.PaymentCancelled(ORDER.order))
    assert played.step is Step.NOTICE
    assert not played.asked(fx.FinishPaidJob)


def test_card_pulled_after_payment_keeps_the_paid_job() -> None:
    played = Played().to_printing().play(ev.CardRemoved())
    assert played.step is Step.PRINTING
    assert played.journey.person is None
    assert played.asked(fx.EndSession) == 1
    assert played.asked(fx.CancelPayment) == 0
    assert played.play(ev.Printed(ORDER.order)).step is Step.TAKE_PAPER


def test_the_last_coin_beats_the_stop_button() -> None:
    """Stop was touched, but the coin box had all it wanted: the certificate is printed, not lost."""
    played = Played().to_pay().play(ev.Stop())
    assert played.step is Step.CANCELLING
    played.play(ev.PaymentDone(ORDER.order))
    assert played.step is Step.PRINTING
    assert played.asked(fx.FinishPaidJob) == 1


def test_money_for_somebody_who_left_is_paid_back_not_printed() -> None:
    played = Played().to_pay().play(ev.Stop()).wait(41).play(ev.CardRemoved())
    played.wait(40)
    assert played.step is Step.WELCOME
    played.to_menu().play(ev.PaymentDone(ORDER.order))
    assert played.step is Step.MENU
    assert played.asked(fx.RefundPaidJob) == 1
    assert played.asked(fx.FinishPaidJob) == 0


def test_back_from_paying_returns_coins_and_asks_again() -> None:
    played = Played().to_pay().play(ev.Back(), ev.PaymentCancelled(ORDER.order))
    assert played.step is Step.CONFIRM
    assert played.journey.order is None
    assert played.journey.copies == 1


def test_a_coin_box_that_stops_leads_back_to_the_menu() -> None:
    played = Played().to_pay().play(ev.PaymentFailed(ORDER.order))
    assert played.step is Step.NOTICE
    assert played.play(ev.Next()).step is Step.MENU
    assert not played.asked(fx.FinishPaidJob)


def test_a_failed_print_is_told_as_a_refund() -> None:
    played = Played().to_printing().play(ev.Refunded(ORDER.order, "printer-jam"))
    assert played.journey.notice is not None
    assert played.journey.notice.code == "refunded"


def test_stop_while_printing_ends_the_session_but_not_the_print() -> None:
    played = Played().to_printing().play(ev.Stop())
    assert played.step is Step.PRINTING
    assert played.asked(fx.EndSession) == 1


def test_a_double_tap_on_pay_orders_once() -> None:
    played = Played().to_confirm().play(ev.Next(), ev.Next())
    assert played.asked(fx.PlaceOrder) == 1


def test_a_late_answer_signs_nobody_in() -> None:
    played = Played().to_pin().play(ev.PinEntered())
    played.play(ev.PinRight(played.turn))
    turn = played.turn
    played.play(ev.Stop(), ev.SignedIn(turn, HANAKO))
    assert played.step is Step.TAKE_CARD
    assert played.journey.person is None


def test_card_left_behind_is_called_after_five_seconds_and_every_three() -> None:
    played = Played().to_menu().play(ev.Stop())
    assert played.step is Step.TAKE_CARD
    assert played.wait(4.5).asked(fx.Chime) == 0
    assert played.wait(0.5).asked(fx.Chime) == 1
    assert played.wait(3).asked(fx.Chime) == 2
    assert played.wait(60).step is Step.TAKE_CARD
    rings = played.asked(fx.Chime)
    assert played.play(ev.CardRemoved()).step is Step.THANKS
    assert played.wait(4).asked(fx.Chime) == rings


def test_paper_waits_for_the_card_to_be_taken() -> None:
    played = Played().to_printing().play(ev.Printed(ORDER.order), ev.Next())
    assert played.step is Step.TAKE_PAPER
    assert played.wait(120).step is Step.TAKE_PAPER
    assert played.play(ev.CardRemoved()).wait(20).step is Step.THANKS


def test_an_idle_screen_warns_then_ends_and_erases() -> None:
    played = Played().to_menu()
    played.wait(IDLE_SECONDS - WARNING_SECONDS - 1)
    assert not played.journey.is_warning(played.now)
    played.wait(1)
    assert played.journey.is_warning(played.now)
    assert played.wait(WARNING_SECONDS).step is Step.TAKE_CARD
    assert played.journey.person is None


def test_one_touch_extends_the_time() -> None:
    played = Played().to_menu().wait(IDLE_SECONDS - 1).play(ev.Touched())
    assert not played.journey.is_warning(played.now)
    assert played.wait(IDLE_SECONDS - 1).step is Step.MENU


def test_an_idle_payment_is_called_off() -> None:
    played = Played().to_pay().play(ev.CoinsInserted(ORDER.order, 100)).wait(IDLE_SECONDS)
    assert played.step is Step.CANCELLING
    assert played.asked(fx.CancelPayment) == 1


def test_a_screen_nobody_touches_calls_from_across_the_hall_and_a_touch_or_a_card_brings_it_back() -> None:
    assert Played().wait(600).step is Step.ATTRACT
    assert Played().wait(600).play(ev.Next()).step is Step.WELCOME
    assert Played().wait(600).play(ev.LanguageChosen("pt")).step is Step.GUIDE
    assert Played().wait(600).play(ev.CardInserted()).step is Step.READING_CARD
    assert Played().wait(600).play(ev.EarphoneMoved(True)).step is Step.WELCOME


def test_a_silent_portal_does_not_hold_a_person() -> None:
    played = Played().to_menu().play(ev.Chosen("certificate")).wait(41)
    assert played.step is Step.NOTICE


def test_language_can_be_changed_on_the_way_and_the_kinds_follow() -> None:
    played = Played().to_menu().play(ev.Chosen("certificate"))
    played.play(ev.KindsLoaded(played.turn, (RECORD, SEAL)), ev.Chosen("resident-record"))
    played.play(ev.LanguageChosen("en"))
    assert played.step is Step.OPTION
    english = (replace(RECORD, name="Copy of resident record"), SEAL)
    played.play(ev.KindsLoaded(played.turn, english))
    assert played.step is Step.OPTION
    assert played.journey.chosen is not None
    assert played.journey.chosen.name == "Copy of resident record"


def test_the_next_person_starts_in_japanese() -> None:
    played = Played().play(ev.LanguageChosen("pt"), ev.Stop())
    assert (played.step, played.journey.language) == (Step.WELCOME, "ja")


def test_an_unknown_language_changes_nothing() -> None:
    assert Played().play(ev.LanguageChosen("xx")).journey.language == "ja"


def test_back_returns_to_the_question_before() -> None:
    played = Played().to_confirm()
    seen = []
    for _ in range(5):
        played.play(ev.Back())
        seen.append((played.step, played.journey.option_index))
    assert seen == [(Step.COPIES, 2), (Step.OPTION, 1), (Step.OPTION, 0), (Step.KIND, 0), (Step.MENU, 0)]


def test_an_answer_changed_on_the_way_back_is_the_one_ordered() -> None:
    played = Played().to_confirm().play(ev.Back(), ev.Back(), ev.Back())
    played.play(ev.Chosen("household"), ev.Chosen("yes"), ev.Chosen("3"), ev.Next())
    order = next(effect for effect in played.effects if isinstance(effect, fx.PlaceOrder))
    assert order.answers == (("scope", "household"), ("domicile", "yes"))
    assert order.copies == 3


@pytest.mark.parametrize("answer", ["seal", "", "nothing"])
def test_what_is_not_offered_cannot_be_chosen(answer: str) -> None:
    played = Played().to_menu().play(ev.Chosen("certificate"))
    played.play(ev.KindsLoaded(played.turn, (RECORD, SEAL)), ev.Chosen(answer))
    assert played.step is Step.KIND


@pytest.mark.parametrize("copies", ["0", "6", "-1", "１", "two", ""])
def test_only_offered_numbers_of_copies_count(copies: str) -> None:
    played = Played().to_confirm().play(ev.Back(), ev.Chosen(copies))
    assert played.step is Step.COPIES


def test_without_printer_or_coin_box_checking_in_still_works() -> None:
    played = Played(replace(WELL, printer="paused")).to_menu().play(ev.Chosen("certificate"))
    assert played.step is Step.MENU
    assert played.play(ev.Chosen("reservation")).step is Step.RESERVATION


def test_a_reservation_is_checked_in_once() -> None:
    played = Played().to_checked_in()
    assert played.step is Step.CHECKED_IN
    played.play(ev.Back(), ev.Chosen("reservation"), ev.Next())
    assert played.step is Step.RESERVATION
    assert played.asked(fx.CheckIn) == 1


def test_taking_the_card_after_checking_in_is_a_good_end() -> None:
    assert Played().to_checked_in().play(ev.CardRemoved()).step is Step.THANKS


def test_a_refusal_of_the_portal_is_shown_in_its_own_words() -> None:
    played = Played().to_pin().play(ev.PinEntered())
    played.play(ev.PinRight(played.turn))
    played.play(ev.Refused(played.turn, "certificate-revoked", "失効しています", "", "窓口へ"))
    assert played.journey.notice is not None
    assert played.journey.notice.title == "失効しています"
    assert played.play(ev.Next()).step is Step.TAKE_CARD


def test_a_refused_order_returns_to_the_menu() -> None:
    played = Played().to_confirm().play(ev.Next())
    played.play(ev.Refused(played.turn, "certificate-not-allowed", "", "", ""), ev.Next())
    assert played.step is Step.MENU


def test_an_ended_session_is_not_the_way_back_to_the_menu() -> None:
    played = Played().to_confirm().play(ev.Next())
    played.play(ev.Refused(played.turn, "session-expired", "", "", ""), ev.Next())
    assert played.step is Step.TAKE_CARD


def test_the_reader_unplugged_is_a_pulled_card() -> None:
    played = Played().to_menu().play(ev.HealthChanged(replace(WELL, reader="gone")))
    assert played.step is Step.NOTICE
    assert played.wait(31).step is Step.OUT_OF_SERVICE


def test_a_paid_job_found_after_a_restart_is_finished_first() -> None:
    played = Played(Health()).play(ev.JobRecovered(ORDER.order))
    assert played.step is Step.PRINTING
    assert played.asked(fx.FinishPaidJob) == 1
    assert played.play(ev.Printed(ORDER.order)).step is Step.TAKE_PAPER


def test_nothing_of_a_person_is_left_for_the_next() -> None:
    played = Played().to_printing().play(ev.Printed(ORDER.order), ev.CardRemoved(), ev.Next(), ev.Next())
    empty = Journey(step=Step.WELCOME, health=WELL)
    same = {"turn": 0, "entered_at": 0.0, "touched_at": 0.0}
    assert replace(played.journey, **same) == replace(empty, **same)


def test_resting_steps_are_the_ones_without_stop() -> None:
    assert {Step.OUT_OF_SERVICE, Step.ATTRACT, Step.WELCOME, Step.TAKE_PAPER, Step.TAKE_CARD, Step.THANKS} == RESTING


def test_money_the_machine_kept_is_shown_with_the_number_to_say() -> None:
    played = Played().to_printing().play(ev.NeedsStaff(ORDER.order, "H4TN-9CWD-2MXY"))
    assert played.journey.notice is not None
    assert (played.journey.notice.code, played.journey.notice.reference) == ("money-kept", "H4TN-9CWD-2MXY")
    assert played.journey.person is None, "a number to write down stays; nothing of the person does"
    played.wait(60)
    assert played.step is Step.NOTICE
    played.wait(150)
    assert played.step is not Step.NOTICE


def test_a_coin_box_that_says_nothing_hands_the_coins_to_staff() -> None:
    played = Played().to_pay().play(ev.CoinsInserted(ORDER.order, 100), ev.Stop())
    assert played.step is Step.CANCELLING
    played.wait(41)
    assert played.journey.notice is not None
    assert played.journey.notice.code == "money-kept"
    assert fx.HandToStaff(ORDER.order, 100) in played.effects


def test_a_list_stays_on_its_screen_when_its_words_come_in_another_language() -> None:
    played = Played().to_menu().play(ev.Chosen("tasks"))
    for title in ("要件", "할 일"):
        played.play(ev.TasksLoaded(played.turn, Waiting((Task(title),))), ev.LanguageChosen("ko"))
        assert played.step is Step.TASKS
        assert played.journey.waiting == Waiting((Task(title),))
    played.play(ev.Back(), ev.Chosen("services"))
    for card in ("カード", "카드"):
        played.play(ev.ServicesLoaded(played.turn, CardServices(card)), ev.LanguageChosen("ko"))
        assert (played.step, played.journey.services) == (Step.SERVICES, CardServices(card))
