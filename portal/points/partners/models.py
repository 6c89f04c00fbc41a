"""Partner shops, who acts for them, their terminals, what they took, and what they are paid."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class PointPartner(Base):
    """A shop, from its application on. Who checked is never who decided. `group`: the coupons it takes are those of this
    group of partners; "": none."""

    __tablename__ = "point_partners"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> checked_by", name="four_eyes"),
        CheckConstraint("state NOT IN ('active', 'suspended') OR decided_by IS NOT NULL", name="approved"),
        CheckConstraint("contract_from IS NULL OR contract_from <= contract_until", name="contract"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100))
    trade: Mapped[str] = mapped_column(String(100))
    ward: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(20))
    opening: Mapped[str] = mapped_column(String(300), default="")
    group: Mapped[str] = mapped_column("coupon_group", String(30), default="")
    state: Mapped[str] = mapped_column(String(10))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("point_accounts.id"), unique=True)
    contract_from: Mapped[date | None]
    contract_until: Mapped[date | None]
    applied_at: Mapped[datetime]
    checked_by: Mapped[UUID | None]
    checked_label: Mapped[str] = mapped_column(String(200), default="")
    checked_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(300), default="")


class PartnerBank(Base):
    """An account of a shop, sealed (bank.py): the one in force is that of the latest `in_force_on` until today. Rows stay,
    so that a file for the bank can be made again as it was."""

    __tablename__ = "point_partner_banks"
    __table_args__ = (UniqueConstraint("partner_id", "in_force_on"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("point_partners.id"))
    key_id: Mapped[str] = mapped_column(String(40), index=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary(80))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    in_force_on: Mapped[date | None]

    def __repr__(self) -> str:
        """Nothing of the account."""
        return f"<PartnerBank {self.id}>"


class PartnerChange(Base):
    """Another account, a renewal or the end of a contract, from the request on; or a terminal (`client`) that stands in
    the shop `from_id` and is to stand in this one. Of each kind, and of each terminal, one is open at a time (`open_key`).
    Who checked is never who decided."""

    __tablename__ = "point_partner_changes"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> checked_by", name="four_eyes"),
        CheckConstraint("(kind = 'account') = (bank_id IS NOT NULL)", name="account"),
        CheckConstraint(
            "kind <> 'terminal' OR (client IS NOT NULL AND from_id IS NOT NULL AND from_id <> partner_id)",
            name="terminal",
        ),
        CheckConstraint(
            "kind <> 'terminal' OR step <> 'agreed' OR (checked_by IS NOT NULL AND decided_by IS NOT NULL)",
            name="moved_by_two",
        ),
        Index("ix_point_partner_changes_partner_id", "partner_id"),
        Index("ix_point_partner_changes_resident_id", "resident_id"),
    )
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("point_partners.id"))
    kind: Mapped[str] = mapped_column(String(10))
    step: Mapped[str] = mapped_column(String(10))
    open_key: Mapped[str | None] = mapped_column(String(60), unique=True)
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    asked_at: Mapped[datetime]
    bank_id: Mapped[UUID | None] = mapped_column(ForeignKey("point_partner_banks.id"), unique=True)
    client: Mapped[UUID | None] = mapped_column(ForeignKey("clients.id"))
    from_id: Mapped[UUID | None] = mapped_column(ForeignKey("point_partners.id"))
    day: Mapped[date | None]
    checked_by: Mapped[UUID | None]
    checked_label: Mapped[str] = mapped_column(String(200), default="")
    checked_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(300), default="")


class PartnerKeeper(Base):
    """A resident who acts for a shop: the one who applied for it, or one the city named. Who named them (`named_by`) is
    never who agreed; until somebody agreed they do nothing."""

    __tablename__ = "point_partner_keepers"
    __table_args__ = (
        Index("ix_point_partner_keepers_resident_id", "resident_id"),
        CheckConstraint("agreed_by IS NULL OR agreed_by <> named_by", name="four_eyes"),
    )
    __subject__ = "resident_id"

    partner_id: Mapped[UUID] = mapped_column(ForeignKey("point_partners.id"), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    since: Mapped[datetime]
    named_by: Mapped[UUID | None]
    named_label: Mapped[str] = mapped_column(String(200), default="")
    agreed_by: Mapped[UUID | None]
    agreed_label: Mapped[str] = mapped_column(String(200), default="")


class PartnerTerminal(Base):
    """The shop in which a terminal stands."""

    __tablename__ = "point_partner_terminals"

    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("point_partners.id"), index=True)
    since: Mapped[datetime]


class PointSale(Base):
    """Points a shop took, once a `key`: by a touch of a card, or for a coupon. Taken back or on a statement, never both."""

    __tablename__ = "point_sales"
    __table_args__ = (
        CheckConstraint("points > 0", name="positive"),
        CheckConstraint("reversed_at IS NULL OR statement_id IS NULL", name="one_end"),
        Index("ix_point_sales_partner_id_at", "partner_id", "at"),
        Index("ix_point_sales_resident_id", "resident_id"),
        Index("ix_point_sales_statement_id", "statement_id"),
    )
    __subject__ = "resident_id"

    reference: Mapped[str] = mapped_column(String(14), primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("point_partners.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    way: Mapped[str] = mapped_column(String(10))
    coupon: Mapped[str | None] = mapped_column(ForeignKey("point_coupons.reference"))
    points: Mapped[int]
    transfer: Mapped[int] = mapped_column(ForeignKey("point_transfers.number"), unique=True)
    at: Mapped[datetime]
    by_label: Mapped[str] = mapped_column(String(200))
    reversed_at: Mapped[datetime | None]
    reversed_label: Mapped[str] = mapped_column(String(200), default="")
    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("point_statements.id"))


class PointChallenge(Base):
    """What a card has to answer for one payment; `bound` is the digest of terminal, shop, card and sum."""

    __tablename__ = "point_challenges"
    __table_args__ = (Index("ix_point_challenges_made_at", "made_at"),)

    challenge: Mapped[str] = mapped_column(String(16), primary_key=True)
    bound: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PointConfirmation(Base):
    """A large payment by card, or the use of a `coupon` worth as much, that waits until its holder agrees on the phone:
    `reference` is the payment's from then on."""

    __tablename__ = "point_confirmations"
    __table_args__ = (
        CheckConstraint("points > 0", name="positive"),
        Index("ix_point_confirmations_resident_id", "resident_id", "state"),
        Index("ix_point_confirmations_until", "until"),
    )
    __subject__ = "resident_id"

    reference: Mapped[str] = mapped_column(String(14), primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("point_partners.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    card: Mapped[str] = mapped_column(String(20))
    points: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    by_label: Mapped[str] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    coupon: Mapped[str | None] = mapped_column(ForeignKey("point_coupons.reference"))


class PointStatement(Base):
    """What a shop gets for a month. Who approved it is never who made the bank's file (`paid_by`);
    statements of one file have one `filed_at`. Money the bank sent back (`returned_at`; `returned_file` is the `filed_at` it
    had) waits to be approved and filed once more. After years its payments are forgotten one by one (`forgotten_at`)."""

    __tablename__ = "point_statements"
    __table_args__ = (
        UniqueConstraint("partner_id", "month"),
        CheckConstraint("points > 0 AND yen > 0 AND sales > 0", name="positive"),
        CheckConstraint("paid_by IS NULL OR paid_by <> approved_by", name="four_eyes"),
        CheckConstraint("paid_by IS NULL OR approved_by IS NOT NULL", name="approved"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("point_partners.id"))
    month: Mapped[date]
    number: Mapped[str] = mapped_column(String(14), unique=True)
    sales: Mapped[int]
    points: Mapped[int]
    yen: Mapped[int]
    transfer: Mapped[int] = mapped_column(ForeignKey("point_transfers.number"), unique=True)
    made_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    approved_label: Mapped[str] = mapped_column(String(200), default="")
    approved_at: Mapped[datetime | None]
    paid_by: Mapped[UUID | None]
    paid_label: Mapped[str] = mapped_column(String(200), default="")
    pay_on: Mapped[date | None]
    filed_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    returned_file: Mapped[datetime | None]
    returned_label: Mapped[str] = mapped_column(String(200), default="")
    returned_why: Mapped[str] = mapped_column(String(300), default="")
    forgotten_at: Mapped[datetime | None]
