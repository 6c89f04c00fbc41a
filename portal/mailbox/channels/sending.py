"""Messages leave: taken in one short transaction, carried while none is open, recorded in another.

What is taken is due again after a lease, so a worker that was killed loses nothing; what it had sent already goes
again under the same name (`parcel`: Message-ID, Topic), by which the receiver drops it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.ids import new_id
from portal.core.outbox import Errand, Lane
from portal.mailbox.channels import carrying, contacts, devices, known, rules, suspending, wording
from portal.mailbox.channels.known import Known
from portal.mailbox.channels.models import Device, MailAddress, Message
from portal.mailbox.channels.parcels import Brought, Outcome, Parcel
from portal.mailbox.channels.push_services import Target
from portal.mailbox.channels.queueing import SEND
from portal.mailbox.channels.rules import Channel, Reason, Says, State
from portal.mailbox.channels.standing import still_stands
from portal.mailbox.channels.ways import Ways
from portal.mailbox.rules import State as NoticeState

# How many of one look may be taken once a lane had its turn: the urgent go first, and the bulk always gets some.
SHARES = {Lane.URGENT: 120, Lane.NORMAL: 160, Lane.BULK: 200}
LEASE = timedelta(seconds=120)
NO_SYNC = {"synchronize_session": False}


def errand(ways: Ways) -> Errand:
    """The worker's errand: everything that is due, some at a time."""
    return Errand(
        take=lambda session, _payload: take(session, ways),
        carry=lambda parcels: carrying.carry(ways, parcels),
        record=record,
    )


def take(session: Session, ways: Ways) -> list[Parcel]:
    """What may leave now, the pressing first; what need not leave any more is settled here."""
    now = clock.now()
    found: list[Message] = []
    for lane, most in SHARES.items():
        found += _due(session, now, lane, most=most - len(found))
    if found and len(found) >= SHARES[last := Lane(found[-1].lane)]:
        outbox.wake(session, SEND, lane=last)
    groups: dict[Any, list[Message]] = defaultdict(list)
    seen = known.of(session, found)
    for message in found:
        if reason := _needless(session, seen, message, now):
            _settle(message, State.SKIPPED, reason)
        elif rules.waits_for_morning(Says(message.says), now):  # tried again, or a long queue of the evening
            message.due_at = rules.due(Says(message.says), now, hourly=False)
        else:
            # A number that is near stands in the title.
            alone = message.notice_number if message.lane == Lane.URGENT else None
            groups[message.parcel or (message.resident_id, message.channel, alone)].append(message)
    made = [_parcel(session, ways, seen, group, now) for group in groups.values()]
    session.flush()
    return [parcel for parcel in made if parcel]


def _due(session: Session, now: datetime, lane: int, *, most: int) -> list[Message]:
    """Straight from the index, however many wait: one lane at a time, so that nothing is sorted."""
    query = select(Message).where(Message.state == State.QUEUED, Message.lane == lane, Message.due_at <= now)
    return list(session.scalars(query.order_by(Message.due_at).limit(most).with_for_update(skip_locked=True)))


def _needless(session: Session, seen: Known, message: Message, now: datetime) -> Reason | None:
    """Why a message is not sent after all: looked at when it is sent, not when it was promised."""
    delivery = seen.deliveries.get((message.resident_id, message.notice_number))
    if (
        delivery is None
        or not still_stands(session, message.about, message.resident_id)
        or seen.notices[message.notice_number].state == NoticeState.WITHDRAWN
    ):
        return Reason.OVER
    if delivery.read_at is not None:
        return Reason.READ
    return Reason.LATE if now > message.late_at else None


def _settle(message: Message, state: State, reason: Reason | None) -> None:
    message.state, message.reason, message.settled_at = str(state), str(reason or ""), clock.now()


def _parcel(session: Session, ways: Ways, seen: Known, group: Sequence[Message], now: datetime) -> Parcel | None:
    """One parcel of the messages for one person; None, and they are settled, where there is nowhere to send it."""
    first = group[0]
    to = (
        _push_to(session, ways, first, now)
        if first.channel == Channel.PUSH
        else _address_of(session, ways, seen, first)
    )
    if not to:
        for message in group:
            _settle(message, State.SKIPPED, _why_not(seen, message))
        return None
    _lease(group, first.parcel or new_id(), now)
    language, told = seen.language_of(first.resident_id), seen.notices
    says = [(Says(message.says), str(told[message.notice_number].facts.get("number", ""))) for message in group]
    link = f"/mailbox/{told[first.notice_number].id}" if len(group) == 1 else "/mailbox"
    return Parcel(
        id=cast(UUID, first.parcel),
        channel=Channel(first.channel),
        resident_id=first.resident_id,
        numbers=tuple(message.notice_number for message in group),
        attempts=max(message.attempts for message in group),
        urgent=first.lane == Lane.URGENT,
        until=max(message.late_at for message in group),
        title=wording.title(language, says),
        body=_body(ways, Channel(first.channel), language, says, link),
        link=link,
        language=language,
        to=to,
    )


def _why_not(seen: Known, message: Message) -> Reason:
    """Nowhere to send it: turned off, or suspended because of what was sent before."""
    choice = seen.choices.get((message.resident_id, message.channel))
    return rules.SKIPPED_BECAUSE.get(choice.paused, Reason.OFF) if choice else Reason.OFF


def _lease(group: Sequence[Message], name: UUID, now: datetime) -> None:
    for message in group:
        message.parcel, message.due_at, message.attempts = name, now + LEASE, message.attempts + 1


