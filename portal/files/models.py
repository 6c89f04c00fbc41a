"""Tables: files and the sealed parts of their content."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class File(Base):
    """One file. `wrapped_key` (by the key `key_id`) opens its parts and its preview; all are bound to `id`, `owner_id`
    and `case_id`; no owner: the city itself hands it out. `size` is bytes
    before sealing, `sha256` of the same; `checked` is rules.Check.
    """

    __tablename__ = "files"
    __subject__ = "owner_id"
    __table_args__ = (
        Index("ix_files_case_id", "case_id"),
        Index("ix_files_checked", "checked"),
        Index("ix_files_key_id", "key_id"),
        CheckConstraint("size > 0 AND parts > 0", name="content"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    case_id: Mapped[UUID]
    place: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(10))
    size: Mapped[int]
    pages: Mapped[int]
    parts: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    key_id: Mapped[str] = mapped_column(String(40))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary(80))
    preview: Mapped[bytes] = mapped_column(LargeBinary)
    checked: Mapped[str] = mapped_column(String(10))
    added_at: Mapped[datetime]

    def __repr__(self) -> str:
        """Only the id: names of files say things about people."""
        return f"<File {self.id}>"


class FilePart(Base):
    """A sealed piece of a file's content, counted from 0."""

    __tablename__ = "file_parts"
    # A piece is large: a backup reads and writes a few at a time.
    __table_args__ = ({"info": {"rows_at_once": 20}},)

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
