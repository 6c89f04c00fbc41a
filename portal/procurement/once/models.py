"""What sections may read, reads with what they showed, requests, and changes that have to be heard of."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class TaskGrant(Base):
    """A task of a section: by which law it reads which `kinds` of basics, from when until when. One administrator of the
    body proposes it, another decides. Without law and last day it was set before tasks named them."""

    __tablename__ = "task_grants"
    __table_args__ = (
        Index("ix_task_grants_section_id", "section_id"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="days"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    task: Mapped[str] = mapped_column(String(14))
    law: Mapped[str] = mapped_column(String(120))
    kinds: Mapped[list[str]] = mapped_column(JSON)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(10))
    proposed_by: Mapped[UUID | None]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


class FactRead(Base):
    """A member of a section opened the basics of a company for a task and a case, and with that `kinds` of them. The company
    sees all but the member."""

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
    kinds: Mapped[list[str] | None] = mapped_column(JSON)
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
    kinds: Mapped[list[str] | None] = mapped_column(JSON)
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
