"""Where a company is told, and what it was told there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index

QUEUED = text("state = 'queued'")
SENT_ONCE = text("parcel IS NOT NULL")


class CompanyMailAddress(Base):
    """An address of a company, used once a code sent there was typed (`confirmed_at`). `language`: of who reads the mail;
    `hourly`: at most one an hour; `others`: also for the companies this one acts for. `paused` says why nothing is sent for
    now ("": it is)."""

    __tablename__ = "company_mail_addresses"
    __table_args__ = (UniqueConstraint("company_id", "address"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    address: Mapped[str] = mapped_column(String(254))
    added_by: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"))
    asked_at: Mapped[datetime]
    tries: Mapped[int]
    confirmed_at: Mapped[datetime | None]
    language: Mapped[str] = mapped_column(String(5), default="ja")
    hourly: Mapped[bool]
    others: Mapped[bool]
    paused: Mapped[str] = mapped_column(String(20))

    def __repr__(self) -> str:
        """Only the id: addresses are private."""
        return f"<CompanyMailAddress {self.id}>"


class CompanyMail(Base):
    """One notice of one company for one address, from the notice's own transaction on. `due_at` is when it may be sent;
    a worker that takes it moves that on. `parcel` is what it was sent with: the same each time."""

    __tablename__ = "company_mails"
    __table_args__ = (
        partial_index("ix_company_mails_due_at", "due_at", where=QUEUED),
        Index("ix_company_mails_address_id", "address_id"),
        partial_index("ix_company_mails_parcel", "parcel", where=SENT_ONCE),
        Index("ix_company_mails_queued_at", "queued_at"),
    )

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("business_notices.id"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    address_id: Mapped[UUID] = mapped_column(
        ForeignKey("company_mail_addresses.id", ondelete="CASCADE"), primary_key=True
    )
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(20))
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    late_at: Mapped[datetime]
    attempts: Mapped[int]
    parcel: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
