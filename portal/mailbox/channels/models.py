"""The tables of channels. No row of the first three, no message: most people have none."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

QUEUED = text("state = 'queued'")
SENT_ONCE = text("parcel IS NOT NULL")


class Choice(Base):
    """Somebody wants to be told on `channel`: about which topics, and whether at most once an hour. `paused` says why
    nothing is sent for now ("": it is)."""

    __tablename__ = "channel_choices"
    __subject__ = "resident_id"

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    visits: Mapped[bool] = mapped_column(default=True)
    applications: Mapped[bool] = mapped_column(default=True)
    letters: Mapped[bool] = mapped_column(default=True)
    security: Mapped[bool] = mapped_column(default=True)
    hourly: Mapped[bool] = mapped_column(default=False)
    paused: Mapped[str] = mapped_column(String(20), default="")
    since: Mapped[datetime]


class MailAddress(Base):
    """`address` was confirmed by a code sent to it; `wanted` waits for its code. The code itself is kept nowhere: it
    follows from the person, the address and `asked_at`. `tries` are wrong codes typed."""

    __tablename__ = "mail_addresses"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_mail_addresses_address", "address"),)

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(254), default="")
    confirmed_at: Mapped[datetime | None]
    wanted: Mapped[str] = mapped_column(String(254), default="")
    asked_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)


class Contact(Base):
    """Where somebody is told by text message (`address` is the number, confirmed by a code like a mail address) or by
    LINE (the user id of the city's official account, proved by a code written there: `wanted` is its keyed hash)."""

    __tablename__ = "contacts"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_contacts_address", "address"), Index("ix_contacts_wanted", "wanted"))

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    address: Mapped[str] = mapped_column(String(64), default="")
    confirmed_at: Mapped[datetime | None]
    wanted: Mapped[str] = mapped_column(String(64), default="")
    asked_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)


class Device(Base):
    """A browser that shows push messages of this portal (a push subscription, W3C Push API): where its push service
    takes them, and the keys they are encrypted with. `endpoint_hash` finds it without an index over long addresses."""

    __tablename__ = "push_devices"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_push_devices_resident_id", "resident_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    endpoint: Mapped[str] = mapped_column(String(1000))
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(120))
    added_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class Message(Base):
    """One notice on one channel, from the notice's own transaction on. `says` is what kind of thing it tells, `about`
    what must still stand when it is sent, `lane` what it overtakes (core.outbox.Lane). `due_at` is when it may be sent;
    a worker that takes it moves that on, so that another takes it again if the first was killed. `parcel` is what it
    was sent with: the same each time."""

    __tablename__ = "channel_messages"
    __table_args__ = (
        partial_index("ix_channel_messages_due", "lane", "due_at", where=QUEUED),
        Index("ix_channel_messages_resident_id", "resident_id", "notice_number"),
        Index("ix_channel_messages_queued_at", "queued_at"),
        partial_index("ix_channel_messages_parcel", "parcel", where=SENT_ONCE),
    )

    notice_number: Mapped[int] = mapped_column(ForeignKey("notices.number"), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    says: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(String(100))
    lane: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(20))
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    late_at: Mapped[datetime]
    attempts: Mapped[int]
    parcel: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
