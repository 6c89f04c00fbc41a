"""Programmes, the versions of their terms, and what was earned under which version."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class PointProgramme(Base):
    """One reason for which the city gives points; its budget lies in `account_id`."""

    __tablename__ = "point_programmes"

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20))
    unit: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("point_accounts.id"), unique=True)


class PointTerms(Base):
    """What a programme gives from `begins_on` on, until newer approved terms begin. Never changed once approved.

    `budget` is the programme's in all, in points; `points` are for one unit (an hour, one time). Caps are points for one
    person; None: no cap. Who proposed is never who decided.
    """

    __tablename__ = "point_terms"
    __table_args__ = (
        CheckConstraint("points > 0 AND budget >= 0", name="amounts"),
        CheckConstraint("begins_on <= ends_on", name="period"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("state <> 'approved' OR decided_by IS NOT NULL", name="approved"),
    )

    programme: Mapped[str] = mapped_column(ForeignKey("point_programmes.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(10))
    title: Mapped[dict[str, str]] = mapped_column(JSON)
    points: Mapped[int]
    budget: Mapped[int]
    per_day: Mapped[int | None]
    per_month: Mapped[int | None]
    per_person: Mapped[int | None]
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    why: Mapped[str] = mapped_column(String(300))
    proposed_by: Mapped[UUID]
    proposed_label: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(300), default="")


class PointEarning(Base):
    """What one fact brought under the terms of its day: `asked` by the rules, `given` within caps (0: no transfer). Once it
    was taken back (`reversed_at`) it counts nowhere any more."""

    __tablename__ = "point_earnings"
    __table_args__ = (
        ForeignKeyConstraint(["programme", "version"], ["point_terms.programme", "point_terms.version"]),
        CheckConstraint("given >= 0 AND given <= asked", name="given"),
        CheckConstraint("(given = 0) = (transfer IS NULL)", name="transfer"),
        Index("ix_point_earnings_resident_id_programme", "resident_id", "programme", "at"),
        Index("ix_point_earnings_fact", "fact"),
    )
    __subject__ = "resident_id"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    fact: Mapped[str] = mapped_column(String(80))
    programme: Mapped[str] = mapped_column(String(30))
    version: Mapped[int]
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    quantity: Mapped[int]
    asked: Mapped[int]
    given: Mapped[int]
    transfer: Mapped[int | None] = mapped_column(ForeignKey("point_transfers.number"), unique=True)
    at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]


class PointUnpaid(Base):
    """What ended when the budget of its programme was spent: `points` were promised, and are paid once there is budget."""

    __tablename__ = "point_unpaid"
    __table_args__ = (
        CheckConstraint("quantity > 0 AND points > 0", name="promised"),
        Index("ix_point_unpaid_programme", "programme", "at"),
    )
    __subject__ = "resident_id"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    programme: Mapped[str] = mapped_column(ForeignKey("point_programmes.code"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    quantity: Mapped[int]
    points: Mapped[int]
    at: Mapped[datetime]
    case_ref: Mapped[str] = mapped_column(String(80))


class PointDebt(Base):
    """Points that were taken back after they had been spent: `number` is the transfer that stands for them in the books.
    What is `remaining` is set off against what the person earns until `lapses_on`; nothing else is touched."""

    __tablename__ = "point_debts"
    __table_args__ = (
        CheckConstraint("amount > 0 AND remaining >= 0 AND remaining <= amount", name="remaining"),
        Index("ix_point_debts_resident_id", "resident_id"),
    )
    __subject__ = "resident_id"

    number: Mapped[int] = mapped_column(ForeignKey("point_transfers.number"), primary_key=True, autoincrement=False)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    amount: Mapped[int]
    remaining: Mapped[int]
    lapses_on: Mapped[date]
