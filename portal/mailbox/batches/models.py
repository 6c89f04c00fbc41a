"""Batches, whom they are for, what a system is told of them, and where it wants to be told."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index

UNTOLD = text("untold")


class Batch(Base):
    """What a system says to many. `key` is the system's own name for it: sent again, or with more people, it reaches
    each once. `digest` is of what it says. `is_personal`: the texts have places, each reader gets a notice of their own;
    otherwise all share notice `notice_number`. `state` is rules.State; `reason` is told to who has a notice that was
    withdrawn."""

    __tablename__ = "notice_batches"
    __table_args__ = (UniqueConstraint("client_id", "key"), Index("ix_notice_batches_written_at", "written_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"))
    sender: Mapped[str] = mapped_column(String(120))
    key: Mapped[str | None] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    due_on: Mapped[date | None]
    procedure: Mapped[str] = mapped_column(String(60))
    strength: Mapped[int]
    choices: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_personal: Mapped[bool]
    lane: Mapped[int]
    send_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20))
    notice_number: Mapped[int | None] = mapped_column(ForeignKey("notices.number"))
    written_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")


class Recipient(Base):
    """One person of a batch. `told_as` is how the system named them, or its own reference; `untold` that something
    happened which the system was not told yet, `told` what it was told (rules.TOLD). `choice` is a place in the
    notice's options."""

    __tablename__ = "batch_recipients"
    __subject__ = "resident_id"
    __table_args__ = (
        partial_index("ix_batch_recipients_untold", "batch_id", where=UNTOLD),
        Index("ix_batch_recipients_resident_id", "resident_id", "notice_number"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("notice_batches.id"), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    told_as: Mapped[str] = mapped_column(String(300))
    fills: Mapped[dict[str, str]] = mapped_column(JSON)
    notice_number: Mapped[int | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    choice: Mapped[int | None]
    told: Mapped[int]
    untold: Mapped[bool]


class Receipt(Base):
    """What a system is told, in the order of `number`."""

    __tablename__ = "notice_receipts"
    __table_args__ = (
        Index("ix_notice_receipts_client_id_number", "client_id", "number"),
        Index("ix_notice_receipts_at", "at"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("notice_batches.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    what: Mapped[str] = mapped_column(String(20))
    choice: Mapped[int | None]
    at: Mapped[datetime]


class ReceiptTurn(Base):
    """The one row that whoever gives receipts their numbers changes first: so they do it one after the other."""

    __tablename__ = "notice_receipt_turn"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    taken: Mapped[int]


class Webhook(Base):
    """Where a system is told. Its secrets lie in no table: they follow from the master secret and `version`; the one
    of before is good until `old_until`. `told` is the last receipt it took."""

    __tablename__ = "notice_webhooks"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    version: Mapped[int]
    old_until: Mapped[datetime | None]
    told: Mapped[int]
