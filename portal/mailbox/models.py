"""The two tables of the mailbox."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class Notice(Base):
    """What a section says. `texts` is {language: {"title", "body"}}; a notice the system writes has one entry
    "msgid" with sentences of the catalogues and `facts` for their places, and a `key` that tells it once.
    `number` orders mailboxes. `section` is what readers are told; `section_id`, of the section whose clerk wrote it,
    is who may open it: nobody's where the system or a machine speaks."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_section_id_number", "section_id", "number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=new_id)
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    section: Mapped[str] = mapped_column(String(120))
    section_id: Mapped[UUID | None]
    author_id: Mapped[UUID | None]
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    due_on: Mapped[date | None]
    procedure: Mapped[str] = mapped_column(String(60), default="")
    link: Mapped[str] = mapped_column(String(200), default="")
    segment: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    written_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Delivery(Base):
    """One notice in one mailbox. The primary key is the order of the list and the proof of "once each"."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_notice_number", "notice_number"),)

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    notice_number: Mapped[int] = mapped_column(ForeignKey("notices.number"), primary_key=True)
    delivered_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
