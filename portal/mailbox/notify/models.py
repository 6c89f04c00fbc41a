"""Keys, reply addresses, templates, notifications, and the papers that belong to notifications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

WAITING = text("status = 'created'")


class Key(Base):
    """A key of a section's program. Its secret lies in no table: it follows from the master secret and `id`.
    `guests` are whom a team key may write to."""

    __tablename__ = "notify_keys"
    __table_args__ = (
        Index("ix_notify_keys_section_id", "section_id"),
        CheckConstraint("kind IN ('normal', 'team', 'test')", name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10))
    guests: Mapped[list[str]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Reply(Base):
    """Where answers go: a mail address of the section, or the name its text messages come from."""

    __tablename__ = "notify_replies"
    __table_args__ = (UniqueConstraint("section_id", "kind", "value"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(254))


class TemplateKind(Base):
    """How programs send a template of the section's desk; one without a row is an e-mail."""

    __tablename__ = "notify_template_kinds"

    template_id: Mapped[UUID] = mapped_column(ForeignKey("notice_templates.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))


class Notification(Base):
    """One message of a section's program, from the call on. `due_at` is when it may leave; a worker that takes it
    moves that on, so that another takes it again if the first was killed. `resident_id` is whose mailbox it lies in as
    notice `notice_number`, if the contact is the proven one of exactly one resident. `number` is the order of lists.
    """

    __tablename__ = "notifications"
    __subject__ = "resident_id"
    __table_args__ = (
        partial_index("ix_notifications_due", "kind", "due_at", where=WAITING),
        Index("ix_notifications_section_id_number", "section_id", "number"),
        Index("ix_notifications_section_id_reference", "section_id", "reference"),
        Index("ix_notifications_made_at", "made_at"),
        Index("ix_notifications_resident_id", "resident_id"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    key_id: Mapped[UUID] = mapped_column(ForeignKey("notify_keys.id"))
    key_kind: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(20))
    template_id: Mapped[UUID | None]
    template_version: Mapped[int]
    reference: Mapped[str | None] = mapped_column(String(1000))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)
    address: Mapped[dict[str, Any]] = mapped_column(JSON)
    reply_to: Mapped[str] = mapped_column(String(254))
    unsubscribe: Mapped[str] = mapped_column(String(500))
    postage: Mapped[str] = mapped_column(String(20))
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    notice_number: Mapped[int | None] = mapped_column(ForeignKey("notices.number"))
    attempts: Mapped[int]
    made_at: Mapped[datetime]
    scheduled_for: Mapped[datetime | None]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    complained_at: Mapped[datetime | None]


class MailStanding(Base):
    """How much of a section's mail by programs came back within a day, counted when something does. While `suspended_at`
    is set, they send none; what was sent before `allowed_from` counts no more."""

    __tablename__ = "mail_standings"

    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"), primary_key=True)
    sent: Mapped[int]
    returned: Mapped[int]
    complaints: Mapped[int]
    counted_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    allowed_from: Mapped[datetime | None]


class Paper(Base):
    """A PDF of a letter, or a file somebody fetches by the link in a mail: sealed, bound to its notification.
    `opened_with` is what must be typed to fetch it ("": nothing)."""

    __tablename__ = "notify_papers"
    __table_args__ = (
        Index("ix_notify_papers_notification_number", "notification_number"),
        Index("ix_notify_papers_until", "until"),
        {"info": {"rows_at_once": 20}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_number: Mapped[int] = mapped_column(ForeignKey("notifications.number", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    mime: Mapped[str] = mapped_column(String(80))
    opened_with: Mapped[str] = mapped_column(String(254))
    key_id: Mapped[str] = mapped_column(String(40))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary(80))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    checked: Mapped[str] = mapped_column(String(10))
    until: Mapped[datetime]


class Callback(Base):
    """Where a section's program is told: of each notification that ends (`delivery`), of each text message that comes in
    (`received`). The bearer token lies in no table: it follows from the master secret and `version`."""

    __tablename__ = "notify_callbacks"
    __table_args__ = (CheckConstraint("kind IN ('delivery', 'received')", name="kind"),)

    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(default=1)


class ReceivedText(Base):
    """A text message to a number of the section; `gateway_id` is the gateway's own name of it: told twice, it is one."""

    __tablename__ = "notify_received_texts"
    __table_args__ = (
        Index("ix_notify_received_texts_section_id_number", "section_id", "number"),
        Index("ix_notify_received_texts_received_at", "received_at"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    gateway_id: Mapped[str] = mapped_column(String(100), unique=True)
    sent_from: Mapped[str] = mapped_column(String(20))
    sent_to: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
