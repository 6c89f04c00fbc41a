"""The steps of a day, as long as they are needed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class HealthDay(Base):
    """One day of somebody who walks. `series` is all days of one person, under a random number; `mark` a keyed hash of day
    and steps, by which one phone used by two people is found. When the consent is taken back `resident_id` and `steps` are
    emptied at once, and nothing leads from the series to the person any more."""

    __tablename__ = "health_days"
    __table_args__ = (
        UniqueConstraint("resident_id", "day"),
        UniqueConstraint("series", "day"),
        CheckConstraint("steps IS NULL OR steps >= 0", name="steps"),
        CheckConstraint("(resident_id IS NULL) = (steps IS NULL)", name="emptied"),
        Index("ix_health_days_day_mark", "day", "mark"),
        Index("ix_health_days_state", "state", "recorded_at"),
        Index("ix_health_days_day_steps", "day", "steps"),
    )
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    series: Mapped[UUID]
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    day: Mapped[date]
    steps: Mapped[int | None]
    mark: Mapped[str] = mapped_column(String(32))
    programme: Mapped[str] = mapped_column(ForeignKey("point_programmes.code"))
    state: Mapped[str] = mapped_column(String(10))
    doubt: Mapped[str] = mapped_column(String(10), default="")
    recorded_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(300), default="")


class HealthObjection(Base):
    """What somebody says to days that wait or were refused; one at a time (`open_key`). Staff answer once."""

    __tablename__ = "health_objections"
    __table_args__ = (
        Index("ix_health_objections_resident_id", "resident_id", "made_at"),
        Index("ix_health_objections_state", "state", "made_at"),
    )
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    words: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(10))
    open_key: Mapped[UUID | None] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(300), default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
