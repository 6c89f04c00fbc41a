"""Batches of letters with certificates, and the letters in them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class CertificateBatch(Base):
    """What was printed together; `printed_by` is the label of who did it (office and window), and only `office` opens it."""

    __tablename__ = "certificate_batches"
    __table_args__ = (CheckConstraint("state IN ('printed', 'posted')", name="state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    letters: Mapped[int]
    office: Mapped[str] = mapped_column(String(20))
    printed_by: Mapped[str] = mapped_column(String(200))
    printed_at: Mapped[datetime]
    posted_at: Mapped[datetime | None]


class CertificateLetter(Base):
    """One order's letter: its place in the batch, which stands on it."""

    __tablename__ = "certificate_letters"
    __subject__ = "resident_id"
    __table_args__ = (UniqueConstraint("batch_id", "place"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("certificate_orders.id"), primary_key=True)
    resident_id: Mapped[UUID]
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("certificate_batches.id"))
    place: Mapped[int]
    returned_at: Mapped[datetime | None]
