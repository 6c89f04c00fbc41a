"""What the worker does again and again, and how often."""

from datetime import timedelta

from portal.certificates.online import asking as certificate_payments
from portal.companies import ending as company_ends
from portal.company_mailbox.mails import service as company_mails
from portal.company_mailbox.retention import service as company_retention
from portal.company_mailbox.sendings import receipts as company_receipts
from portal.core.worker import Every
from portal.facts import service as facts
from portal.files import service as files
from portal.mailbox.batches import service as batches
from portal.mailbox.channels import bounces
from portal.mailbox.channels import service as channels
from portal.mailbox.following import service as following
from portal.mailbox.notify import service as notify
from portal.mailbox.retention import service as retention
from portal.mailbox.shelf import service as shelf
from portal.points import forgetting
from portal.points import nightly as points_nightly
from portal.points.exchange import reconciling, watching
from portal.points.health import attendance as attendance_files
from portal.points.health import service as health
from portal.points.ledger import sealing, sweeping
from portal.points.partners import confirming, ending, settling, touching
from portal.segments import service as segments

PERIODIC = (
    Every("applications.forget-drafts", timedelta(hours=1)),
    Every("applications.forget-contents", timedelta(days=1)),
    Every("applications.warn-of-expiry", timedelta(hours=1)),
    Every(files.CHECK_AGAIN, timedelta(minutes=5)),
    Every("guide.forget-lists", timedelta(days=1)),
    Every(channels.SEND, timedelta(minutes=1)),
    Every("mailbox.channels.forget-old", timedelta(days=1)),
    Every(following.LOOK, timedelta(hours=1)),
    Every("mailbox.letters.forget-old", timedelta(days=1)),
    Every(retention.FORGET, timedelta(days=1)),
    Every("mailbox.mandates.forget-codes", timedelta(days=1)),
    Every(shelf.FORGET, timedelta(minutes=10)),
    *(Every(look, timedelta(seconds=10)) for look in notify.LOOKS),
    Every(bounces.LOOK, timedelta(minutes=1)),
    Every("mailbox.notify.forget-old", timedelta(days=1)),
    Every(notify.CHECK_AGAIN, timedelta(minutes=5)),
    Every(batches.COLLECT, timedelta(seconds=10)),
    Every("mailbox.batches.forget-old", timedelta(days=1)),
    Every("web.forget-paces", timedelta(hours=1)),
    Every("outbox.forget-done", timedelta(hours=1)),
    Every("certificates.cancel-forgotten", timedelta(minutes=10)),
    Every(certificate_payments.ASK, timedelta(minutes=1)),
    Every("certificates.end-unpaid", timedelta(hours=1)),
    Every("certificates.forget-files", timedelta(days=1)),
    Every("web.forget-sessions", timedelta(hours=1)),
    Every("web.forget-answers", timedelta(hours=1)),
    Every("web.forget-tries", timedelta(hours=1)),
    Every("web.forget-codes", timedelta(hours=1)),
    Every("web.forget-typed", timedelta(minutes=10)),
    Every("web.forget-spent-tasks", timedelta(hours=1)),
    Every("accounts.forget-challenges", timedelta(hours=1)),
    Every("devices.forget-tokens", timedelta(hours=1)),
    Every("cards.end-of-people-gone", timedelta(days=1)),
    Every("cards.forget-visits", timedelta(days=1)),
    Every("reservations.open-slots", timedelta(hours=1)),
    Every("reservations.give-up", timedelta(minutes=10)),
    Every("reservations.settle-places", timedelta(minutes=10)),
    Every("reservations.end-waiting", timedelta(hours=1)),
    Every("reservations.forget-waiting", timedelta(days=1)),
    Every("reservations.release-lapsed", timedelta(minutes=1)),
    Every("reservations.forget-hold-counts", timedelta(days=1)),
    Every("reservations.end-closed", timedelta(minutes=10)),
    Every(facts.FORGET, timedelta(days=1)),
    Every("guidance.nightly", timedelta(hours=1)),
    Every("guidance.forget-old", timedelta(days=1)),
    Every(segments.FORGET_LISTS, timedelta(days=1)),
    Every(points_nightly.WARN, timedelta(days=1)),
    Every(points_nightly.RANKS, timedelta(days=1)),
    Every(reconciling.COMPARE, timedelta(days=1)),
    Every(watching.WATCH, timedelta(minutes=10)),
    Every(settling.SETTLE, timedelta(days=1)),
    Every(touching.FORGET, timedelta(hours=1)),
    Every(confirming.FORGET, timedelta(hours=1)),
    Every(ending.NIGHT, timedelta(days=1)),
    Every(sweeping.EXPIRE, timedelta(hours=1)),
    Every(sweeping.RELEASE, timedelta(minutes=1)),
    Every(sealing.SEAL, timedelta(minutes=5)),
    Every(forgetting.FORGET, timedelta(days=1)),
    Every(health.FORGET, timedelta(days=1)),
    Every(attendance_files.FORGET, timedelta(days=1)),
    Every("volunteering.forget-touches", timedelta(days=1)),
    Every("window.close-days", timedelta(hours=1)),
    Every("procurement.remind-of-expiry", timedelta(days=1)),
    Every("procurement.digest", timedelta(days=1)),
    Every("procurement.remind-of-ends", timedelta(days=1)),
    Every("basics.remind", timedelta(days=1)),
    Every("companies.letters.end-lapsed", timedelta(days=1)),
    Every(company_receipts.COLLECT, timedelta(seconds=10)),
    Every("companies.sendings.forget-old", timedelta(days=1)),
    Every("companies.post.remind", timedelta(hours=1)),
    Every(company_ends.LOOK, timedelta(days=1)),
    Every(company_retention.FORGET, timedelta(days=1)),
    Every(company_mails.SEND, timedelta(minutes=1)),
    Every("companies.mails.forget-old", timedelta(days=1)),
    Every("window.forget-offline", timedelta(days=1)),
    Every("kiosks.watch", timedelta(minutes=1)),
    Every("kiosks.forget-alarms", timedelta(days=1)),
)
