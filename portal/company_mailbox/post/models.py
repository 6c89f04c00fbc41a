"""What people of companies did with notices, what they wrote about them, and who may read the confidential ones."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


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


class BusinessLabel(Base):
    """A word of a firm's own for notices of any company it reads for; `number` counts from 1 within one firm. Neither the
    companies nor who sent them see it."""

    __tablename__ = "business_labels"
    __table_args__ = (UniqueConstraint("firm_id", "name"),)

    firm_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(20))


class BusinessLabelled(Base):
    """A notice in one company's mailbox has a label of that firm; `sent_at` is the notice's, so that they lie in order."""

    __tablename__ = "business_labelled"
    __table_args__ = (
        ForeignKeyConstraint(
            ["firm_id", "number"], ["business_labels.firm_id", "business_labels.number"], ondelete="CASCADE"
        ),
        Index("ix_business_labelled_firm_id_number", "firm_id", "number", "sent_at", "notice_id", "company_id"),
        Index("ix_business_labelled_notice_id_company_id", "notice_id", "company_id"),
    )

    firm_id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("business_notices.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sent_at: Mapped[datetime]


class BusinessThread(Base):
    """One company's messages about one notice, and those of the body that sent it (`owner`). `waits` says who has to write
    next; `sent` counts what the company wrote since the body answered last."""

    __tablename__ = "business_threads"
    __table_args__ = (
        UniqueConstraint("notice_id", "company_id"),
        Index("ix_business_threads_owner", "owner", "waits", "last_at"),
        Index("ix_business_threads_company_id", "company_id"),
        Index("ix_business_threads_last_at", "last_at"),
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
