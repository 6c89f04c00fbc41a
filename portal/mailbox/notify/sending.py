"""Notifications leave: taken in one short transaction, carried while none is open, recorded in another.

What is taken is due again after a lease, so a worker that was killed loses nothing; what it had sent already goes
again under the same Message-ID, by which mail programs drop a repeat.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock, outbox
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.outbox import Errand
from portal.mailbox.channels import bounces, mail, rules, text_messages
from portal.mailbox.channels.parcels import Outcome, Result
from portal.mailbox.channels.ways import Ways
from portal.mailbox.notify import callbacks, received, receivers, returning
from portal.mailbox.notify.calls import SEND
from portal.mailbox.notify.models import Notification, Paper
from portal.mailbox.notify.protocol import Kind, Status
from portal.staff import service as staff

BATCH = 200
LINES = 4
"""Connections to the mail server at once."""
LEASE = timedelta(seconds=120)
LANGUAGE = "ja"
NO_SYNC = {"synchronize_session": False}
# What was not accepted after so long is of no use any more: Notify gives up after three days.
GIVE_UP = timedelta(days=3)
ENDS = {
    Outcome.SENT: Status.DELIVERED,
    Outcome.GONE: Status.PERMANENT_FAILURE,
    Outcome.REFUSED: Status.TECHNICAL_FAILURE,
}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One notification on its way."""

    number: int
    id: UUID
    kind: Kind
    to: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    reply_to: str
    unsubscribe: str
    sender: str
    attempts: int
    made_at: datetime


Carried = tuple[Parcel, Result]


def errands(settings: Settings, *others: Callable[[Session, bounces.Bounce], bool]) -> dict[str, Errand]:
    """The worker's errands: what is due of one kind, some at a time. Mail that came back and is none of the channels' is
    shown to *others* first, rooms that send mail of their own."""
    ways = Ways.of(settings)
    gateway = text_messages.Gateway.of(settings)

    def heard(session: Session, bounce: bounces.Bounce) -> None:
        if not any(one(session, bounce) for one in others):
            returning.came_back(session, bounce)

    bounced = bounces.errand(ways, heard)
    mails = Errand(partial(take, Kind.EMAIL), partial(carry_mail, ways), record)
    texts = Errand(partial(take, Kind.SMS), partial(carry_texts, gateway), record)
    return {
        SEND[Kind.EMAIL]: mails,
        SEND[Kind.SMS]: texts,
        bounces.LOOK: bounced,
        callbacks.TELL: callbacks.errand(settings),
    }


def take(kind: Kind, session: Session, _payload: dict[str, Any]) -> list[Parcel]:
    """What may leave now, the first promised first."""
    now = clock.now()
    due = (Notification.kind == str(kind), Notification.status == str(Status.CREATED), Notification.due_at <= now)
    query = select(Notification).where(*due).order_by(Notification.due_at).limit(BATCH)
    rows = session.scalars(query.with_for_update(skip_locked=True)).all()
    if len(rows) == BATCH:
        outbox.wake(session, SEND[kind])
    return _leased(session, rows, now)


def _leased(session: Session, rows: Sequence[Notification], now: datetime) -> list[Parcel]:
    labels = {section: staff.section_label(session, section) for section in {row.section_id for row in rows}}
    parcels = []
    for row in rows:
        if row.scheduled_for is not None and row.attempts == 0:
            _into_mailbox_now(session, row, labels[row.section_id])
        parcels.append(_parcel(row, labels[row.section_id]))
    numbers = [row.number for row in rows]
    leased = update(Notification).where(Notification.number.in_(numbers))
    values = {"due_at": now + LEASE, "attempts": Notification.attempts + 1}
    session.execute(leased.values(**values), execution_options=NO_SYNC)
    return parcels


def _into_mailbox_now(session: Session, row: Notification, section: str) -> None:
    """What was to come later comes into the mailbox together with the mail."""
    sender = Actor(ActorKind.CLIENT, row.key_id, section, section=row.section_id)
    known = receivers.whose(session, row.kind, row.recipient, row.address)
    told = {"id": row.id, "subject": row.subject, "body": row.body}
    for name, value in receivers.deliver(session, sender, told, known).items():
        setattr(row, name, value)
    session.flush()


