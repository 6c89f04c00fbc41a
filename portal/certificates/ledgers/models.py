"""Registered seals and municipal tax, as the systems that keep them told."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class SealRegistration(Base):
    """The one seal somebody registered (印鑑登録): the impression as PNG, its true size in tenths of a millimetre."""

    __tablename__ = "seal_registrations"
    __subject__ = "resident_id"
    __table_args__ = (CheckConstraint("width BETWEEN 80 AND 250 AND height BETWEEN 80 AND 250", name="size"),)

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    impression: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int]
    height: Mapped[int]
    registered_on: Mapped[date]
    taken_at: Mapped[datetime]


class TaxAssessment(Base):
    """Municipal tax of one fiscal year: yen by name (tax_sheets), the address on 1 January."""

    __tablename__ = "tax_assessments"
    __subject__ = "resident_id"

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    address_then: Mapped[str] = mapped_column(String(200))
    amounts: Mapped[dict[str, Any]] = mapped_column(JSON)
    dependants: Mapped[int]
    taken_at: Mapped[datetime]


class TaxAccount(Base):
    """One tax of one fiscal year: owed, paid, and what of the rest is not due yet, in yen."""

    __tablename__ = "tax_accounts"
    __subject__ = "resident_id"
    __table_args__ = (
        CheckConstraint("paid >= 0 AND not_due >= 0 AND paid + not_due <= owed", name="sums"),
        CheckConstraint("tax IN ('residents', 'property', 'vehicle')", name="tax"),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tax: Mapped[str] = mapped_column(String(12), primary_key=True)
    owed: Mapped[int]
    paid: Mapped[int]
    not_due: Mapped[int]
    taken_at: Mapped[datetime]
