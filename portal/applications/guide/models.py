"""Tables: a person's list, what they did elsewhere, and the applications prepared from the list."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class LifeList(Base):
    """The list of one person for one event: `answers` by question, `facts` typed once for all procedures of it,
    `typed` what was typed for them and not understood, by input. Facts go when the list does (`expires_at`)."""

    __tablename__ = "life_lists"
    __subject__ = "resident_id"
    __table_args__ = (
        UniqueConstraint("resident_id", "event", name="uq_life_lists_resident_id_event"),
        Index("ix_life_lists_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    event: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    typed: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<LifeList {self.id}>"


class LifeTick(Base):
    """A line the person marked as done."""

    __tablename__ = "life_ticks"

    list_id: Mapped[UUID] = mapped_column(ForeignKey("life_lists.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


class LifeApplication(Base):
    """An application prepared from a list: what is sent together belongs together."""

    __tablename__ = "life_applications"
    __table_args__ = (Index("ix_life_applications_list_id", "list_id"),)

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True)
    list_id: Mapped[UUID] = mapped_column(ForeignKey("life_lists.id", ondelete="CASCADE"))
