"""How an order from home is paid for, and the time stamp of the file that was delivered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Checkout(Base):
    """One order's payment: by which `way`, and, at the payment service, its number (`payment`) and `page`.

    `returned_at` is when the service was asked to give the money back, because no certificate could be made.
    """

    __tablename__ = "certificate_checkouts"
    __subject__ = "resident_id"
    __table_args__ = (CheckConstraint("way IN ('online', 'window', 'free')", name="way"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("certificate_orders.id"), primary_key=True)
    resident_id: Mapped[UUID]
    way: Mapped[str] = mapped_column(String(12))
    payment: Mapped[str | None] = mapped_column(String(80), unique=True)
    page: Mapped[str] = mapped_column(String(400), default="")
    began_at: Mapped[datetime]
    returned_at: Mapped[datetime | None]


class TimeStamp(Base):
    """The stamp an authority put on a delivered file: when, who, and the SHA-256 (hex) the file has since."""

    __tablename__ = "certificate_time_stamps"
    __subject__ = "resident_id"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("certificate_orders.id"), primary_key=True)
    resident_id: Mapped[UUID]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    authority: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
