"""Tables: slots (時間枠) with their places, bookings and their procedures, held places, days unlike others. The waiting
list has its own (waiting_models)."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.clock import JST
from portal.core.db import Base, partial_index
from portal.core.ids import new_id

ACTIVE = text("state IN ('booked', 'arrived') AND application_id IS NOT NULL")
BOOKED = text("state = 'booked'")
PLANNED = text("state = 'planned' AND application_id IS NOT NULL")


class Slot(Base):
    """Half an hour at one office. `taken` is moved by conditional UPDATEs alone; the CHECK is the last wall.

    `kept` of its places are for visits that staff reserve; one that is used or released is kept no longer. A day the
    office closes has no places at all: whoever wanted to come must come at another time."""

    __tablename__ = "slots"
    __table_args__ = (
        UniqueConstraint("office", "starts_at"),
        CheckConstraint("taken >= 0 AND taken <= capacity", name="taken"),
        CheckConstraint("kept >= 0 AND kept <= capacity", name="kept"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    office: Mapped[str] = mapped_column(String(20), ForeignKey("offices.code"))
    starts_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int]
    kept: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class Booking(Base):
    """One visit. It carries the reference of its application; somebody who calls without one gets a reference
    of their own. `slots` says how many slots in a row it holds; `ticket` is the number drawn at check-in.

    `application_id` is the first of its procedures that is not done (all of them: BookingPart). `kept`: it stands on
    places kept for staff. `nth` counts a person's planned visits, so that the database holds their limit; visits
    staff reserve have none. `moves` on `moved_on` are the person's own changes of that day; `ended_by` says who
    cancelled (rules.EndedBy). `revision` rises with each change of time or place (SEQUENCE of RFC 5545)."""

    __tablename__ = "bookings"
    __subject__ = "resident_id"
    __table_args__ = (
        Index("ix_bookings_resident_id", "resident_id"),
        Index("ix_bookings_reference", "reference"),
        Index("ix_bookings_state_starts_at", "state", "starts_at"),
        partial_index("uq_bookings_active", "application_id", unique=True, where=ACTIVE),
        partial_index("uq_bookings_planned", "resident_id", "nth", unique=True, where=BOOKED),
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
    kept: Mapped[bool] = mapped_column(default=False, server_default=false())
    nth: Mapped[int | None]
    moves: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    moved_on: Mapped[date | None]
    ended_by: Mapped[str] = mapped_column(String(20), default="", server_default="")
    revision: Mapped[int] = mapped_column(default=0, server_default=text("0"))

    @property
    def ends_at(self) -> datetime:
        """When the visit should be over."""
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def day(self) -> date:
        """The day of the visit in Japan."""
        return self.starts_at.astimezone(JST).date()

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<Booking {self.id}>"


class BookingPart(Base):
    """One procedure of a visit, in the order of the window. Staff may plan one without an application (no id).

    `state` is planned, done, or over (the visit ended without it). An application is planned in one visit at most."""

    __tablename__ = "booking_parts"
    __subject__ = "resident_id"
    __table_args__ = (
        partial_index("uq_booking_parts_planned", "application_id", unique=True, where=PLANNED),
        Index("ix_booking_parts_application_id", "application_id"),
    )

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("applications.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    procedure: Mapped[str] = mapped_column(String(60))
    minutes: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))

    def __repr__(self) -> str:
        """Only ids: rows end up in tracebacks and logs."""
        return f"<BookingPart {self.booking_id} {self.place}>"


class SlotHold(Base):
    """Places held while a person finishes a form: one at a time a person. They count in `Slot.taken` until the row
    goes; a row past `expires_at` holds nothing any more, whether the worker came by or not."""

    __tablename__ = "slot_holds"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_slot_holds_office_expires_at", "office", "expires_at"),)

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slots.id"))
    office: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime]
    slots: Mapped[int]
    minutes: Mapped[int]
    held_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    extended: Mapped[bool]

    def __repr__(self) -> str:
        """Only the slot: rows end up in tracebacks and logs."""
        return f"<SlotHold {self.slot_id}>"


class HoldCount(Base):
    """How often times were held for a person on `day`, the last day on which any was: the limit of a day counts here,
    because the holds themselves go."""

    __tablename__ = "hold_counts"
    __subject__ = "resident_id"

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    day: Mapped[date]
    times: Mapped[int]

    def __repr__(self) -> str:
        """Only the day: rows end up in tracebacks and logs."""
        return f"<HoldCount {self.day}>"


class OfficeDay(Base):
    """A day unlike what hours.json says: the office is closed, or open though it would be closed. `opens`, `closes`
    and `places` belong to an extra day. `note` is what staff wrote for everybody to read."""

    __tablename__ = "office_days"
    __table_args__ = (UniqueConstraint("office", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    office: Mapped[str] = mapped_column(String(20), ForeignKey("offices.code"))
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(200))
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    places: Mapped[int] = mapped_column(default=0)
    made_by: Mapped[UUID | None]
    made_at: Mapped[datetime]
