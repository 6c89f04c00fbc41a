"""The table of attachments."""

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Attachment(Base):
    """A file (room files, case = the notice's id) that comes with a notice, in the `place`-th place from 0. `alt` says in
    words what a picture shows; a picture with it is shown within the text."""

    __tablename__ = "notice_attachments"

    notice_number: Mapped[int] = mapped_column(ForeignKey("notices.number"), primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[int]
    alt: Mapped[str] = mapped_column(String(200), default="")
