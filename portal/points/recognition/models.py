"""Names on the board."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class RecognitionEntry(Base):
    """Somebody who asked to be on the board, under a name that staff read before it is shown; `note` is told to them."""

    __tablename__ = "recognition_entries"
    __table_args__ = (Index("ix_recognition_entries_state", "state", "asked_at"),)
    __subject__ = "resident_id"

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(300), default="")
