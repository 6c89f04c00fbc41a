"""Threads of a tender with one bidder each. Messages are added, never changed but for when they were first read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Clarification(Base):
    """What one bidder and the body write to each other; `waiting` counts the bidder's messages without an answer."""

    __tablename__ = "clarifications"
    __table_args__ = (CheckConstraint("waiting >= 0", name="waiting"),)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    waits: Mapped[str] = mapped_column(String(8))
    waiting: Mapped[int]
    last_at: Mapped[datetime]


class ClarificationMessage(Base):
    """One message: of a person of the company (`person_id`), or of a member of the body (`member_id`, shown by `label`).
    `read_at` is when somebody of the other side first opened it."""

    __tablename__ = "clarification_messages"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (member_id IS NULL)", name="one_author"),
        UniqueConstraint("tender_id", "company_id", "place"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    place: Mapped[int]
    at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)
    ground: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
    member_id: Mapped[UUID | None]
    label: Mapped[str] = mapped_column(String(120))
    read_at: Mapped[datetime | None]
