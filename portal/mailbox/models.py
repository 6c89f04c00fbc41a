"""The tables of the mailbox: what was said, to whom, and what they did with it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

SAYS = text("choice IS NOT NULL OR words <> ''")
"""Answers that still say something: those a retention has to look through."""


class Notice(Base):
    """What a section says. `texts` is {language: {"title", "body"}}; a notice the system writes has one entry
    "msgid" with sentences of the catalogues and `facts` for their places, and a `key` that tells it once.
    `number` orders mailboxes. `section` is what readers are told; `section_id`, of the section whose clerk wrote it,
    is who may open it: nobody's where the system or a machine speaks. `strength` is the sign-in its text needs (1 to 3),
    `choices` how it may be answered (`rules.answer_terms`)."""

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
    strength: Mapped[int] = mapped_column(default=1, server_default="1")
    choices: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
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


class Dealing(Base):
    """What became of a notice in one mailbox, from the first time something was done with it; most have no row.

    `settled_at` is when it was confirmed, answered or called done, `settled_by` by whom (a guardian, say); `choice` is a
    place in the notice's options, `words` what was added. `labels` holds numbers of the owner's labels: ",1,4,".
    """

    __tablename__ = "dealings"
    __subject__ = "resident_id"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id", "notice_number"], ["deliveries.resident_id", "deliveries.notice_number"]),
        Index("ix_dealings_notice_number", "notice_number", "settled_at"),
        partial_index("ix_dealings_settled_at", "settled_at", where=SAYS),
    )

    resident_id: Mapped[UUID] = mapped_column(primary_key=True)
    notice_number: Mapped[int] = mapped_column(primary_key=True)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
    choice: Mapped[int | None]
    words: Mapped[str] = mapped_column(String(1000), default="")
    archived_at: Mapped[datetime | None]
    labels: Mapped[str] = mapped_column(String(80), default="")


class Act(Base):
    """One step of a notice's course in one mailbox, never changed: `what` is `rules.Deed`, `facts` fill its words
    (which answer, which file). `actor_id` is the owner or who acted for them."""

    __tablename__ = "notice_acts"
    __table_args__ = (
        ForeignKeyConstraint(["resident_id", "notice_number"], ["deliveries.resident_id", "deliveries.notice_number"]),
        Index("ix_notice_acts_resident_id_notice_number", "resident_id", "notice_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    resident_id: Mapped[UUID]
    notice_number: Mapped[int]
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
