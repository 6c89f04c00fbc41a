"""What a company says of itself. A row says one thing from one day on; nothing is rewritten, it only ends."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class CompanyFact(Base):
    """One fact. What it says is sealed under a key of its own, wrapped by `key_id` and bound to this row, company and kind.

    It holds from `valid_from` to `valid_until` unless it ends before (`ended_on` is the first day without it).
    `told` counts the reminders to confirm it; a file of evidence is kept with the fact's id as its case.
    """

    __tablename__ = "company_facts"
    __table_args__ = (
        Index("ix_company_facts_company_id_kind", "company_id", "kind"),
        Index("ix_company_facts_confirmed_at", "confirmed_at"),
        Index("ix_company_facts_key_id", "key_id"),
        UniqueConstraint("replaces"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="days"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    kind: Mapped[str] = mapped_column(String(12))
    key_id: Mapped[str] = mapped_column(String(40))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary(80))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(200))
    replaces: Mapped[UUID | None] = mapped_column(ForeignKey("company_facts.id"))
    entered_at: Mapped[datetime]
    entered_by: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"))
    confirmed_at: Mapped[datetime]
    told: Mapped[int]
    ended_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
