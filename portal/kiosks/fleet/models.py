"""What staff decided about a machine, its alarms, and what its coin box counted a day. Nobody is named in them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index

STILL_ON = text("until IS NULL")


class KioskControl(Base):
    """Whether a machine may serve, and its hours (HH:MM, Japan). `closed_by` is the label of a member of staff."""

    __tablename__ = "kiosk_controls"

    device_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    closed: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(20))
    closed_by: Mapped[str] = mapped_column(String(200))
    closed_at: Mapped[datetime | None]
    opens: Mapped[str] = mapped_column(String(5))
    closes: Mapped[str] = mapped_column(String(5))


class KioskAlarm(Base):
    """One trouble of one machine, from the first heartbeat that told it to the last. The index lets each be on once."""

    __tablename__ = "kiosk_alarms"
    __table_args__ = (
        partial_index("uq_kiosk_alarms_on", "device_id", "code", unique=True, where=STILL_ON),
        Index("ix_kiosk_alarms_device_id_since", "device_id", "since"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"))
    code: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    seen_by: Mapped[str] = mapped_column(String(200))
    seen_at: Mapped[datetime | None]


class KioskClosing(Base):
    """What the coin box of a machine counted on one day, in yen: what it kept for orders, what it gave back."""

    __tablename__ = "kiosk_closings"
    __table_args__ = (CheckConstraint("taken >= 0 AND returned >= 0 AND payments >= 0", name="counted"),)

    device_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    taken: Mapped[int]
    returned: Mapped[int]
    payments: Mapped[int]
    content: Mapped[int]
    told_at: Mapped[datetime]