def _body(ways: Ways, channel: Channel, language: str, says: Sequence[tuple[Says, str]], link: str) -> str:
    match channel:
        case Channel.MAIL:
            return wording.mail_text(language, says, link=ways.base_url + link)
        case Channel.SMS:
            return wording.short_text(language, says, name=ways.name)
        case Channel.LINE:
            return wording.chat_text(language, says, link=ways.base_url + link)
    return wording.push_body(language, says)


def _address_of(session: Session, ways: Ways, seen: Known, message: Message) -> tuple[str, ...]:
    """Where a mail, a text message or a message in LINE goes, while the city and the person still have that way."""
    channel = Channel(message.channel)
    if {Channel.MAIL: ways.mail, Channel.SMS: ways.texts, Channel.LINE: ways.line}[channel] is None:
        return ()
    choice = seen.choices.get((message.resident_id, message.channel))
    if channel is Channel.MAIL:
        address = seen.addresses.get(message.resident_id, "")
    else:
        address = suspending.where(session, message.resident_id, channel)
    return (address,) if address and choice and not choice.paused else ()


def _push_to(session: Session, ways: Ways, message: Message, now: datetime) -> tuple[Target, ...]:
    found = devices.of(session, message.resident_id) if ways.push else []
    return tuple(
        Target(one.id, one.endpoint, rules.read_key(one.p256dh, 65), rules.read_key(one.auth, 16))
        for one in found
        if one.expires_at is None or one.expires_at > now
    )


def record(session: Session, brought: Iterable[Brought]) -> None:
    """What became of what was carried. Only messages that are still under way with it are changed."""
    found = list(brought)
    _end_all(session, [one.parcel for one in found if is_sent_mail(one)])
    for one in found:
        if is_sent_mail(one):
            continue
        outcomes = {result.outcome for result in one.results}
        if one.parcel.channel is Channel.PUSH:
            _record_devices(session, one)
        if Outcome.SENT in outcomes:
            _end(session, one.parcel, State.SENT)
        elif Outcome.LATER in outcomes:
            _again(session, one)
        elif Outcome.REFUSED in outcomes:
            _end(session, one.parcel, State.FAILED, Reason.REFUSED)
        else:
            _end(session, one.parcel, State.FAILED, Reason.GONE)
            if one.parcel.channel in suspending.WORDS:
                (to,) = cast(tuple[str], one.parcel.to)
                suspending.suspend(session, one.parcel.resident_id, one.parcel.channel, to=to, key=str(one.parcel.id))


def is_sent_mail(one: Brought) -> bool:
    """What most is, and what is recorded by one statement for all."""
    return one.parcel.channel is Channel.MAIL and all(result.outcome is Outcome.SENT for result in one.results)


def _end_all(session: Session, parcels: Sequence[Parcel]) -> None:
    under_way = (Message.parcel.in_([parcel.id for parcel in parcels]), Message.state == State.QUEUED)
    values = {"state": str(State.SENT), "reason": "", "settled_at": clock.now()}
    session.execute(update(Message).where(*under_way).values(**values), execution_options=NO_SYNC)


def _end(session: Session, parcel: Parcel, state: State, reason: Reason | None = None) -> None:
    values = {"state": str(state), "reason": str(reason or ""), "settled_at": clock.now()}
    session.execute(_of(parcel).values(**values), execution_options=NO_SYNC)


def _again(session: Session, one: Brought) -> None:
    if one.parcel.attempts >= rules.MOST_ATTEMPTS:
        _end(session, one.parcel, State.FAILED, Reason.GAVE_UP)
        return
    asked = max((result.after for result in one.results if result.after), default=None)
    due = clock.now() + rules.pause(one.parcel.attempts, asked)
    session.execute(_of(one.parcel).values(due_at=due), execution_options=NO_SYNC)


def _of(parcel: Parcel) -> Any:
    return update(Message).where(
        Message.resident_id == parcel.resident_id,
        Message.channel == parcel.channel,
        Message.notice_number.in_(parcel.numbers),
        Message.parcel == parcel.id,
        Message.state == State.QUEUED,
    )


def _record_devices(session: Session, one: Brought) -> None:
    """A device its push service knows no more is removed; when the others were told is kept."""
    for target, result in zip(cast(tuple[Target, ...], one.parcel.to), one.results, strict=True):
        if result.outcome is Outcome.GONE:
            devices.remove(session, one.parcel.resident_id, target.device_id)
        elif result.outcome is Outcome.SENT:
            told = update(Device).where(Device.id == target.device_id).values(told_at=clock.now())
            session.execute(told, execution_options=NO_SYNC)


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Drop what is of no use any more (worker, daily): records of messages after 90 days, addresses nobody confirmed,
    devices whose time is over."""
    now = clock.now()
    over = (Message.queued_at < now - rules.KEPT, Message.state != State.QUEUED, Message.channel != Channel.PAPER)
    session.execute(delete(Message).where(*over))
    stale = MailAddress.asked_at < now - timedelta(days=1)
    session.execute(update(MailAddress).where(stale).values(wanted="", asked_at=None, tries=0))
    session.execute(delete(MailAddress).where(MailAddress.address == "", MailAddress.wanted == ""))
    contacts.forget_unconfirmed(session, now - timedelta(days=1))
    for device_id, resident_id in session.execute(
        select(Device.id, Device.resident_id).where(Device.expires_at < now)
    ).all():
        devices.remove(session, resident_id, UUID(str(device_id)))
