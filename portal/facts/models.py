"""The two tables of the room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

STANDING = text("withdrawn_at IS NULL")


class Fact(Base):
    """One fact of one person. It holds from `since` to `until`, both days included; None: until told otherwise.
    `source` is the section whose system told it."""

    __tablename__ = "facts"
    __subject__ = "resident_id"
    __table_args__ = (
        CheckConstraint("until IS NULL OR until >= since", name="days"),
        Index("ix_facts_name_value_resident_id", "name", "value", "resident_id"),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    since: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(String(40))
    until: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(60))


class Consent(Base):
    """That somebody agreed to a topic, and until when. At most one of a topic stands; what ended stays as proof."""

    __tablename__ = "consents"
    __subject__ = "resident_id"
    __table_args__ = (
        partial_index(
            "uq_consents_standing",
            "resident_id",
            "topic",
            unique=True,
            where=STANDING,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    topic: Mapped[str] = mapped_column(String(40))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
