"""The tables of composing. None is asked for a mailbox page; what a notice says to its readers lies in `notices`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class Template(Base):
    """A section's text for notices it sends again and again. `version` is the newest."""

    __tablename__ = "notice_templates"
    __table_args__ = (Index("ix_notice_templates_section_id", "section_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[int]
    saved_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class TemplateVersion(Base):
    """What a template said once: never changed. `content` is a draft without readers (`drafts.Content`)."""

    __tablename__ = "notice_template_versions"

    template_id: Mapped[UUID] = mapped_column(ForeignKey("notice_templates.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    author_id: Mapped[UUID | None]
    author_label: Mapped[str] = mapped_column(String(200))
    saved_at: Mapped[datetime]


class Plan(Base):
    """What is going to be done with a notice. `typed` is the form as it stands, also half done; `revision` counts its
    saves and `page` names the page that wrote last: who typed over another revision is told. `ready`: the notice says
    what was typed. `digest` is of exactly the text and the readers somebody was asked to approve. `start` is when it
    is to be sent ("now": None). `corrects` is the notice whose readers get this one instead. `halfway`: it was withdrawn
    while it was being delivered, so some of its people never got it."""

    __tablename__ = "notice_plans"
    __table_args__ = (
        CheckConstraint("revision >= 0", name="revision"),
        Index("ix_notice_plans_corrects", "corrects"),
        Index("ix_notice_plans_template_id", "template_id"),
    )

    notice_number: Mapped[int] = mapped_column(ForeignKey("notices.number"), primary_key=True)
    revision: Mapped[int]
    page: Mapped[str] = mapped_column(String(40))
    typed: Mapped[dict[str, Any]] = mapped_column(JSON)
    ready: Mapped[bool]
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey("notice_templates.id"))
    template_version: Mapped[int | None]
    corrects: Mapped[int | None] = mapped_column(ForeignKey("notices.number"))
    edited_by: Mapped[UUID | None]
    saved_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(String(64))
    people: Mapped[int]
    asked_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    start: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text)
    halfway: Mapped[bool] = mapped_column(default=False, server_default=false())


class Step(Base):
    """Something somebody of the section did with a notice, and what they said. Rows are only added."""

    __tablename__ = "notice_steps"
    __table_args__ = (Index("ix_notice_steps_notice_number", "notice_number"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    notice_number: Mapped[int] = mapped_column(ForeignKey("notices.number"))
    at: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    actor_label: Mapped[str] = mapped_column(String(200))
    words: Mapped[str] = mapped_column(Text)


class Recipient(Base):
    """Somebody on the section's own list for one notice, and what fills the places of the text for them."""

    __tablename__ = "notice_recipients"
    __subject__ = "resident_id"

    notice_number: Mapped[int] = mapped_column(ForeignKey("notices.number"), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    fills: Mapped[dict[str, str]] = mapped_column(JSON)
