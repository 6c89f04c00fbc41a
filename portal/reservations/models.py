"""Tables: slots (時間枠) with their places, and bookings."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id

ACTIVE = text("state IN ('booked', 'arrived') AND application_id IS NOT NULL")


class Slot(Base):
    """Half an hour at one office. `taken` is moved by conditional UPDATEs alone; the CHECK is the last wall."""

    __tablename__ = "slots"
    __table_args__ = (
        UniqueConstraint("office", "starts_at"),
        CheckConstraint("taken >= 0 AND taken <= capacity", name="taken"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    office: Mapped[str] = mapped_column(String(20), ForeignKey("offices.code"))
    starts_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int]


class Booking(Base):
    """One visit. It carries the reference of its application; somebody who calls without one gets a reference
    of their own. `slots` says how many slots in a row it holds; `ticket` is the number drawn at check-in."""

    __tablename__ = "bookings"
    __subject__ = "resident_id"
    __table_args__ = (
        Index("ix_bookings_resident_id", "resident_id"),
        Index("ix_bookings_reference", "reference"),
        Index("ix_bookings_state_starts_at", "state", "starts_at"),
        Index("uq_bookings_active", "application_id", unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(String(14))
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("applications.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    office: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime]
    slots: Mapped[int]
    minutes: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    ticket: Mapped[str] = mapped_column(String(10), default="")
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    @property
    def ends_at(self) -> datetime:
        """When the visit should be over."""
        return self.starts_at + timedelta(minutes=self.minutes)

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<Booking {self.id}>"
