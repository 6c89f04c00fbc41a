"""Carries out the effects of a journey with the card, the portal and the money, and answers with events."""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from kiosk import effects as fx
from kiosk import events as ev
from kiosk import messages as m
from kiosk.devices.protocols import CardGone, CardSession, CoinBoxFault, PinRefused, PrinterFault
from kiosk.machine import Machine
from kiosk.paid_jobs import Unsettled
from kiosk.pin_pad import wipe
from kiosk.pin_steps import NEW, OLD
from kiosk.portal_client import PortalRefused, PortalUnreachable, WrongDocument
from kiosk.steps import PRINTER_WORKS, Drawn

log = logging.getLogger(__name__)

COIN_LOOK_SECONDS = 0.2


class Errands:
    """Holds the opened card; what belongs to an effect is taken when it is ordered, not when it runs."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._lock = threading.Lock()
        self._card: CardSession | None = None
        self._card_turn = 0

    def run(self, effect: fx.Effect) -> None:
        """Quick effects at once, others in a thread: a dead card must not hold the screen."""
        quick = self._QUICK.get(type(effect))
        if quick:
            quick(self, effect)
            return
        with self._lock:
            card = self._card
        pin = self._machine.pad.take() if isinstance(effect, fx.VerifyPin | fx.ChangePin) else bytearray()
        errand = Errand(self, self._machine, effect, card, pin)
        self._machine.in_background(errand.attempt)

    def keep(self, card: CardSession, turn: int) -> bool:
        """Remember an opened card, unless a newer one is there already."""
        with self._lock:
            if turn < self._card_turn:
                return False
            self._card, self._card_turn = card, turn
            return True

    def _ring(self, effect: fx.Chime) -> None:
        self._machine.devices.bell.ring(effect.sound)
        self._machine.show_change()

    def _clear(self, effect: fx.ClearPin) -> None:
        self._machine.pad.clear()

    def _close_card(self, effect: fx.CloseCard) -> None:
        with self._lock:
            card, self._card = self._card, None
        if card:
            self._machine.in_background(card.close)

    _QUICK: ClassVar[dict[type[fx.Effect], Callable[[Errands, Any], None]]] = {
        fx.Chime: _ring,
        fx.ClearPin: _clear,
        fx.CloseCard: _close_card,
    }


class Errand:
    """One effect on its way, with the card and the PIN that were there when it was ordered."""

    def __init__(
        self, errands: Errands, machine: Machine, effect: Any, card: CardSession | None, pin: bytearray
    ) -> None:
        self._errands = errands
        self._machine = machine
        self._effect = effect
        self._card = card
        self._pin = pin

    def attempt(self) -> None:
        effect = self._effect
        try:
            _ERRANDS[type(effect)](self, effect)
        except CardGone:
            self._machine.dispatch(ev.CardUnreadable(effect.turn))
        except PortalRefused as refused:
            said = refused.problem
            self._refuse(said.code, said.title, said.detail or "", said.next_step or "")
        except PortalUnreachable:
            self._machine.report_health(portal="gone")
            self._refuse("portal-unreachable")
        except Exception as fault:  # its message may hold what a card said: kind and place are enough
            place = traceback.extract_tb(fault.__traceback__)[-1]
            kind, where = type(fault).__name__, f"{place.name}:{place.lineno}"
            log.error("errand failed effect=%s error=%s where=%s", type(effect).__name__, kind, where)
            self._refuse("needs-staff")
        finally:
            wipe(self._pin)

    def _refuse(self, *words: str) -> None:
        if isinstance(self._effect, fx.Asking):
            self._machine.dispatch(ev.Refused(self._effect.turn, *words))

    # The card.

    def _open_card(self, effect: fx.OpenCard) -> None:
        card = self._machine.devices.reader.open()
        try:
            tries_left = card.tries_left()
        except CardGone:
            card.close()
            raise
        kept = self._errands.keep(card, effect.turn)
        if not self._machine.dispatch(ev.CardRead(effect.turn, tries_left)) or not kept:
            card.close()

    def _verify_pin(self, effect: fx.VerifyPin) -> None:
        try:
            self._opened().verify_pin(self._pin)
        except PinRefused as refused:
            self._machine.dispatch(ev.PinWrong(effect.turn, refused.tries_left))
        else:
            self._machine.dispatch(ev.PinRight(effect.turn))

    def _change_pin(self, effect: fx.ChangePin) -> None:
        pad = self._machine.pad
        old, new = pad.kept(OLD), pad.kept(NEW)
        try:
            if not hmac.compare_digest(bytes(new), bytes(self._pin)):
                self._machine.dispatch(ev.PinsDiffer(effect.turn))
                return
            self._opened().change_pin(old, new)
            self._machine.dispatch(ev.PinChanged(effect.turn))
        except PinRefused as refused:
            self._machine.dispatch(ev.PinWrong(effect.turn, refused.tries_left))
        finally:
            wipe(old)
            wipe(new)

    def _sign_in(self, effect: fx.SignIn) -> None:
        portal = self._machine.portal
        card = self._opened()
        opened = portal.open_session(effect.language)
        session = str(opened.session)
        signature = card.sign(_from_base64url(opened.challenge))
        certificate = card.certificate()
        person = portal.present_card(session, certificate=certificate, signature=signature, language=effect.language)
        # The card has said all it has to; powered down, its PIN state is gone.
        self._errands.run(fx.CloseCard())
        if not self._machine.dispatch(ev.SignedIn(effect.turn, person)):
            self._end_session(fx.EndSession(session))

    def _opened(self) -> CardSession:
        if self._card is None:
            raise CardGone
        return self._card

    # The portal.

    def _end_session(self, effect: fx.EndSession) -> None:
        try:
            self._machine.portal.end_session(effect.session)
        except (PortalRefused, PortalUnreachable):
            log.info("session not ended; the portal lets it lapse")

    def _check_in(self, effect: fx.CheckIn) -> None:
        ticket = self._machine.portal.check_in(effect.session, effect.reference, effect.language)
        self._machine.dispatch(ev.CheckedIn(effect.turn, ticket))

    def _load_tasks(self, effect: fx.LoadTasks) -> None:
        self._machine.dispatch(ev.TasksLoaded(effect.turn, self._machine.portal.tasks(effect.session, effect.language)))

    def _load_services(self, effect: fx.LoadServices) -> None:
        found = self._machine.portal.card_services(effect.session, effect.language)
        self._machine.dispatch(ev.ServicesLoaded(effect.turn, found))

    def _load_offers(self, effect: fx.LoadOffers) -> None:
        self._machine.dispatch(ev.OffersLoaded(effect.turn, self._machine.portal.number_offers(effect.language)))

    def _draw_number(self, effect: fx.DrawNumber) -> None:
        self._give(effect, self._machine.portal.draw_number(effect.kind, effect.language))

    def _check_in_by_code(self, effect: fx.CheckInByCode) -> None:
        self._give(effect, self._machine.portal.check_in_by_code(effect.code, effect.language))

    def _give(self, effect: fx.DrawNumber | fx.CheckInByCode, drawn: Drawn) -> None:
        slip = partial(self._machine.portal.number_slip, drawn.token, effect.language)
        printed = self._print_slip(slip, drawn.number)
        self._machine.dispatch(ev.NumberDrawn(effect.turn, replace(drawn, printed=printed)))

    def _load_points(self, effect: fx.LoadPoints) -> None:
        account = self._machine.portal.points(effect.session, effect.language)
        self._machine.dispatch(ev.PointsLoaded(effect.turn, account))

    def _redeem(self, effect: fx.Redeem) -> None:
        coupon = self._machine.portal.redeem(effect.session, effect.reward, effect.language)
        slip = partial(self._machine.portal.coupon_slip, effect.session, coupon.coupon, effect.language)
        printed = self._print_slip(slip, coupon.coupon)
        self._machine.dispatch(ev.Redeemed(effect.turn, replace(coupon, printed=printed)))

    def _enter_code(self, effect: fx.EnterCode) -> None:
        entered = self._machine.portal.enter_code(effect.session, effect.code, effect.language)
        self._machine.dispatch(ev.CodeEntered(effect.turn, entered.points, entered.balance))

    def _print_slip(self, slip: Callable[[], bytes], number: str) -> bool:
        """Whether a slip comes out; what it is about counts without one, the screen shows it too."""
        printer = self._machine.devices.slip_printer
        try:
            if printer.state() not in PRINTER_WORKS:
                return False
            printer.submit(slip(), number)
        except (PrinterFault, PortalRefused, PortalUnreachable, WrongDocument) as fault:
            log.warning("slip not printed why=%s", type(fault).__name__)
            return False
        return True

    def _load_kinds(self, effect: fx.LoadKinds) -> None:
        kinds = self._machine.portal.certificates(effect.session, effect.language)
        self._machine.dispatch(ev.KindsLoaded(effect.turn, kinds))

    def _place_order(self, effect: fx.PlaceOrder) -> None:
        wish = m.PlaceOrder(kind=effect.kind, options=dict(effect.answers), copies=effect.copies)
        order = self._machine.portal.place_order(effect.session, wish, effect.language)
        self._machine.dispatch(ev.OrderPlaced(effect.turn, order))

    # Money and paper.

    def _start_payment(self, effect: fx.StartPayment) -> None:
        order = effect.order
        self._machine.jobs.begin(order)
        try:
            self._machine.devices.coin_box.ask(order.order, order.fee)
        except CoinBoxFault:
            self._payment_failed(order.order)
            return
        self._watch_coins(order.order)

    def _spend_points(self, effect: fx.SpendPoints) -> None:
        self._machine.jobs.spend(effect.order)
        self._machine.dispatch(ev.PaymentDone(effect.order.order))

    def _watch_coins(self, order: str) -> None:
        """Report coins until the payment is done, cancelled or failed; a silent coin box is asked again."""
        machine = self._machine
        while not machine.is_stopping and machine.jobs.is_paying(order):
            try:
                payment = machine.devices.coin_box.look(order)
            except CoinBoxFault:
                machine.pause(1.0)
                continue
            if payment is None or payment.state == "failed":
                return self._payment_failed(order)
            if payment.state == "cancelled":
                machine.jobs.call_off(order)
                machine.dispatch(ev.PaymentCancelled(order))
                return None
            if payment.state != "open":
                machine.dispatch(ev.PaymentDone(order))
                return None
            machine.dispatch(ev.CoinsInserted(order, payment.inserted))
            machine.pause(COIN_LOOK_SECONDS)
        return None

    def _payment_failed(self, order: str) -> None:
        """Nothing was charged, or it cannot be known now: then the journal keeps the question."""
        try:
            if self._machine.jobs.call_off(order) == "paid":
                self._machine.dispatch(ev.PaymentDone(order))
                return
        except Unsettled:
            log.error("coin box silent order=%s", order)
        self._machine.dispatch(ev.PaymentFailed(order))

    def _cancel_payment(self, effect: fx.CancelPayment) -> None:
        """The watcher tells how it ended; here only the lever is pulled, again if the box is silent."""
        while not self._machine.is_stopping and self._machine.jobs.is_paying(effect.order):
            try:
                self._machine.devices.coin_box.cancel(effect.order)
                return
            except CoinBoxFault:
                self._machine.pause(1.0)

    def _finish_paid_job(self, effect: fx.FinishPaidJob) -> None:
        order = effect.order
        try:
            ended = self._machine.jobs.finish(order, on_stage=lambda stage: self._tell(order, stage))
        except Exception as unsettled:
            log.error("paid job unsettled order=%s why=%s", order, type(unsettled).__name__)
            ended = "unsettled"
        ends: dict[str, ev.AboutOrder] = {"printed": ev.Printed(order), "refunded": ev.Refunded(order, ended)}
        ends |= {nothing_paid: ev.Refunded(order, ended) for nothing_paid in ("dropped", "untouched")}
        self._machine.dispatch(ends.get(ended) or ev.NeedsStaff(order, self._machine.jobs.reference(order)))

    def _tell(self, order: str, stage: str) -> None:
        self._machine.dispatch(ev.PrintingProgress(order, stage))

    def _refund_paid_job(self, effect: fx.RefundPaidJob) -> None:
        try:
            self._machine.jobs.refund(effect.order, "person-gone")
        except Unsettled:
            log.error("refund unsettled order=%s", effect.order)

    def _hand_to_staff(self, effect: fx.HandToStaff) -> None:
        self._machine.jobs.hand_to_staff(effect.order, effect.inserted)


def _from_base64url(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as fault:
        raise PortalUnreachable("challenge not understood") from fault


_ERRANDS: dict[type[fx.Effect], Callable[[Errand, Any], None]] = {
    fx.OpenCard: Errand._open_card,
    fx.VerifyPin: Errand._verify_pin,
    fx.SignIn: Errand._sign_in,
    fx.EndSession: Errand._end_session,
    fx.CheckIn: Errand._check_in,
    fx.LoadOffers: Errand._load_offers,
    fx.LoadTasks: Errand._load_tasks,
    fx.LoadServices: Errand._load_services,
    fx.ChangePin: Errand._change_pin,
    fx.DrawNumber: Errand._draw_number,
    fx.CheckInByCode: Errand._check_in_by_code,
    fx.LoadPoints: Errand._load_points,
    fx.Redeem: Errand._redeem,
    fx.EnterCode: Errand._enter_code,
    fx.LoadKinds: Errand._load_kinds,
    fx.PlaceOrder: Errand._place_order,
    fx.StartPayment: Errand._start_payment,
    fx.SpendPoints: Errand._spend_points,
    fx.CancelPayment: Errand._cancel_payment,
    fx.FinishPaidJob: Errand._finish_paid_job,
    fx.RefundPaidJob: Errand._refund_paid_job,
    fx.HandToStaff: Errand._hand_to_staff,
}
