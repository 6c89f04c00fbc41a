"""Tasks of sections, reads with what they showed, requests, and changes that have to be heard of."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class SectionTask(Base):
    """A task of a section: what it may read follows from it."""

    __tablename__ = "section_tasks"

    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"), primary_key=True)
    task: Mapped[str] = mapped_column(String(14), primary_key=True)


class FactRead(Base):
    """A member of a section opened the basics of a company for a task and a case. The company sees all but the member."""

    __tablename__ = "fact_reads"
    __table_args__ = (
        Index("ix_fact_reads_company_id_at", "company_id", "at"),
        Index("ix_fact_reads_member_id", "member_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    member_id: Mapped[UUID]
    task: Mapped[str] = mapped_column(String(14))
    case_ref: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class FactUse(Base):
    """A fact a read showed: the body has it in its papers from then on."""

    __tablename__ = "fact_uses"
    __table_args__ = (Index("ix_fact_uses_fact_id", "fact_id"),)

    read_id: Mapped[UUID] = mapped_column(ForeignKey("fact_reads.id"), primary_key=True)
    fact_id: Mapped[UUID] = mapped_column(ForeignKey("company_facts.id"), primary_key=True)


class FactRequest(Base):
    """A section needs the basics of a company for a case; answered as soon as nothing is missing."""

    __tablename__ = "fact_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"), index=True)
    asked_by: Mapped[UUID]
    task: Mapped[str] = mapped_column(String(14))
    case_ref: Mapped[str] = mapped_column(String(60))
    due_on: Mapped[date]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class FactChange(Base):
    """A fact a section used has changed. `read_id` is its newest read that showed the old one."""

    __tablename__ = "fact_changes"
    __table_args__ = (Index("ix_fact_changes_section_id_seen_at", "section_id", "seen_at"),)

    fact_id: Mapped[UUID] = mapped_column(ForeignKey("company_facts.id"), primary_key=True)
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"), primary_key=True)
    read_id: Mapped[UUID] = mapped_column(ForeignKey("fact_reads.id"))
    new_id: Mapped[UUID | None] = mapped_column(ForeignKey("company_facts.id"))
    kind: Mapped[str] = mapped_column(String(12))
    told_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[UUID | None]
