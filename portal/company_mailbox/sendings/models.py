"""What a body says to companies, whom it is for, what its system is told of them, and where."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index

UNTOLD = text("untold")


class CompanySending(Base):
    """One text for one or many companies; the notice has the same id. `owner` is the body, `chosen` how its member chose the
    companies, `proposed_by` who asked for a second pair of eyes. Of a system: `key` is its own name for it, `digest` of what
    it says. `state` is rules.State."""

    __tablename__ = "company_sendings"
    __table_args__ = (
        UniqueConstraint("client_id", "key"),
        Index("ix_company_sendings_owner", "owner", "written_at"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="four_eyes"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(20))
    sender: Mapped[str] = mapped_column(String(120))
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey("clients.id"))
    author_id: Mapped[UUID | None]
    key: Mapped[str | None] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(100))
    body: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None]
    remind_days: Mapped[int]
    choices: Mapped[dict[str, Any]] = mapped_column(JSON)
    confidential: Mapped[bool]
    topic: Mapped[str] = mapped_column(String(12))
    chosen: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    send_at: Mapped[datetime | None]
    written_at: Mapped[datetime]
    proposed_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]

    @property
    def secrecy(self) -> str:
        """As deliveries have it: the topic of a confidential notice, "" of any other."""
        return self.topic if self.confidential else ""


class CompanyRecipient(Base):
    """One company of a sending. `told_as` is how the system named it, or its own reference; `untold` that something
    happened which the system was not told yet, `told` what it was told (bits)."""

    __tablename__ = "company_recipients"
    __table_args__ = (
        partial_index("ix_company_recipients_untold", "sending_id", where=UNTOLD),
        Index("ix_company_recipients_company_id", "company_id"),
    )

    sending_id: Mapped[UUID] = mapped_column(ForeignKey("company_sendings.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    told_as: Mapped[str] = mapped_column(String(100))
    delivered_at: Mapped[datetime | None]
    told: Mapped[int]
    untold: Mapped[bool]


class CompanyReceipt(Base):
    """What a system is told, in the order of `number`."""

    __tablename__ = "company_receipts"
    __table_args__ = (
        Index("ix_company_receipts_client_id_number", "client_id", "number"),
        Index("ix_company_receipts_at", "at"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"))
    sending_id: Mapped[UUID] = mapped_column(ForeignKey("company_sendings.id"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    what: Mapped[str] = mapped_column(String(20))
    choice: Mapped[int | None]
    at: Mapped[datetime]


class CompanyReceiptTurn(Base):
    """The one row that whoever gives receipts their numbers changes first: so they do it one after the other."""

    __tablename__ = "company_receipt_turn"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    taken: Mapped[int]


class CompanyWebhook(Base):
    """Where a system is told; as mailbox.batches.models.Webhook."""

    __tablename__ = "company_webhooks"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    version: Mapped[int]
    old_until: Mapped[datetime | None]
    told: Mapped[int]
