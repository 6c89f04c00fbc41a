"""A result that one person proposed to take back, and another did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index


class ResultWithdrawal(Base):
    """Why, by whom, and the award as open data names it from then on (cancelled; NULL where there was none). A tender has
    one proposal at a time; one that was dropped is gone, the record keeps it."""

    __tablename__ = "result_withdrawals"
    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_people"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="whole"),
        Index("ix_result_withdrawals_tender_id", "tender_id"),
        partial_index("uq_result_withdrawals_waiting", "tender_id", unique=True, where=text("approved_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    reason: Mapped[str] = mapped_column(String(500))
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    award: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
