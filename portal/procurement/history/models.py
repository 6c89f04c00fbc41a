"""What was awarded: one row an award, of tenders here and of years before, and the bids it had."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Award(Base):
    """One award as statistics need it. `year` is Japan's fiscal year; `notice_days` are business days from announcement
    to deadline, `lead_days` all days from announcement to award; `reference` is the body's own number, so that a file
    taken in twice is there once."""

    __tablename__ = "awards"
    __table_args__ = (
        UniqueConstraint("agency_code", "reference"),
        Index("ix_awards_agency_code_category_year", "agency_code", "category", "year"),
        Index("ix_awards_item_unit", "item", "unit"),
        Index("ix_awards_winner_category", "winner", "category"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))
    reference: Mapped[str] = mapped_column(String(40))
    tender_id: Mapped[UUID | None] = mapped_column(ForeignKey("tenders.id"))
    title: Mapped[str] = mapped_column(String(150))
    category: Mapped[str] = mapped_column(String(10))
    method: Mapped[str] = mapped_column(String(10))
    item: Mapped[str] = mapped_column(String(60))
    unit: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[int | None]
    amount: Mapped[int] = mapped_column(BigInteger)
    estimate: Mapped[int | None] = mapped_column(BigInteger)
    announced_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    awarded_on: Mapped[date]
    year: Mapped[int]
    notice_days: Mapped[int | None]
    lead_days: Mapped[int | None]
    bidders: Mapped[int]
    winner: Mapped[str] = mapped_column(String(14))
    winner_name: Mapped[str] = mapped_column(String(150))


class AwardBid(Base):
    """Who bid for an award; the amount where the file says it."""

    __tablename__ = "award_bids"
    __table_args__ = (Index("ix_award_bids_number", "number"),)

    award_id: Mapped[UUID] = mapped_column(ForeignKey("awards.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(14), primary_key=True)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    won: Mapped[bool]
