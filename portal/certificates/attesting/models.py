"""Papers another room issued."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class AttestedPaper(Base):
    """One paper: `key` names its contents, so that the same contents have one number; `title` is a msgid."""

    __tablename__ = "attested_papers"
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    title: Mapped[str] = mapped_column(String(100))
    issue_number: Mapped[str] = mapped_column(String(30), unique=True)
    verification_code: Mapped[str] = mapped_column(String(14), unique=True)
    birth_mark: Mapped[str] = mapped_column(String(32))
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    pages: Mapped[int | None]
    issued_at: Mapped[datetime]
    checks: Mapped[int] = mapped_column(default=0)
    checked_at: Mapped[datetime | None]
