"""Being told outside the mailbox: the door of this part of the room."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core.outbox import Errand
from portal.mailbox.channels import addresses, choices, contacts, devices, queueing, rules, sending
from portal.mailbox.channels.models import Choice, Contact, Message
from portal.mailbox.channels.rules import Channel, Topic
from portal.mailbox.channels.ways import Ways

SEND = queueing.SEND
put = queueing.put
put_all = queueing.put_all
forget_old = sending.forget_old
want_address = addresses.want
confirm_address = addresses.confirm
remove_address = addresses.remove
stop_mail = addresses.stop
whose_stop_link = addresses.whose_link
want_number = contacts.want_number
confirm_number = contacts.confirm_number
remove_contact = contacts.remove
line_code = contacts.line_code
hear_line = contacts.hear
add_device = devices.add
renew_device = devices.renew
remove_device = devices.remove
devices_of = devices.of
Says = rules.Says


def errands(settings: Settings) -> dict[str, Errand]:
    """What the worker carries out of the house, by kind of promise."""
    ways = Ways.of(settings)
    return {
        SEND: sending.errand(ways),
        addresses.SEND_CODE: addresses.code_errand(ways),
        contacts.SEND_CODE: contacts.code_errand(ways),
    }


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody is told: `address` is confirmed, `wanted` waits for its code; `chosen` has the channels that are on."""

    address: str
    wanted: str
    chosen: Mapping[Channel, Choice]
    devices: list[Any]
    contacts: Mapping[Channel, Contact]

    def paused(self, channel: Channel) -> str:
        """Why nothing is sent there for now."""
        choice = self.chosen.get(channel)
        return choice.paused if choice else ""

    @property
    def hourly(self) -> bool:
        return any(choice.hourly for choice in self.chosen.values())


def wishes_of(session: Session, resident_id: UUID) -> Wishes:
    """What the page "How I am told" shows."""
    kept = addresses.of(session, resident_id)
    found = session.scalars(select(Choice).where(Choice.resident_id == resident_id))
    return Wishes(
        address=kept.address if kept else "",
        wanted=kept.wanted if kept else "",
        chosen={Channel(choice.channel): choice for choice in found},
        devices=devices.of(session, resident_id),
        contacts={Channel(one.channel): one for one in contacts.addresses_of(session, resident_id)},
    )


def address_of(session: Session, resident_id: UUID) -> str:
    """The confirmed mail address; "" without one."""
    kept = addresses.of(session, resident_id)
    return kept.address if kept else ""


def mobile_of(session: Session, resident_id: UUID) -> str:
    """The confirmed number for text messages; "" without one."""
    kept = contacts.of(session, resident_id, Channel.SMS)
    return kept.address if kept else ""


def in_line(session: Session, resident_id: UUID) -> bool:
    """Whether a LINE account is connected; which, LINE alone can say."""
    kept = contacts.of(session, resident_id, Channel.LINE)
    return bool(kept and kept.address)


def who_proved(session: Session, address: str) -> list[UUID]:
    """Whose confirmed address this is: nobody's, one person's, or the address of several who share it."""
    return addresses.whose(session, address)


def who_proved_number(session: Session, number: str) -> list[UUID]:
    """The same of a telephone number as text.phone writes it."""
    return contacts.whose(session, Channel.SMS, number)


def who_wants(session: Session, among: Collection[UUID]) -> list[UUID]:
    """Those of *among* who are told on some channel."""
    query = select(Choice.resident_id).where(Choice.resident_id.in_(list(among)), Choice.paused == "").distinct()
    return list(session.scalars(query))


def choose_topics(session: Session, resident_id: UUID, wanted: Mapping[Channel, set[Topic]], *, hourly: bool) -> None:
    """Be told about these topics on the channels that are on."""
    for choice in session.scalars(select(Choice).where(Choice.resident_id == resident_id)):
        topics = wanted.get(Channel(choice.channel), set())
        for topic in Topic:
            setattr(choice, topic, topic in topics)
        choice.hourly = hourly


def resume(session: Session, resident_id: UUID, channel: Channel) -> None:
    """Told there again, after it was stopped or refused."""
    choices.pause(session, resident_id, channel, "")


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a notice's course: a channel, and what became of it there."""

    channel: Channel
    state: rules.State
    reason: rules.Reason | None
    at: datetime


def told(session: Session, resident_id: UUID, notice_number: int) -> list[Told]:
    """On which channels this person was told of the notice."""
    query = select(Message).where(Message.resident_id == resident_id, Message.notice_number == notice_number)
    return [
        Told(
            Channel(row.channel),
            rules.State(row.state),
            rules.Reason(row.reason) if row.reason else None,
            row.settled_at or row.queued_at,
        )
        for row in session.scalars(query.order_by(Message.channel))
    ]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many were told on a channel, or why they were not."""

    channel: Channel
    state: rules.State
    reason: rules.Reason | None
    number: int


def told_counts(session: Session, notice_number: int) -> list[Counted]:
    """How many were told of the notice on each channel, or why not: counts, nobody's name."""
    parts = (Message.channel, Message.state, Message.reason)
    query = select(*parts, func.count()).where(Message.notice_number == notice_number).group_by(*parts).order_by(*parts)
    return [
        Counted(Channel(channel), rules.State(state), rules.Reason(reason) if reason else None, number)
        for channel, state, reason, number in session.execute(query)
    ]
