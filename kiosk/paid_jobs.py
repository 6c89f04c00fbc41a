"""Orders for which money is, or may be, in the machine. Each is printed, refunded or left to staff, never two of it.

Every step is on disk before the next one is taken, so after a power cut the kiosk knows what it had begun:

    paying → paid → reported → sending → sent → printed → settled
               ↘       ↘         ↘        ↘ withdrawing
                 refunding → refunded → settled
                         ↘ owed → settled

Of a fee paid with points the portal keeps the books; the machine writes down that it asked:

    spending → reported → … as above; refunding → refunded without the coin box: the portal gives the points back

A payment that was not answered may have happened: the portal is told that no paper comes, and undoes it if it did.

`sending` means that the printer may or may not have the job; the printer is asked by the order's number.
From `sending` on, money goes back only when the printer says that no paper came. `settled` records keep neither
owner token nor mark, and are gone after a day. The last report to the portal is repeated until it arrives.

`owed`: the coin box cannot give the money back, or nobody stands there any more. The portal is told how much was
kept, and staff pay at the counter; from then on the machine gives out no coin for it. A job that cannot be ended now
(a sheet stuck in the printer, a coin box that says nothing) is `to_staff`: the portal is told as soon as money is
known to be in the machine, and the machine goes on looking, without paper or coins for whoever comes next.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from kiosk import messages as m
from kiosk.devices.protocols import CoinBox, CoinBoxFault, JobState, Payment, Printer, PrinterFault
from kiosk.job_book import JobBook, PaidJob
from kiosk.journal import Journal
from kiosk.portal_client import PortalClient, PortalRefused, PortalUnreachable, WrongDocument
from kiosk.steps import CASH, Order

log = logging.getLogger(__name__)

PRINT_SECONDS = 150.0
LOOK_EVERY_SECONDS = 0.3
REFUND_PAUSES = (0.0, 0.5, 1.5)
GIVEN_BACK = ("refunded", "cancelled", "failed")
ENDS = ("printed", "refunded", "owed")


class Unsettled(Exception):
    """The job could not be brought to an end now; it stays in the journal for the next try or for staff."""


class PaidJobs:
    """The journal and the devices that bring each job to its end. One job moves at a time."""

    def __init__(
        self, journal: Journal, portal: PortalClient, coin_box: CoinBox, printer: Printer, *, boot: str | None = None
    ) -> None:
        self._book = JobBook(journal, portal.ask_time, boot)
        self._portal = portal
        self._coin_box = coin_box
        self._printer = printer
        self._lock = threading.RLock()

    def begin(self, order: Order) -> None:
        """Before the first coin is asked for."""
        if self._book.read(order.order) is None:
            job = PaidJob(order.order, order.owner, order.fee, "paying", self._portal.clock.best())
            self._book.begin(replace(job, reference=order.reference, mark=order.mark))

    def spend(self, order: Order) -> None:
        """Have the fee paid with points. Raises PortalRefused (nothing was spent) and PortalUnreachable (what was spent
        goes back as soon as the portal hears of it)."""
        with self._lock:
            job = PaidJob(
                order.order, order.owner, order.fee, "spending", self._portal.clock.best(), receipt=order.order
            )
            job = replace(job, reference=order.reference, mark=order.mark, method=order.paid_with)
            self._book.begin(job)
            try:
                self._tell_paid(job)
            except PortalRefused:
                self._book.write(replace(job, state="settled", owner="", mark="", ended="dropped"))
                raise
            except PortalUnreachable:
                self._book.write(replace(job, state="refunded", reason="network"))
                raise
            self._book.write(replace(job, state="reported"))

    def paid_with(self, order: str) -> str:
        """Coins, a coupon or points."""
        job = self._book.read(order)
        return job.method if job else CASH

    def is_paying(self, order: str) -> bool:
        """Whether the coin box may still be asked about it."""
        job = self._book.read(order)
        return job is not None and job.state == "paying"

    def reference(self, order: str) -> str:
        """The number a person reads out to staff; "" for an order nobody knows."""
        job = self._book.read(order)
        return job.reference if job else ""

    def unfinished(self) -> list[str]:
        """Orders whose paper or money is still owed by the machine itself, oldest first."""
        return [job.order for job in self._book.unsettled() if job.state not in ENDS and not job.to_staff]

    def finish(self, order: str, on_stage: Callable[[str], None] = lambda stage: None) -> str:
        """Bring one job to `printed`, `refunded`, `owed`, `dropped` (never paid, coins back) or `untouched` (no coin came).

        Raises Unsettled. May be called again.
        """
        with self._lock:
            job = self._known(order)
            try:
                while job.state in _STEPS:
                    on_stage(job.state)
                    log.info("paid job order=%s state=%s", job.order, job.state)
                    job = self._book.write(_STEPS[job.state](self, job))
            except Unsettled:
                self._leave_to_staff(job)
                raise
            self._report_end(job)
            return job.ended or job.state

    def call_off(self, order: str) -> str:
        """Settle a payment that was cancelled or failed; `paid` when it was complete after all."""
        with self._lock:
            job = self._known(order)
            if job.state == "paying":
                job = self._book.write(self._payment_seen(job))
            return "dropped" if job.state == "settled" else "paid"

    def refund(self, order: str, reason: str) -> str:
        """Give the money back, unless paper may exist already: then the job is finished instead."""
        with self._lock:
            try:
                self.call_off(order)
            except Unsettled:
                self._leave_to_staff(self._known(order))
                raise
            job = self._known(order)
            if job.state in ("paid", "reported"):
                self._book.write(replace(job, state="refunding", reason=reason))
            return self.finish(order)

    def hand_to_staff(self, order: str, inserted: int) -> None:
        """The machine gave up on it: `inserted` yen are known to lie in a coin box that says nothing."""
        with self._lock:
            job = self._known(order)
            if job.state == "paying" and inserted > 0:
                owed = _owed(job, "coin-box-silent", kept=min(inserted, job.fee))
                job = self._book.write(replace(owed, collect=True))
                self._report_end(job)
            elif job.state in _STEPS:
                self._leave_to_staff(job)

    def report_outstanding(self) -> None:
        """Repeat the reports the portal has not taken yet, and look after what is left to staff; not while a job
        is moving."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._book.forget_old()
            for job in self._book.unsettled():
                if job.state in ENDS:
                    self._report_end(job)
                elif job.to_staff and job.state in _STEPS:
                    with suppress(Unsettled):
                        self.finish(job.order)
        finally:
            self._lock.release()

    # One step each: from a state to the next one.

    def _payment_seen(self, job: PaidJob) -> PaidJob:
        """Was it paid? A payment still open is called off; where nobody stands any more, its coins stay inside."""
        payment = self._look(job.order)
        if payment is not None and payment.state == "open":
            payment = self._call_back(job, payment)
        if payment is None or payment.state in ("cancelled", "failed"):
            ended = "dropped" if payment and payment.inserted else "untouched"
            return replace(job, state="settled", owner="", mark="", ended=ended)
        if payment.state == "kept":
            return _owed(job, "too-late", kept=payment.inserted)
        state = "refunded" if payment.state == "refunded" else "paid"
        return replace(job, state=state, receipt=payment.receipt)

    def _report_paid(self, job: PaidJob) -> PaidJob:
        if not self._book.is_attended(job):
            return replace(job, state="refunding", reason="too-late")
        try:
            self._tell_paid(job)
        except PortalRefused as refused:
            return replace(job, state="refunding", reason=f"refused-{refused.problem.code}")
        except PortalUnreachable:
            return replace(job, state="refunding", reason="portal-unreachable")
        return replace(job, state="reported")

    def _tell_paid(self, job: PaidJob) -> None:
        body = m.OrderPaid(amount=job.fee, method=job.method, receipt=job.receipt, owner=job.owner)
        self._portal.order_paid(job.order, body)

    def _not_known_to_be_spent(self, job: PaidJob) -> PaidJob:
        """Cut off while the portal was asked: whoever stood there may be gone, and so is their session."""
        return replace(job, state="refunded", reason="power-cut")

    def _ready_to_send(self, job: PaidJob) -> PaidJob:
        """The intent to print is written down before the printer hears of it."""
        if not self._book.is_attended(job):
            return replace(job, state="refunding", reason="too-late")
        return replace(job, state="sending")

    def _send(self, job: PaidJob) -> PaidJob:
        known = self._printer.find(job.order)
        if known:
            return replace(job, state="sent", job=known)
        if not self._book.is_attended(job):
            return replace(job, state="refunding", reason="too-late")
        try:
            pdf = self._portal.document(job.order, job.owner, job.mark)
            return replace(job, state="sent", job=self._printer.submit(pdf, job.order))
        except PrinterFault as fault:
            # A command that failed late may still have handed the job over.
            taken = self._printer.find(job.order)
            state = "sent" if taken else "refunding"
            return replace(job, state=state, job=taken or "", reason=fault.reason)
        except WrongDocument as wrong:
            log.error("document refused order=%s reason=%s", job.order, wrong)
            return replace(job, state="refunding", reason=f"document-{wrong}")
        except PortalRefused as refused:
            return replace(job, state="refunding", reason=f"refused-{refused.problem.code}")
        except PortalUnreachable:
            return replace(job, state="refunding", reason="portal-unreachable")

    def _wait_for_paper(self, job: PaidJob) -> PaidJob:
        ends = time.monotonic() + (0 if job.to_staff else PRINT_SECONDS)
        state = self._printer.job(job.job)
        while state is JobState.WAITING and time.monotonic() < ends:
            time.sleep(LOOK_EVERY_SECONDS)
            state = self._printer.job(job.job)
        if state is JobState.FINISHED:
            return replace(job, state="printed")
        return replace(job, state="withdrawing", reason="printer-jam")

    def _withdraw(self, job: PaidJob) -> PaidJob:
        state = self._printer.job(job.job)
        if state is JobState.WITHDRAWN or (
            state is not JobState.FINISHED and self._printer.withdraw(job.job, job.order)
        ):
            return replace(job, state="refunding")
        if self._printer.job(job.job) is JobState.FINISHED:
            return replace(job, state="printed", reason="")
        raise Unsettled("printer")

    def _refund(self, job: PaidJob) -> PaidJob:
        if job.method != CASH:
            return replace(job, state="refunded")
        payment = self._after_refund(job)
        if payment is None:
            return _owed(job, "coin-box-silent")
        if payment.state in GIVEN_BACK:
            return replace(job, state="refunded")
        return _owed(job, "coin-box" if self._book.is_attended(job) else "too-late")

    def _after_refund(self, job: PaidJob) -> Payment | None:
        """The payment after a few tries to give it back; None when the box says nothing.

        Coins come only while somebody stands there; what a box has paid out before a power cut is seen first.
        """
        for pause in REFUND_PAUSES:
            time.sleep(pause)
            with suppress(CoinBoxFault):
                payment = self._coin_box.look(job.order)
                if payment is None or payment.state != "paid" or not self._book.is_attended(job):
                    return payment
                return self._coin_box.refund(job.order)
        with suppress(CoinBoxFault):
            return self._coin_box.look(job.order)
        return None

    def _report_end(self, job: PaidJob) -> None:
        """Tell the portal how it ended; if the line is broken, `report_outstanding` tries again."""
        try:
            if job.state == "printed":
                self._portal.order_printed(job.order, m.OrderPrinted(job=job.job, owner=job.owner))
            elif job.state == "refunded":
                body = m.OrderFailed(reason=job.reason or "unknown", refunded=True, kept=0, owner=job.owner)
                self._portal.order_failed(job.order, body)
            elif job.state == "owed":
                job = self._tell_owed_once(job)
            else:
                return
        except (PortalUnreachable, CoinBoxFault):
            return
        except PortalRefused as refused:
            log.error("last report refused order=%s code=%s", job.order, refused.problem.code)
        self._book.write(replace(job, state="settled", owner="", mark="", ended=job.state))

    def _tell_owed_once(self, job: PaidJob) -> PaidJob:
        """Staff pay from now on: the coins of a payment left open in the box must not fall to whoever comes next."""
        if not job.told:
            self._tell_owed(job)
            job = self._book.write(replace(job, told=True))
        if job.collect:
            self._coin_box.keep(job.order)
            job = self._book.write(replace(job, collect=False))
        return job

    def _tell_owed(self, job: PaidJob) -> None:
        kept = job.kept or job.fee
        body = m.OrderFailed(reason=job.reason or "unknown", refunded=False, kept=kept, owner=job.owner)
        self._portal.order_failed(job.order, body)

    def _leave_to_staff(self, job: PaidJob) -> None:
        """The machine cannot end it now. Money known to be inside is told; a payment nobody can ask about is not."""
        job = self._book.write(replace(job, to_staff=True))
        if job.told or job.state in ("paying", "spending"):
            return
        try:
            self._tell_owed(job)
        except PortalUnreachable:
            return
        except PortalRefused as refused:
            log.error("debt refused order=%s code=%s", job.order, refused.problem.code)
        self._book.write(replace(job, told=True))

    # Underneath.

    def _look(self, order: str) -> Payment | None:
        try:
            return self._coin_box.look(order)
        except CoinBoxFault as fault:
            raise Unsettled("coin-box") from fault

    def _call_back(self, job: PaidJob, payment: Payment) -> Payment:
        unattended = payment.inserted > 0 and not self._book.is_attended(job)
        try:
            return self._coin_box.keep(job.order) if unattended else self._coin_box.cancel(job.order)
        except CoinBoxFault as fault:
            raise Unsettled("coin-box") from fault

    def _known(self, order: str) -> PaidJob:
        job = self._book.read(order)
        if job is None:
            raise Unsettled("unknown-order")
        return job


def _owed(job: PaidJob, reason: str, *, kept: int = 0) -> PaidJob:
    return replace(job, state="owed", reason=reason, kept=kept or job.fee)


_STEPS: dict[str, Callable[[PaidJobs, PaidJob], PaidJob]] = {
    "paying": PaidJobs._payment_seen,
    "spending": PaidJobs._not_known_to_be_spent,
    "paid": PaidJobs._report_paid,
    "reported": PaidJobs._ready_to_send,
    "sending": PaidJobs._send,
    "sent": PaidJobs._wait_for_paper,
    "withdrawing": PaidJobs._withdraw,
    "refunding": PaidJobs._refund,
}
