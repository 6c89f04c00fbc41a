"""The two tables of the books. Transfers are only ever added; what was wrong is reversed by another one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class PointAccount(Base):
    """A place points are in: a resident's, or one of the city's (`name`), whose balance is not materialised:
    a hot row would make every credit wait for every other."""

    __tablename__ = "point_accounts"
    __table_args__ = (
        CheckConstraint("resident_id IS NULL OR balance >= 0", name="never_below_zero"),
        CheckConstraint("(resident_id IS NULL) <> (name IS NULL)", name="one_holder"),
    )
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"), unique=True)
    name: Mapped[str | None] = mapped_column(String(60), unique=True)
    balance: Mapped[int] = mapped_column(default=0)


class PointTransfer(Base):
    """Points that went from one account to another, once: `key` names the fact that earned or spent them."""

    __tablename__ = "point_transfers"
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        CheckConstraint("source_id <> target_id", name="two_legs"),
        Index("ix_point_transfers_target_id_at", "target_id", "at"),
        Index("ix_point_transfers_source_id_at", "source_id", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("point_accounts.id"))
    target_id: Mapped[UUID] = mapped_column(ForeignKey("point_accounts.id"))
    amount: Mapped[int]
    reason: Mapped[str] = mapped_column(String(60))
    case_ref: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime]
