"""Tables of the waiting list (空き待ち): who waits for what, freed places on their way, offers; corrected attendance."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

WAITS = text("state = 'waiting'")
OPEN = text("state = 'open'")


class WaitingEntry(Base):
    """Somebody waits with one application. `offices` holds codes between commas (",chuo,inage,"); `parts` is a sum of
    waiting_rules.PartOfDay; `notice_days` is how many days before the visit the person wants to know of it."""

    __tablename__ = "waiting_entries"
    __subject__ = "resident_id"
    __table_args__ = (
        Index("ix_waiting_entries_state_joined_at", "state", "joined_at"),
        Index("ix_waiting_entries_resident_id", "resident_id"),
        partial_index("uq_waiting_entries_waiting", "application_id", unique=True, where=WAITS),
        CheckConstraint("first_day <= last_day", name="days"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    reference: Mapped[str] = mapped_column(String(14))
    offices: Mapped[str] = mapped_column(String(200))
    first_day: Mapped[date]
    last_day: Mapped[date]
    parts: Mapped[int]
    notice_days: Mapped[int]
    slots: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(String(20), default="")
    joined_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def office_codes(self) -> list[str]:
        """The codes of the wished offices."""
        return self.offices.strip(",").split(",")

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<WaitingEntry {self.id}>"


class FreedPlace(Base):
    """A freed place on its way to somebody who waits, or back to the public. Its slots still count as taken, so nobody
    takes it past the line. `look_again_at` is when something is due; `offer_id` and `offered_until` say whose it is."""

    __tablename__ = "freed_places"
    __table_args__ = (
        Index("ix_freed_places_state_look_again_at", "state", "look_again_at"),
        CheckConstraint("slots > 0", name="slots"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    office: Mapped[str] = mapped_column(String(20), ForeignKey("offices.code"))
    starts_at: Mapped[datetime]
    slots: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    freed_at: Mapped[datetime]
    returns_at: Mapped[datetime]
    look_again_at: Mapped[datetime]
    offer_id: Mapped[UUID | None]
    offered_until: Mapped[datetime | None]


class PlaceOffer(Base):
    """One place offered to one person, for a short time; the same place never twice to the same person."""

    __tablename__ = "place_offers"
    __subject__ = "resident_id"
    __table_args__ = (
        UniqueConstraint("place_id", "entry_id"),
        Index("ix_place_offers_resident_id", "resident_id"),
        partial_index("uq_place_offers_place", "place_id", unique=True, where=OPEN),
        partial_index("uq_place_offers_entry", "entry_id", unique=True, where=OPEN),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("freed_places.id"))
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("waiting_entries.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    state: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Attendance(Base):
    """What staff know better than the booking: whether somebody came, told us, or did not come."""

    __tablename__ = "attendances"
    __subject__ = "resident_id"

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    state: Mapped[str] = mapped_column(String(20))
    corrected_by: Mapped[UUID | None]
    corrected_at: Mapped[datetime]
