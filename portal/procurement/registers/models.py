"""What public bodies register of companies, and which machine acts for which body."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Registration(Base):
    """A licence, commendation or certificate. `reminded` counts the reminders of its last day; the company can object to
    each word of the body once, and the body answers: what was said before the newest change is kept in `earlier`."""

    __tablename__ = "registrations"
    __table_args__ = (
        UniqueConstraint("agency_code", "kind", "number"),
        Index("ix_registrations_company_id", "company_id"),
        Index("ix_registrations_valid_until", "valid_until"),
        CheckConstraint("valid_until IS NULL OR valid_until >= issued_on", name="days"),
        CheckConstraint("sight = 'own' OR law <> ''", name="law"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))
    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date]
    valid_until: Mapped[date | None]
    terms: Mapped[str] = mapped_column(String(300))
    law: Mapped[str] = mapped_column(String(120))
    sight: Mapped[str] = mapped_column(String(6))
    reminded: Mapped[int]
    entered_by: Mapped[UUID]
    changed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(500))
    objection: Mapped[str] = mapped_column(Text)
    objected_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    earlier: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    @property
    def said_before(self) -> list[dict[str, Any]]:
        """Objections to earlier words of the body with their answers, each with its instants."""
        days = ("objected_at", "answered_at")
        return [{**one, **{name: datetime.fromisoformat(one[name]) for name in days}} for one in self.earlier]


class AgencyClient(Base):
    """A machine that registers and reads for a body."""

    __tablename__ = "agency_clients"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))
