"""One use of a kiosk by one card."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class KioskSession(Base):
    """From the first touch to the card's leaving. `resident_id` is there once the card has proved itself, and so is
    `card`, the SHA-256 (hex) of its certificate."""

    __tablename__ = "kiosk_sessions"
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    device_id: Mapped[UUID]
    challenge_id: Mapped[UUID]
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    card: Mapped[str] = mapped_column(String(64), default="")
    language: Mapped[str] = mapped_column(String(8))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
