"""Public bodies, what they say of companies, tenders and their releases."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Agency(Base):
    """A public body that buys (市, 一部事務組合, 公社 …); several share this system."""

    __tablename__ = "agencies"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    number: Mapped[str] = mapped_column(String(13))
    prefecture: Mapped[str] = mapped_column(String(10))
    city: Mapped[str] = mapped_column(String(20))
    city_code: Mapped[str] = mapped_column(String(6))


class AgencySection(Base):
    """Which section buys for which body."""

    __tablename__ = "agency_sections"

    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"), primary_key=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))


class Qualification(Base):
    """A grade a body gave a company for one category (入札参加資格), with its days. The next period's stands beside the
    current one: which of them counts on a day is `grades.periods`'s word."""

    __tablename__ = "qualifications"
    __table_args__ = (Index("ix_qualifications_agency_code_category_grade", "agency_code", "category", "grade"),)

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"), primary_key=True)
    category: Mapped[str] = mapped_column(String(10), primary_key=True)
    grade: Mapped[str] = mapped_column(String(1))
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_until: Mapped[date]


class Suspension(Base):
    """指名停止: proposed by one person, put in force by another, and lifted by two again; the company can object, and the
    body answers. `follows_id`: it came with a merger, from the one it had begun with."""

    __tablename__ = "suspensions"
    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="four_eyes"),
        UniqueConstraint("follows_id", "company_id"),
        CheckConstraint(
            "lifted_by IS NULL OR lift_proposed_by IS NULL OR lifted_by <> lift_proposed_by", name="lifted_by_two"
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))
    ground: Mapped[str] = mapped_column(String(500))
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(12))
    proposed_by: Mapped[UUID]
    approved_by: Mapped[UUID | None]
    lift_proposed_by: Mapped[UUID | None]
    lift_because: Mapped[str] = mapped_column(String(500), default="")
    lifted_by: Mapped[UUID | None]
    objection: Mapped[str] = mapped_column(Text)
    objected_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("suspensions.id"))


class Tender(Base):
    """One tender as it stands now; every step of it is a row of `tender_releases`. A `sealed` one takes quotations through
    the portal, opened by two officers; `quantity` of `unit` of `item` is bought, where that can be said."""

    __tablename__ = "tenders"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_tenders_state_submissions_until", "state", "submissions_until"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(14))
    ocid: Mapped[str] = mapped_column(String(40))
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    title: Mapped[str] = mapped_column(String(150))
    description: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(10))
    method: Mapped[str] = mapped_column(String(10))
    region: Mapped[str] = mapped_column(String(30))
    grades: Mapped[list[str]] = mapped_column(JSON)
    site_visit: Mapped[str] = mapped_column(String(300))
    documents: Mapped[list[Any]] = mapped_column(JSON)
    questions_until: Mapped[date]
    submissions_until: Mapped[datetime]
    sealed: Mapped[bool]
    item: Mapped[str] = mapped_column(String(60))
    quantity: Mapped[int | None]
    unit: Mapped[str] = mapped_column(String(10))
    estimate: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(String(500))
    published_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]


class TenderQuestion(Base):
    """A question and its answer; who asked is known to the section alone, the answer to all."""

    __tablename__ = "tender_questions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), index=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None]


class TenderInterest(Base):
    """A company means to take part."""

    __tablename__ = "tender_interests"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"))
    at: Mapped[datetime]


class TenderBid(Base):
    """One bid, published with the result."""

    __tablename__ = "tender_bids"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(14), primary_key=True, index=True)
    name: Mapped[str] = mapped_column(String(150))
    amount: Mapped[int] = mapped_column(BigInteger)
    won: Mapped[bool]


class TenderMute(Base):
    """A company wants no notices of tenders of this category."""

    __tablename__ = "tender_mutes"

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    category: Mapped[str] = mapped_column(String(10), primary_key=True)


class TenderRelease(Base):
    """One OCDS release: what was made public at one moment. Rows are added, never changed."""

    __tablename__ = "tender_releases"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
