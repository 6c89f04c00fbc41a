"""The tables of what residents and sections write to each other about a notice."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class Thread(Base):
    """One resident's messages about one notice, and the section's. `waits` says who has to write next: `rules.Waits`;
    `sent` counts what the resident wrote since the section answered last."""

    __tablename__ = "notice_threads"
    __subject__ = "resident_id"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id", "notice_number"], ["deliveries.resident_id", "deliveries.notice_number"]),
        Index("ix_notice_threads_section_id", "section_id", "waits", "last_at"),
        Index("ix_notice_threads_id", "id", unique=True),
        Index("ix_notice_threads_last_at", "last_at"),
    )

    resident_id: Mapped[UUID] = mapped_column(primary_key=True)
    notice_number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(default=new_id)
    section_id: Mapped[UUID]
    waits: Mapped[str] = mapped_column(String(10))
    sent: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Message(Base):
    """One message of a thread, never changed. `author_label` is "" for the resident's side; `author_id` says who wrote."""

    __tablename__ = "notice_messages"
    __subject__ = "resident_id"
    __table_args__ = (
        ForeignKeyConstraint(
            ["resident_id", "notice_number"], ["notice_threads.resident_id", "notice_threads.notice_number"]
        ),
        Index("ix_notice_messages_resident_id_notice_number", "resident_id", "notice_number", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID]
    notice_number: Mapped[int]
    at: Mapped[datetime]
    author_id: Mapped[UUID]
    author_label: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text)

    def __repr__(self) -> str:
        """Only the id: messages are private."""
        return f"<Message {self.id}>"
