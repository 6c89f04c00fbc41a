"""Tables: numbers drawn at check-in, their counters, and who sits at which window."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id

AT_WINDOW = text("state IN ('called', 'serving')")


class Ticket(Base):
    """One number of one day, from check-in to the end of the visit. `verified_how` as in core.identity."""

    __tablename__ = "tickets"
    __subject__ = "resident_id"
    __table_args__ = (
        UniqueConstraint("office", "day", "lane", "number"),
        Index("ix_tickets_office_day_state", "office", "day", "state"),
        Index(
            "uq_tickets_at_window",
            "office",
            "day",
            "window",
            unique=True,
            sqlite_where=AT_WINDOW,
            postgresql_where=AT_WINDOW,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), unique=True)
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("applications.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    reference: Mapped[str] = mapped_column(String(14))
    office: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    lane: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    label: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20))
    drawn_at: Mapped[datetime]
    window: Mapped[int | None]
    called_by: Mapped[UUID | None]
    called_at: Mapped[datetime | None]
    recalled: Mapped[int] = mapped_column(default=0)
    serving_at: Mapped[datetime | None]
    verified_how: Mapped[str] = mapped_column(String(30), default="")
    verified_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<Ticket {self.id}>"


class TicketCounter(Base):
    """The last number drawn of one lane on one day; locked by the UPDATE that draws the next one."""

    __tablename__ = "ticket_counters"

    office: Mapped[str] = mapped_column(String(20), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(String(10), primary_key=True)
    last: Mapped[int]


class Desk(Base):
    """Who sits at which window today; chosen once a day."""

    __tablename__ = "window_desks"
    __table_args__ = (UniqueConstraint("office", "day", "window"),)

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"), primary_key=True)
    office: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    window: Mapped[int]
    called_at: Mapped[datetime | None]
