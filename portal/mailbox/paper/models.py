"""The tables of letters on paper."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class LetterBatch(Base):
    """The letters of one notice, which are printed and posted together. `law` is why everybody gets one ("": only who
    has not read it). `letters` is how many were printed, `yen` what one costs to post."""

    __tablename__ = "letter_batches"
    __table_args__ = (
        UniqueConstraint("notice_number"),
        Index("ix_letter_batches_section_id_made_at", "section_id", "made_at"),
        CheckConstraint("letters >= 0", name="letters"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    notice_number: Mapped[int] = mapped_column(ForeignKey("notices.number"))
    section_id: Mapped[UUID | None]
    law: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(12))
    made_at: Mapped[datetime]
    letters: Mapped[int] = mapped_column(default=0)
    yen: Mapped[int] = mapped_column(default=0)
    printed_by: Mapped[UUID | None]
    printed_at: Mapped[datetime | None]
    posted_at: Mapped[datetime | None]


class Letter(Base):
    """One printed letter; `place` is its number within the batch, by postal code, as it stands on it. `record` is the mark
    of the register's entry it was made from; `again`: the entry changed before the posting, and the sheet was made anew."""

    __tablename__ = "letters"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_letters_resident_id", "resident_id"),)

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("letter_batches.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    ended: Mapped[str] = mapped_column(String(10), default="")
    record: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    again: Mapped[bool] = mapped_column(default=False)
