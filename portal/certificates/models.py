"""Orders of certificates, the payments for them, and the counters their issue numbers come from."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.money import Yen


class CertificateOrder(Base):
    """One order: whose, by which card session on which device, and how far it came.

    `state` only ever changes by a conditional UPDATE (ordering). `digest` covers what the paper will say, so a
    change of the register between order and print is seen without keeping the contents here. `birth_marks` are
    keyed hashes of the dates of birth on the paper: whoever holds it can compare, nobody can read them.
    `card` is the fingerprint of the card that was on the reader ("": ordered without one); `delivery` how it reaches
    its owner ("": printed where it was ordered). `paid_with` is "coupon" or "points" of the citizen points ("": money).
    `owed` is the yen a machine kept without giving paper; `paid_back` and `settled_by` say how staff ended it.
    """

    __tablename__ = "certificate_orders"
    __subject__ = "resident_id"
    __table_args__ = (
        CheckConstraint(
            "state IN ('ordered', 'paid', 'rendered', 'printed', 'refunded', 'cancelled', 'owed')", name="state"
        ),
        CheckConstraint("copies BETWEEN 1 AND 5", name="copies"),
        CheckConstraint("fee >= 0", name="fee"),
        CheckConstraint("postage >= 0", name="postage"),
        CheckConstraint("delivery IN ('', 'electronic', 'post')", name="delivery"),
        CheckConstraint("paid_with IN ('', 'coupon', 'points')", name="paid_with"),
        CheckConstraint("revoked_at IS NULL OR state = 'printed'", name="revoked"),
        CheckConstraint(
            "state NOT IN ('paid', 'rendered', 'printed') OR (paid_at IS NOT NULL AND issue_number IS NOT NULL)",
            name="paid_before_paper",
        ),
        CheckConstraint("state <> 'owed' OR (owed > 0 AND owed_at IS NOT NULL)", name="owed"),
        Index("ix_certificate_orders_session_id", "session_id"),
        Index("ix_certificate_orders_state_ordered_at", "state", "ordered_at"),
        Index("ix_certificate_orders_document_sha256", "document_sha256"),
        Index("ix_certificate_orders_settled_by", "settled_by"),
        Index("ix_certificate_orders_resident_id_ordered_at", "resident_id", "ordered_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(14), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(40))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    copies: Mapped[int]
    fee: Mapped[int]
    postage: Mapped[int] = mapped_column(default=0)
    channel: Mapped[str] = mapped_column(String(20))
    office: Mapped[str] = mapped_column(String(60))
    resident_id: Mapped[UUID]
    device_id: Mapped[UUID]
    session_id: Mapped[UUID]
    card: Mapped[str] = mapped_column(String(64), default="")
    delivery: Mapped[str] = mapped_column(String(12), default="")
    owner_hash: Mapped[str] = mapped_column(String(64))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    birth_marks: Mapped[list[str]] = mapped_column(JSON)
    issue_number: Mapped[str | None] = mapped_column(String(30), unique=True)
    verification_code: Mapped[str | None] = mapped_column(String(14), unique=True)
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    pages: Mapped[int | None]
    print_job: Mapped[str | None] = mapped_column(String(80))
    failure: Mapped[str | None] = mapped_column(String(40))
    ordered_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    paid_with: Mapped[str] = mapped_column(String(10), default="")
    rendered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    owed: Mapped[int] = mapped_column(default=0)
    owed_at: Mapped[datetime | None]
    paid_back: Mapped[int | None]
    settled_by: Mapped[str | None] = mapped_column(String(200))
    revoked_at: Mapped[datetime | None]
    revoked_because: Mapped[str | None] = mapped_column(String(200))
    checks: Mapped[int] = mapped_column(default=0)
    checked_at: Mapped[datetime | None]

    @property
    def method(self) -> str:
        """What was, or will be, paid with: "cash" stands for money of any kind."""
        return self.paid_with or "cash"

    @property
    def total(self) -> Yen:
        """Yen to be paid: the fee of all copies and the postage."""
        return Yen(self.fee + self.postage)


class CertificatePayment(Base):
    """One payment of one device: its receipt number pays for exactly one order, and an order is paid once."""

    __tablename__ = "certificate_payments"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount"),)

    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt: Mapped[str] = mapped_column(String(80), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(unique=True)
    amount: Mapped[int]
    method: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class IssueCounter(Base):
    """The last issue number of one ward in one year; numbers are given out at payment, without gaps by rollback."""

    __tablename__ = "certificate_counters"

    ward_code: Mapped[str] = mapped_column(String(3), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
