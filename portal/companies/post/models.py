"""What people of companies did with notices, what they wrote about them, and who may read the confidential ones."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base

OPEN = text("revoked_at IS NULL")


class BusinessAct(Base):
    """One step of a notice in one company's mailbox: which person did it, and as whose people (`via`, the agent's company;
    None: the company's own). Rows are added, never changed."""

    __tablename__ = "business_acts"
    __table_args__ = (Index("ix_business_acts_company_id_notice_id", "company_id", "notice_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("business_notices.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"))
    via: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"))
    what: Mapped[str] = mapped_column(String(20))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]


class BusinessThread(Base):
    """One company's messages about one notice, and those of the body that sent it (`owner`). `waits` says who has to write
    next; `sent` counts what the company wrote since the body answered last."""

    __tablename__ = "business_threads"
    __table_args__ = (
        UniqueConstraint("notice_id", "company_id"),
        Index("ix_business_threads_owner", "owner", "waits", "last_at"),
        Index("ix_business_threads_company_id", "company_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("business_notices.id"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    owner: Mapped[str] = mapped_column(String(20))
    waits: Mapped[str] = mapped_column(String(10))
    sent: Mapped[int]
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class BusinessMessage(Base):
    """One message of a thread, never changed. `author_label` is "" for the company's side, whose person is `person_id`."""

    __tablename__ = "business_messages"
    __table_args__ = (Index("ix_business_messages_thread_id", "thread_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    thread_id: Mapped[UUID] = mapped_column(ForeignKey("business_threads.id"))
    at: Mapped[datetime]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
    author_id: Mapped[UUID | None]
    author_label: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)

    def __repr__(self) -> str:
        """Only the id: messages are private."""
        return f"<BusinessMessage {self.id}>"


class BusinessFile(Base):
    """A file (room files) that comes with a notice, or with a message of a thread about it. `case_id` is what it is sealed
    to: the notice's id, which the notice has from its draft on, or the message's."""

    __tablename__ = "business_files"
    __table_args__ = (Index("ix_business_files_case_id", "case_id"), Index("ix_business_files_notice_id", "notice_id"))

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id", ondelete="CASCADE"), primary_key=True)
    case_id: Mapped[UUID]
    notice_id: Mapped[UUID]
    place: Mapped[int]


class CompanyGrant(Base):
    """A company lets a person of its own, or an agent's company, read confidential notices. Ended, not erased."""

    __tablename__ = "company_grants"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (agent_id IS NULL)", name="one_of_two"),
        Index("uq_company_grants_person", "company_id", "person_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("uq_company_grants_agent", "company_id", "agent_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"))
    given_at: Mapped[datetime]
    given_by: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
