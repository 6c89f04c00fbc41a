"""One page: which room's event is heard by which room, and what the worker can do."""

from datetime import timedelta
from functools import partial

from portal.accounts import challenges
from portal.accounts.events import CardRegistered, CardWithdrawn, CodeHandedOut, PasswordChanged
from portal.applications import service as applications
from portal.applications.events import (
    ApplicationCompleted,
    ApplicationReady,
    ApplicationRejected,
    ApplicationWithdrawn,
    CorrectionAsked,
    DraftExpiring,
)
from portal.certificates import service as certificates
from portal.certificates.events import RefundOwed, RefundSettled
from portal.config import Settings
from portal.core import outbox
from portal.core.events import Listeners, handlers
from portal.core.outbox import Handler
from portal.core.worker import Every
from portal.devices import service as devices
from portal.kiosks import service as kiosks
from portal.mailbox import account_news, visit_news
from portal.mailbox import service as mailbox
from portal.points import service as points
from portal.reservations import service as reservations
from portal.reservations.events import BookingCancelled, BookingChanged, BookingMade
from portal.web import idempotency, one_time_code, throttle, typed
from portal.web import session as web_session
from portal.window import service as window

LISTENERS: Listeners = {
    CardRegistered: (account_news.on_card_registered,),
    CardWithdrawn: (account_news.on_card_withdrawn,),
    CodeHandedOut: (account_news.on_code_handed_out,),
    PasswordChanged: (account_news.on_password_changed,),
    ApplicationCompleted: (points.on_application_completed,),
    ApplicationReady: (mailbox.on_application_ready,),
    ApplicationRejected: (reservations.on_application_ended, mailbox.on_application_rejected),
    ApplicationWithdrawn: (reservations.on_application_ended,),
    BookingCancelled: (visit_news.on_booking_cancelled,),
    BookingChanged: (visit_news.on_booking_changed,),
    BookingMade: (visit_news.on_booking_made,),
    CorrectionAsked: (mailbox.on_correction_asked,),
    DraftExpiring: (mailbox.on_draft_expiring,),
    RefundOwed: (mailbox.on_refund_owed, kiosks.on_refund_owed),
    RefundSettled: (mailbox.on_refund_settled,),
}

WORK: dict[str, Handler] = {
    "mailbox.deliver": mailbox.deliver,
    "applications.forget-drafts": applications.forget_expired,
    "applications.forget-contents": applications.forget_contents,
    "applications.warn-of-expiry": applications.warn_of_expiry,
    "certificates.cancel-forgotten": certificates.cancel_forgotten,
    "web.forget-sessions": web_session.forget_ended,
    "web.forget-answers": idempotency.forget_old,
    "web.forget-tries": throttle.forget_old,
    "web.forget-codes": one_time_code.forget_old,
    "web.forget-typed": typed.forget_old,
    "accounts.forget-challenges": challenges.forget_old,
    "devices.forget-tokens": devices.forget_old,
    "reservations.open-slots": reservations.open_slots,
    "reservations.give-up": reservations.give_up,
    "window.close-days": window.close_days,
}

PERIODIC = (
    Every("applications.forget-drafts", timedelta(hours=1)),
    Every("applications.forget-contents", timedelta(days=1)),
    Every("applications.warn-of-expiry", timedelta(hours=1)),
    Every("outbox.forget-done", timedelta(hours=1)),
    Every("certificates.cancel-forgotten", timedelta(minutes=10)),
    Every("web.forget-sessions", timedelta(hours=1)),
    Every("web.forget-answers", timedelta(hours=1)),
    Every("web.forget-tries", timedelta(hours=1)),
    Every("web.forget-codes", timedelta(hours=1)),
    Every("web.forget-typed", timedelta(minutes=10)),
    Every("accounts.forget-challenges", timedelta(hours=1)),
    Every("devices.forget-tokens", timedelta(hours=1)),
    Every("reservations.open-slots", timedelta(hours=1)),
    Every("reservations.give-up", timedelta(minutes=10)),
    Every("window.close-days", timedelta(hours=1)),
)


def work(settings: Settings | None = None) -> dict[str, Handler]:
    """Everything the worker knows how to do, by kind of promise."""
    kept = timedelta(days=(settings or Settings()).outbox_days)
    return {**WORK, **handlers(LISTENERS), outbox.FORGET: partial(outbox.forget_done, kept=kept)}
