"""Tables of casework. Words of clerks and letters go with the contents of the case (retention)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

BINDING = text("state <> 'returned'")


class CaseFile(Base):
    """What the worklist sorts by: the office of the applicant's ward, and the due date (None: no period, or the clock
    stands still since `paused_at`)."""

    __tablename__ = "case_files"
    __table_args__ = (Index("ix_case_files_due_on", "due_on"),)

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True)
    office: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date | None]
    paused_at: Mapped[datetime | None]


class CaseDecision(Base):
    """A decision, proposed by one person; where `four_eyes` it binds only once another confirmed it."""

    __tablename__ = "case_decisions"
    __table_args__ = (
        partial_index(
            "uq_case_decisions_binding",
            "application_id",
            unique=True,
            where=BINDING,
        ),
        CheckConstraint(
            "NOT four_eyes OR state <> 'decided' OR (confirmed_by IS NOT NULL AND confirmed_by <> proposed_by)",
            name="four_eyes",
        ),
        CheckConstraint("outcome IN ('approve', 'reject')", name="outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    outcome: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(Text)
    four_eyes: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10))
    proposed_by: Mapped[UUID | None]
    proposed_label: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_label: Mapped[str] = mapped_column(String(200), default="")
    confirmed_at: Mapped[datetime | None]


class CaseNote(Base):
    """What staff write for each other; the person gets it only by a request for disclosure (個人情報保護法第76条)."""

    __tablename__ = "case_notes"
    __table_args__ = (Index("ix_case_notes_application_id", "application_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    author_id: Mapped[UUID | None]
    author_label: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)


class CaseOpinion(Base):
    """A question to another section. It sees `fields` (names of answers) and nothing else of the case."""

    __tablename__ = "case_opinions"
    __table_args__ = (
        Index("ix_case_opinions_application_id", "application_id"),
        Index("ix_case_opinions_section_id", "section_id", "answered_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    asked_by: Mapped[UUID | None]
    asked_label: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    question: Mapped[str] = mapped_column(Text)
    fields: Mapped[list[str]] = mapped_column(JSON)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[UUID | None]
    answered_label: Mapped[str] = mapped_column(String(200), default="")
    answered_at: Mapped[datetime | None]


class CaseLetter(Base):
    """A decision letter: `sheet` is every word on it, so that it can be printed again and never changes."""

    __tablename__ = "case_letters"
    __table_args__ = (Index("ix_case_letters_application_id", "application_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    outcome: Mapped[str] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(40), unique=True)
    sheet: Mapped[dict[str, Any]] = mapped_column(JSON)
    issued_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]


class BulkRun(Base):
    """One decision for many cases of one procedure, done case by case by the worker."""

    __tablename__ = "bulk_runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    clerk_id: Mapped[UUID]
    outcome: Mapped[str] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(Text)
    procedure: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime]


class BulkItem(Base):
    """One case of a run: `state` waiting, done or failed; `code` is the refusal's."""

    __tablename__ = "bulk_items"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("bulk_runs.id", ondelete="CASCADE"), primary_key=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(60), default="")


class CaseExport(Base):
    """One revision of one case for business systems; `position` counts within its procedure, without gaps."""

    __tablename__ = "case_exports"
    __table_args__ = (UniqueConstraint("application_id", "revision"), UniqueConstraint("procedure", "position"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    revision: Mapped[int]
    procedure: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]


class ExportCounter(Base):
    """The last position given within a procedure: its row is the lock that keeps the order of commits."""

    __tablename__ = "export_counters"

    procedure: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int]


class ExportReceiver(Base):
    """A machine that receives a procedure's cases, and no others'."""

    __tablename__ = "export_receivers"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    procedure: Mapped[str] = mapped_column(String(60), primary_key=True)


class ExportReceipt(Base):
    """A machine said that it has taken a revision in."""

    __tablename__ = "export_receipts"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    export_id: Mapped[int] = mapped_column(ForeignKey("case_exports.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
