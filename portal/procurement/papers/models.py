"""Table: documents of tenders, a row a version."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class TenderPaper(Base):
    """One version of a document. `paper` is the id of its first version; `kind` is OCDS's documentType; `url` is where open
    data says it lies. Nobody outside the body sees it before `published_at`; afterwards the row stays."""

    __tablename__ = "tender_papers"
    __table_args__ = (UniqueConstraint("paper", "version"), CheckConstraint("version > 0", name="version"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), index=True)
    paper: Mapped[UUID]
    version: Mapped[int]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(5))
    url: Mapped[str] = mapped_column(String(300))
    added_by: Mapped[UUID]
    added_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
