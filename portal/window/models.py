"""Tables: numbers drawn at check-in or by walk-ins, their counters, and who sits at which window."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

AT_WINDOW = text("state IN ('called', 'serving')")


class Ticket(Base):
    """One number of one day, from the draw to the end of the visit.

    A walk-in's number has neither booking nor resident, until the office adds what it filled in with them (prepared.py).
    `token` opens the phone page; `how` says where it was drawn, `starts_at` is the reserved time. The instants are
    what waiting times are counted from: `called_at` is the last call, `parked_at` and `forwarded_at` the last such
    step, `forwarded_from` the window kind before it. `call_number` orders the office's calls of the day;
    `passed_over` counts calls of somebody who came later. `verified_how` as in core.identity. `assisted` says that the
    office filled in what it is about: such visits are no measure of what pre-application saves.
    """

    __tablename__ = "tickets"
    __subject__ = "resident_id"
    __table_args__ = (
        UniqueConstraint("office", "day", "label"),
        Index("ix_tickets_office_day_state", "office", "day", "state"),
        partial_index(
            "uq_tickets_at_window",
            "office",
            "day",
            "window",
            unique=True,
            where=AT_WINDOW,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"), unique=True)
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("applications.id"))
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    reference: Mapped[str] = mapped_column(String(14), default="")
    token: Mapped[str] = mapped_column(String(43), unique=True)
    office: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(20))
    how: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(8))
    lane: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    label: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20))
    needs: Mapped[bool] = mapped_column(default=False)
    assisted: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime | None]
    drawn_at: Mapped[datetime]
    passed_over: Mapped[int] = mapped_column(default=0)
    near_told_at: Mapped[datetime | None]
    window: Mapped[int | None]
    called_by: Mapped[UUID | None]
    first_called_at: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    call_number: Mapped[int | None]
    recalled: Mapped[int] = mapped_column(default=0)
    serving_at: Mapped[datetime | None]
    verified_how: Mapped[str] = mapped_column(String(30), default="")
    verified_at: Mapped[datetime | None]
    parked_at: Mapped[datetime | None]
    park_reason: Mapped[str] = mapped_column(String(20), default="")
    forwarded_at: Mapped[datetime | None]
    forwarded_from: Mapped[str] = mapped_column(String(20), default="")
    ended_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<Ticket {self.id}>"


class TicketApplication(Base):
    """An application that the office filled in with somebody and added to the number they hold."""

    __tablename__ = "ticket_applications"
    __table_args__ = (Index("ix_ticket_applications_ticket_id", "ticket_id"),)

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[datetime]


class TicketCounter(Base):
    """The last number of one series (`lane`: a letter, or the calls) on one day; locked by the UPDATE that draws
    the next one."""

    __tablename__ = "ticket_counters"

    office: Mapped[str] = mapped_column(String(20), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    lane: Mapped[str] = mapped_column(String(10), primary_key=True)
    last: Mapped[int]


class Desk(Base):
    """Who sits at which window today, and for which kinds of window (words with spaces between; empty: for all)."""

    __tablename__ = "window_desks"
    __table_args__ = (UniqueConstraint("office", "day", "window"),)

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"), primary_key=True)
    office: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    window: Mapped[int]
    kinds: Mapped[str] = mapped_column(String(200), default="")
    called_at: Mapped[datetime | None]
