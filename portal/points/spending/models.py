"""What is offered, and what people got for points."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id
from portal.points.rules import Rank


class PointReward(Base):
    """One offer; `texts` has by language what it is called and what it is. `stock` of None: as many as are wanted.

    `rank` is the lowest that gets it. `covers`: yen of a certificate's fee that one of it pays at a kiosk; 0: none.
    `taken_by`: the group of partners that take a coupon for it, besides the city's own desks; "": no partner does."""

    __tablename__ = "point_rewards"
    __table_args__ = (
        CheckConstraint("stock IS NULL OR stock >= 0", name="stock"),
        CheckConstraint("covers >= 0", name="covers"),
    )

    code: Mapped[str] = mapped_column(String(30), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)
    points: Mapped[int]
    stock: Mapped[int | None]
    per_person: Mapped[int | None]
    days: Mapped[int]
    goal: Mapped[int]
    rank: Mapped[str] = mapped_column(String(10), default=str(Rank.REGULAR))
    covers: Mapped[int] = mapped_column(default=0)
    taken_by: Mapped[str] = mapped_column(String(30), default="")
    is_offered: Mapped[bool]


class PointCoupon(Base):
    """A reward somebody got: open until it is used, given back, or past its day. One that came back (`reopened_at`) is
    taken by what its holder shows from then on: whoever saw its number or an earlier code cannot take it again."""

    __tablename__ = "point_coupons"
    __table_args__ = (Index("ix_point_coupons_resident_id", "resident_id"),)
    __subject__ = "resident_id"

    reference: Mapped[str] = mapped_column(String(14), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    reward: Mapped[str] = mapped_column(ForeignKey("point_rewards.code"))
    transfer: Mapped[int] = mapped_column(ForeignKey("point_transfers.number"), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime]
    last_day: Mapped[date]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    reopened_at: Mapped[datetime | None]


class CouponClash(Base):
    """A desk without network took a coupon that was used elsewhere, or given back, before this came on record."""

    __tablename__ = "point_coupon_clashes"
    __table_args__ = (UniqueConstraint("reference", "taken_at", "place"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(ForeignKey("point_coupons.reference"))
    taken_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(200))
    settled_at: Mapped[datetime | None]
    settled_label: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(300), default="")
