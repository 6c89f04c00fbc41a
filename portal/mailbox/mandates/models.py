"""The table of mandates to read a mailbox."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Mandate(Base):
    """`reader_id` may read the mailbox of `owner_id` from `begun_at` through `ends_on`: letters of `sections` (none: of all)
    whose text needs a sign-in of at most `strength`. Names are as they were when it began. Ended, not erased.

    A mandate given on the portal begins when the reader enters the code; one from a paper when a second member confirms it.
    """

    __tablename__ = "mailbox_mandates"
    __subject__ = "owner_id"
    __table_args__ = (
        CheckConstraint("reader_id IS NULL OR owner_id <> reader_id", name="another"),
        CheckConstraint("basis = 'given' OR begun_at IS NULL OR confirmed_by IS NOT NULL", name="confirmed"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> given_by", name="four_eyes"),
        Index("ix_mailbox_mandates_owner_id", "owner_id"),
        Index("ix_mailbox_mandates_reader_id", "reader_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    reader_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    owner_name: Mapped[str] = mapped_column(String(100))
    reader_name: Mapped[str] = mapped_column(String(100), default="")
    basis: Mapped[str] = mapped_column(String(10))
    reference: Mapped[str] = mapped_column(String(80), default="")
    sections: Mapped[list[str]] = mapped_column(JSON)
    strength: Mapped[int]
    ends_on: Mapped[date]
    code_mark: Mapped[str | None] = mapped_column(String(64), unique=True)
    given_at: Mapped[datetime]
    given_by: Mapped[UUID]
    given_label: Mapped[str] = mapped_column(String(200), default="")
    confirmed_by: Mapped[UUID | None]
    confirmed_label: Mapped[str] = mapped_column(String(200), default="")
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
