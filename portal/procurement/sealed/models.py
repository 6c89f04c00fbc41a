"""Keys of officers, the lock of a tender with what opens it, and quotations as sealed bytes until two opened them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index


class OpeningKey(Base):
    """What the portal knows of an officer's opening code: the public key that follows from it. The code itself is on
    paper with the officer alone. An ended key opens what was locked with it and locks nothing new; an officer has one that
    has not ended."""

    __tablename__ = "opening_keys"
    __table_args__ = (
        Index("ix_opening_keys_member_id", "member_id"),
        partial_index("uq_opening_keys_in_use", "member_id", unique=True, where=text("ended_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class QuotationLock(Base):
    """To which public key the quotations of a tender are sealed; the portal's own share of the private one, wrapped by a
    key outside the database and bound to the opening time, the estimate and `terms`; and who has given their code. `terms`
    counts what was bought under this number: an amendment that buys something else begins the next."""

    __tablename__ = "quotation_locks"
    __table_args__ = (CheckConstraint("second_by IS NULL OR second_by <> first_by", name="two_people"),)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(40))
    portal_share: Mapped[bytes] = mapped_column(LargeBinary)
    terms: Mapped[int]
    first_by: Mapped[UUID | None]
    first_at: Mapped[datetime | None]
    first_key_id: Mapped[str] = mapped_column(String(40))
    first_shares: Mapped[bytes | None] = mapped_column(LargeBinary)
    second_by: Mapped[UUID | None]
    opened_at: Mapped[datetime | None]


class LockShare(Base):
    """Two officers' halves of what is missing beside the portal's share, each encrypted to one of them."""

    __tablename__ = "quotation_lock_shares"
    __table_args__ = (CheckConstraint("first_key <> second_key", name="two_keys"),)

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("quotation_locks.tender_id"), primary_key=True)
    first_key: Mapped[UUID] = mapped_column(ForeignKey("opening_keys.id"), primary_key=True)
    second_key: Mapped[UUID] = mapped_column(ForeignKey("opening_keys.id"), primary_key=True)
    for_first: Mapped[bytes] = mapped_column(LargeBinary)
    for_second: Mapped[bytes] = mapped_column(LargeBinary)


class Quotation(Base):
    """One company's quotation for `terms` of the tender. Until the opening only `sealed` says anything; `amount`, `draw` and
    `note` are filled in from it then, or `fault` says why it does not count."""

    __tablename__ = "quotations"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tenders.id"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"))
    filed_at: Mapped[datetime]
    terms: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    draw: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text)
    fault: Mapped[str] = mapped_column(String(12))
