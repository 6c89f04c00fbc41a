"""Exchanges for private points, and what the daily comparison found."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class PointExchange(Base):
    """One exchange; `reference` is its key at the programme, `hold` the points set aside for it."""

    __tablename__ = "point_exchanges"
    __table_args__ = (
        CheckConstraint("points > 0", name="positive"),
        Index("ix_point_exchanges_resident_id", "resident_id", "asked_at"),
        Index("ix_point_exchanges_done_at", "done_at"),
    )
    __subject__ = "resident_id"

    reference: Mapped[str] = mapped_column(String(14), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    member: Mapped[str] = mapped_column(String(20))
    points: Mapped[int]
    hold: Mapped[int] = mapped_column(ForeignKey("point_holds.number"), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(40), default="")
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class ExchangeDifference(Base):
    """What did not fit on a day; open until somebody says what it was."""

    __tablename__ = "point_exchange_differences"
    __table_args__ = (UniqueConstraint("key", "kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    here: Mapped[int]
    there: Mapped[int]
    found_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_label: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(300), default="")
