"""The tables of the books. Rows are only ever added; what was wrong is reversed by another transfer.

Lots and allocations are written before the transfer they belong to, which closes them: a trigger of the database then
sees that they fit it (migration 0039), and a foreign key that is looked at last refuses those without a transfer.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

SOME_LEFT = text("remaining > 0")


class PointAccount(Base):
    """A place points are in: a resident's, or one of the city's (`name`).

    What a resident has is what remains of their lots. `balance` is kept only of `is_bounded` accounts (pots of
    programmes, which have no lots): other city accounts may fall below 0, and one row that every transfer writes would
    make them all wait for each other.

    `joined_to`: the account of the same person's other record, which has its points now. Always one step: whoever is joined
    on takes those along that were joined before (trigger, migration 0124). Such an account holds nothing and gets nothing.
    """

    __tablename__ = "point_accounts"
    __table_args__ = (
        CheckConstraint("NOT is_bounded OR balance >= 0", name="never_below_zero"),
        CheckConstraint("(resident_id IS NULL) <> (name IS NULL)", name="one_holder"),
        CheckConstraint("joined_to IS NULL OR (joined_to <> id AND kind = 'resident')", name="joined"),
        partial_index("ix_point_accounts_joined_to", "joined_to", where=text("joined_to IS NOT NULL")),
    )
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"), unique=True)
    name: Mapped[str | None] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    is_bounded: Mapped[bool] = mapped_column(default=False)
    balance: Mapped[int] = mapped_column(default=0)
    joined_to: Mapped[UUID | None] = mapped_column(ForeignKey("point_accounts.id"))


class PointTransfer(Base):
    """Points that went from one account to another, once: `key` names the fact that earned or spent them. `at` is when
    that happened, `recorded_at` when it came into the books."""

    __tablename__ = "point_transfers"
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        CheckConstraint("source_id <> target_id", name="two_legs"),
        Index("ix_point_transfers_target_id_at", "target_id", "at"),
        Index("ix_point_transfers_source_id_at", "source_id", "at"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("point_accounts.id"))
    target_id: Mapped[UUID] = mapped_column(ForeignKey("point_accounts.id"))
    amount: Mapped[int]
    reason: Mapped[str] = mapped_column(String(20))
    case_ref: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    reverses: Mapped[int | None] = mapped_column(ForeignKey("point_transfers.number"), unique=True)


class PointLot(Base):
    """Points that came by one transfer and last until the same day. `remaining` follows the allocations (trigger)."""

    __tablename__ = "point_lots"
    __table_args__ = (
        CheckConstraint("remaining >= 0 AND remaining <= amount", name="remaining"),
        CheckConstraint("amount > 0", name="positive"),
        partial_index("ix_point_lots_left", "account_id", "expires_on", where=SOME_LEFT),
        partial_index("ix_point_lots_expiring", "expires_on", where=SOME_LEFT),
    )

    number: Mapped[int] = mapped_column(
        ForeignKey("point_transfers.number", deferrable=True, initially="DEFERRED"),
        primary_key=True,
        autoincrement=False,
    )
    account_id: Mapped[UUID] = mapped_column(ForeignKey("point_accounts.id"))
    amount: Mapped[int]
    remaining: Mapped[int]
    expires_on: Mapped[date]


class PointAllocation(Base):
    """How many points a transfer drew from a lot; below 0: gave back to it."""

    __tablename__ = "point_allocations"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="something"),
        Index("ix_point_allocations_lot", "lot"),
    )

    transfer: Mapped[int] = mapped_column(
        ForeignKey("point_transfers.number", deferrable=True, initially="DEFERRED"),
        primary_key=True,
        autoincrement=False,
    )
    lot: Mapped[int] = mapped_column(ForeignKey("point_lots.number"), primary_key=True, autoincrement=False)
    amount: Mapped[int]


class PointHold(Base):
    """Points set aside until they are captured or released: they lie in the account `held`, drawn from their lots."""

    __tablename__ = "point_holds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        partial_index(
            "ix_point_holds_open",
            "until",
            where=text("state = 'open'"),
        ),
    )

    number: Mapped[int] = mapped_column(ForeignKey("point_transfers.number"), primary_key=True, autoincrement=False)
    target_id: Mapped[UUID] = mapped_column(ForeignKey("point_accounts.id"))
    amount: Mapped[int]
    until: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="open")


class PointSeal(Base):
    """A block of transfers that can no longer be taken away or changed unseen: `digest` covers their lines in the export
    and the seal before; `signature` (Ed25519) is over number, last transfer and digest."""

    __tablename__ = "point_seals"
    __table_args__ = (Index("ix_point_seals_at", "at"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(unique=True)
    lines: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
    at: Mapped[datetime]


class PointMark(Base):
    """How far the next seal may reach: transfers up to `last` are all there once the transaction `xid` has ended."""

    __tablename__ = "point_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
    xid: Mapped[int] = mapped_column(BigInteger)
