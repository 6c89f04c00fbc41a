"""The table of devices that keep letters."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Shelf(Base):
    """A browser that keeps letters of its owner; which, it alone knows. It shows a token of which the hash lies here.

    `seen_at` is when the owner was last signed in there, by the session `session_hash` that ends at `session_ends_at`.
    """

    __tablename__ = "mailbox_shelves"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_mailbox_shelves_resident_id", "resident_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    session_hash: Mapped[str] = mapped_column(String(64))
    session_ends_at: Mapped[datetime]
