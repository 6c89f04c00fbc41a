"""Objections of companies to their grades."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class GradeObjection(Base):
    """What a company objects to is kept as it was said: the body may say something else before it answers. One objection to
    each word of a body."""

    __tablename__ = "grade_objections"
    __table_args__ = (
        UniqueConstraint(
            "company_id",
            "agency_code",
            "category",
            "grade",
            "valid_from",
            "valid_until",
            name="uq_grade_objections_word",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"), index=True)
    category: Mapped[str] = mapped_column(String(10))
    grade: Mapped[str] = mapped_column(String(1))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    words: Mapped[str] = mapped_column(Text)
    objected_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
