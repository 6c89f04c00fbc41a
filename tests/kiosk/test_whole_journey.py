"""Journeys through the whole kiosk: card commands, contract, money and paper; only the metal is simulated."""

from __future__ import annotations

from card_reader.simulator.card import SimulatedCard
from kiosk import events as ev
from kiosk.steps import Step
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import until


def sign_in(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    kiosk.machine.dispatch(ev.LanguageChosen("ja"))
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    kiosk.type_pin("1234")
    kiosk.machine.dispatch(ev.PinEntered())
    kiosk.wait_for(Step.MENU)


def order(kiosk: WholeKiosk) -> str:
    machine = kiosk.machine
    machine.dispatch(ev.Chosen("certificate"))
    kiosk.wait_for(Step.KIND)
    for answer in ("resident-record", "household", "yes", "no", "2"):
        machine.dispatch(ev.Chosen(answer))
    kiosk.wait_for(Step.CONFIRM)
    machine.dispatch(ev.Next())
    kiosk.wait_for(Step.PAY)
    until(lambda: kiosk.coin_box.current() is not None, "the coin box asks")
    assert machine.journey.order is not None
    return machine.journey.order.order


def test_a_certificate_is_ordered_paid_printed_and_the_card_is_taken(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    number = order(kiosk)
    kiosk.coin_box.insert(100)
    until(lambda: kiosk.machine.journey.inserted == 100, "the screen counts coins")
    kiosk.coin_box.insert(500)
    kiosk.wait_for(Step.TAKE_PAPER)
    assert kiosk.coin_box.tray.total == 200
    assert kiosk.player.orders == {number: "printed"}
    assert [number.encode() in sheet.read_bytes() for sheet in kiosk.printer.folder.glob("*.pdf")] == [True]
    kiosk.reader.remove()
    until(lambda: not kiosk.machine.journey.card_in, "the card is gone")
    kiosk.machine.dispatch(ev.Next())
    kiosk.wait_for(Step.THANKS)
    assert kiosk.machine.journey.person is None
    until(lambda: kiosk.player.seen["end-session"] >= 1, "the session ends")


def test_a_visitor_is_checked_in_and_sees_her_number(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    kiosk.machine.dispatch(ev.Chosen("reservation"))
    kiosk.machine.dispatch(ev.Next())
    kiosk.wait_for(Step.CHECKED_IN)
    assert kiosk.machine.journey.ticket is not None
    assert kiosk.machine.journey.ticket.number == "E001"


def test_a_wrong_pin_costs_one_try_and_says_so(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    kiosk.type_pin("9999")
    kiosk.machine.dispatch(ev.PinEntered())
    until(lambda: kiosk.machine.journey.tries_left == 2, "two tries are left")
    assert kiosk.machine.journey.step is Step.PIN
    assert kiosk.machine.pad.count == 0


def test_card_pulled_while_paying_gives_the_coins_back(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    number = order(kiosk)
    kiosk.coin_box.insert(100)
    kiosk.reader.remove()
    kiosk.wait_for(Step.NOTICE)
    assert kiosk.coin_box.tray.total == 100
    assert kiosk.player.orders == {number: "ordered"}
    assert not kiosk.jobs.unfinished()


def test_printer_jam_after_payment_pays_the_fee_back(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    sign_in(kiosk, card)
    number = order(kiosk)
    kiosk.printer.jam()
    for _ in range(4):
        kiosk.coin_box.insert(100)
    kiosk.wait_for(Step.NOTICE)
    assert kiosk.machine.journey.notice is not None
    assert kiosk.machine.journey.notice.code == "refunded"
    assert kiosk.coin_box.tray.total == 400
    assert kiosk.player.orders == {number: "refunded"}
    assert not list(kiosk.printer.folder.glob("*.pdf"))


def test_a_document_of_another_order_is_never_printed(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    from tests.kiosk.contract_player import pdf_of

    sign_in(kiosk, card)
    number = order(kiosk)
    kiosk.player.documents[number] = pdf_of("00000000-0000-4000-8000-000000000000")
    kiosk.coin_box.insert(500)
    kiosk.wait_for(Step.NOTICE)
    assert not list(kiosk.printer.folder.glob("*.pdf"))
    assert kiosk.player.orders == {number: "refunded"}


def test_portal_gone_closes_the_kiosk_and_back_opens_it(kiosk: WholeKiosk) -> None:
    from kiosk.health import beat

    kiosk.wait_for(Step.WELCOME)
    kiosk.player.down = True
    beat(kiosk.machine)
    kiosk.wait_for(Step.OUT_OF_SERVICE)
    kiosk.player.down = False
    beat(kiosk.machine)
    kiosk.wait_for(Step.WELCOME)
    kiosk.reader.unplug()
    kiosk.wait_for(Step.OUT_OF_SERVICE)
    kiosk.reader.plug_in()
    kiosk.wait_for(Step.WELCOME)


def test_a_stale_sign_in_ends_its_own_session_and_no_other(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    """The person stops while the portal still thinks; the late answer must not sign anybody in."""
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    kiosk.type_pin("1234")
    kiosk.machine.dispatch(ev.PinEntered())
    kiosk.machine.dispatch(ev.Stop())
    kiosk.wait_for(Step.TAKE_CARD)
    assert kiosk.machine.journey.person is None