def _parcel(row: Notification, sender: str) -> Parcel:
    return Parcel(
        number=row.number,
        id=row.id,
        kind=Kind(row.kind),
        to=row.recipient,
        subject=row.subject,
        body=row.body,
        reply_to=row.reply_to,
        unsubscribe=row.unsubscribe,
        sender=sender,
        attempts=row.attempts + 1,
        made_at=row.made_at,
    )


def carry_mail(ways: Ways, parcels: Iterable[Parcel]) -> list[Carried]:
    """Send e-mails over several lines at once. No transaction is open here."""
    letters = list(parcels)
    shares = [share for start in range(LINES) if (share := letters[start::LINES])]
    with ThreadPoolExecutor(LINES) as pool:
        return [one for share in pool.map(partial(_mail, ways), shares) for one in share]


def carry_texts(gateway: text_messages.Gateway | None, parcels: Iterable[Parcel]) -> list[Carried]:
    """Hand text messages to the gateway, one after the other: each is answered with what became of it."""
    if gateway is None:
        return [(parcel, LATER) for parcel in parcels]
    return [
        (parcel, gateway.send(parcel.id, to=parcel.to, sender=parcel.reply_to, text=parcel.body)) for parcel in parcels
    ]


LATER = Result(Outcome.LATER)


def _mail(ways: Ways, share: Sequence[Parcel]) -> list[Carried]:
    if ways.mail is None:
        return [(parcel, LATER) for parcel in share]
    with ways.mail.open() as line:
        return [(parcel, _sent(line, parcel)) for parcel in share]


def _sent(line: mail.Line, parcel: Parcel) -> Result:
    try:
        letter = mail.letter(
            line.server,
            to=parcel.to,
            subject=parcel.subject,
            text=f"{parcel.body}\n\n--\n{line.server.name} {parcel.sender}\n",
            key=parcel.id.hex,
            language=LANGUAGE,
            stop=parcel.unsubscribe,
            reply_to=parcel.reply_to,
        )
    except ValueError:  # a header that would be two
        return Result(Outcome.REFUSED)
    return line.send(letter, key=parcel.id.hex)


def record(session: Session, carried: Iterable[Carried]) -> None:
    """What became of it; only what is still under way with this try is changed."""
    now, ended = clock.now(), dict[Status, list[Parcel]]()
    for parcel, result in carried:
        if result.outcome is Outcome.LATER:
            _again(session, parcel, result, now)
        else:
            ended.setdefault(ENDS[result.outcome] if result.arrived else Status.SENT, []).append(parcel)
    for status, parcels in ended.items():
        values = {"status": str(status), "sent_at": now, "ended_at": now}
        session.execute(_of(parcels).values(**values), execution_options=NO_SYNC)
        callbacks.ended(session, [parcel.number for parcel in parcels])


def _again(session: Session, parcel: Parcel, result: Result, now: datetime) -> None:
    values: dict[str, Any] = {"due_at": now + rules.pause(parcel.attempts, result.after)}
    if now > parcel.made_at + GIVE_UP:
        values = {"status": str(Status.TEMPORARY_FAILURE), "ended_at": now}
    session.execute(_of([parcel]).values(**values), execution_options=NO_SYNC)
    if "ended_at" in values:
        callbacks.ended(session, [parcel.number])


def _of(parcels: Sequence[Parcel]) -> Any:
    numbers = [parcel.number for parcel in parcels]
    return update(Notification).where(Notification.number.in_(numbers), Notification.status == str(Status.CREATED))


def forget_old(session: Session, _payload: dict[str, Any], *, kept: timedelta) -> None:
    """Remove notifications that ended longer than *kept* ago, and files whose time is over (worker, daily). Whose file
    may still be fetched keeps its notification."""
    now = clock.now()
    session.execute(delete(Paper).where(Paper.until < now))
    received.forget_old(session, kept=kept)
    old = (Notification.ended_at < now - kept, Notification.made_at < now - kept)
    waiting = select(Paper.notification_number)
    session.execute(delete(Notification).where(*old, Notification.number.not_in(waiting)), execution_options=NO_SYNC)
