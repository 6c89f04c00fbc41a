"""Sheets of codes, and the codes as keyed hashes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class PointSheet(Base):
    """Codes that were printed together, for one programme. Those worth much count once a second person has released them."""

    __tablename__ = "point_sheets"
    __table_args__ = (CheckConstraint("released_by IS NULL OR released_by <> made_by", name="four_eyes"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme: Mapped[str] = mapped_column(ForeignKey("point_programmes.code"))
    codes: Mapped[int]
    last_day: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID]
    made_label: Mapped[str] = mapped_column(String(200))
    needs_second: Mapped[bool] = mapped_column(default=False)
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None]
    released_label: Mapped[str] = mapped_column(String(200), default="")

    @property
    def number(self) -> str:
        """What stands on the paper, so that one sheet is told from another."""
        return str(self.id)[:8]

    @property
    def waits(self) -> bool:
        """Whether a second person has still to release its codes."""
        return self.needs_second and self.released_by is None


class PointCode(Base):
    """One code; `mark` is its keyed hash."""

    __tablename__ = "point_codes"
    __table_args__ = (CheckConstraint("(used_at IS NULL) = (resident_id IS NULL)", name="used"),)
    __subject__ = "resident_id"

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("point_sheets.id"), index=True)
    used_at: Mapped[datetime | None]
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
