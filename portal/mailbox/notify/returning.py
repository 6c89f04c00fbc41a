"""Bounce and complaint control: a section whose mail comes back too often sends none until somebody has looked.

As other large senders do: from a thousand mails a day on, 5 percent that come back are a warning, 10 percent stop the
section's mail by programs. Counted when something comes back, so that a call that sends reads one row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.mailbox.channels.bounces import Bounce
from portal.mailbox.channels.bounces import Kind as Returned
from portal.mailbox.notify import callbacks, protocol
from portal.mailbox.notify.models import MailStanding, Notification
from portal.mailbox.notify.protocol import KeyKind, Kind, Status
from portal.staff import service as staff

FEWEST, WARN, SUSPEND = 1_000, 0.05, 0.10
WINDOW = timedelta(days=1)
NO_SYNC = {"synchronize_session": False}


def came_back(session: Session, bounce: Bounce) -> None:
    """A mail that was taken and returned later is told as what it is, and counted; told twice, it is counted once."""
    found = session.scalars(select(Notification).where(Notification.id == bounce.name).with_for_update()).one_or_none()
    if found is None or found.status != Status.DELIVERED or found.complained_at is not None:
        return
    if bounce.kind is Returned.COMPLAINT:
        found.complained_at = clock.now()
    else:
        failed = Status.PERMANENT_FAILURE if bounce.kind is Returned.HARD else Status.TEMPORARY_FAILURE
        found.status, found.ended_at = str(failed), clock.now()
    session.flush()
    if bounce.kind is not Returned.COMPLAINT:
        callbacks.ended(session, [found.number])
    if found.key_kind != KeyKind.TEST and bounce.kind is not Returned.SOFT:
        _count(session, found.section_id)


def _count(session: Session, section_id: UUID) -> None:
    """All of the same day's mails: how many were sent, came back, were complained of."""
    now = clock.now()
    begun = {"section_id": section_id, "sent": 0, "returned": 0, "complaints": 0, "counted_at": now}
    insert_once(session, MailStanding.__table__, begun)  # type: ignore[arg-type]
    kept = session.get_one(MailStanding, section_id, populate_existing=True, with_for_update=True)
    since = max(now - WINDOW, kept.allowed_from or now - WINDOW)
    mails = (Notification.section_id == section_id, Notification.kind == str(Kind.EMAIL), Notification.sent_at > since)
    failed = func.count().filter(Notification.status == str(Status.PERMANENT_FAILURE))
    unwanted = func.count(Notification.complained_at)
    kept.sent, kept.returned, kept.complaints = session.execute(
        select(func.count(), failed, unwanted).where(*mails)
    ).one()
    kept.counted_at = now
    if kept.suspended_at is None and kept.sent >= FEWEST and share(kept) >= SUSPEND:
        kept.suspended_at = now
        did(session, Action.CHANGE, whose=None, what="mail_standings(suspended)", case_ref=str(section_id)[:8])


def because_of_complaints(kept: MailStanding) -> bool:
    """Whether more was complained of than came back."""
    return kept.complaints > kept.returned


def share(kept: MailStanding) -> float:
    return (kept.returned + kept.complaints) / kept.sent if kept.sent else 0.0


def check(session: Session, section_id: UUID) -> None:
    """Whether the section's programs may send mail; 403 in Notify's shape if they may not."""
    kept = session.get(MailStanding, section_id)
    if kept is not None and kept.suspended_at is not None:
        why = "too many were complained of" if because_of_complaints(kept) else "too many came back"
        raise protocol.bad_request(f"Sending emails is suspended: {why}", status=403)


@dataclass(frozen=True, slots=True)
class Line:
    """One section's mail of the last day. `state` is "good", "warning" or "suspended"; `complained` says that
    complaints weigh most in it."""

    section_id: UUID
    section: str
    sent: int
    returned: int
    complaints: int
    percent: str
    state: str
    complained: bool


def lines(session: Session) -> Sequence[Line]:
    """The sections whose mail came back, the worst first."""
    found = sorted(session.scalars(select(MailStanding)), key=lambda one: (one.suspended_at is None, -share(one)))
    return [
        Line(
            one.section_id,
            staff.section_label(session, one.section_id),
            one.sent,
            one.returned,
            one.complaints,
            f"{100 * share(one):.1f}",
            "suspended" if one.suspended_at else "warning" if one.sent >= FEWEST and share(one) >= WARN else "good",
            because_of_complaints(one),
        )
        for one in found
    ]


def allow(session: Session, section_id: UUID) -> None:
    """Somebody has looked: the section's programs may send again, and what came back before counts no more."""
    now = clock.now()
    changed = session.execute(
        update(MailStanding)
        .where(MailStanding.section_id == section_id, MailStanding.suspended_at.is_not(None))
        .values(suspended_at=None, allowed_from=now, sent=0, returned=0, complaints=0, counted_at=now),
        execution_options=NO_SYNC,
    )
    if changed.rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=None, what="mail_standings(allowed)", case_ref=str(section_id)[:8])
