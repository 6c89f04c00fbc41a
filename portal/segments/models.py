"""The tables of the room: segments and their versions, lists of recipients, what blurs counts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class Segment(Base):
    """Conditions a section keeps under a name; `version` is the newest one's number. Nobody else's clerks see them."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("section_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    section_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(default=1)


class SegmentVersion(Base):
    """What a segment said from a moment on; kept as long as the segment, for "why did they get this"."""

    __tablename__ = "segment_versions"

    segment_id: Mapped[UUID] = mapped_column(ForeignKey("segments.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    condition: Mapped[dict[str, Any]] = mapped_column(JSON)
    author_id: Mapped[UUID | None]
    written_at: Mapped[datetime]


class RecipientList(Base):
    """People a section named by a file, for conditions that no attribute can say; forgotten after some months."""

    __tablename__ = "segment_lists"
    __table_args__ = (Index("ix_segment_lists_section_id", "section_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    section_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(80))
    people: Mapped[int]
    made_at: Mapped[datetime]


class ListMember(Base):
    """One person on one list."""

    __tablename__ = "segment_list_members"
    __subject__ = "resident_id"

    list_id: Mapped[UUID] = mapped_column(ForeignKey("segment_lists.id"), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)


class Blur(Base):
    """The one row that makes blurs of counts this city's own: nobody can work them out from the code."""

    __tablename__ = "segment_blur"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[int]
