"""Accounts of residents and the keys that open them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index

STILL_VALID = text("ended_at IS NULL")


class Account(Base):
    """A resident's account. `user_handle` is what passkeys know the person by: random, never an id of ours."""

    __tablename__ = "accounts"
    __subject__ = "resident_id"

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    login_id: Mapped[str] = mapped_column(String(60), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    user_handle: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    language: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime]


class KnownBrowser(Base):
    """A browser its owner signed in with before; `browser` is the hash of its visitor cookie."""

    __tablename__ = "account_browsers"

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    browser: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime]


class AccountEvent(Base):
    """One line of the account's own timeline: a sign-in, a passkey added or removed."""

    __tablename__ = "account_events"
    __table_args__ = (Index("ix_account_events_resident_id_at", "resident_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(30))
    device: Mapped[str] = mapped_column(String(120))


class Passkey(Base):
    """A passkey (WebAuthn credential); only its public half is here."""

    __tablename__ = "passkeys"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_passkeys_resident_id", "resident_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Challenge(Base):
    """Bytes to be signed once: `context` binds them to one session and one purpose."""

    __tablename__ = "challenges"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    context: Mapped[str] = mapped_column(String(120))
    value: Mapped[bytes] = mapped_column(LargeBinary(200))
    expires_at: Mapped[datetime]


class IdentityCheck(Base):
    """A member of staff made sure who stands in front of them: `how` is core.identity.BY_CARD or a Document."""

    __tablename__ = "identity_checks"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_identity_checks_resident_id_at", "resident_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    member_id: Mapped[UUID]
    how: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime]


class CardEnrolment(Base):
    """Which card certificate stands for which resident, from when until when: one card a person, one person a card."""

    __tablename__ = "card_enrolments"
    __subject__ = "resident_id"
    __table_args__ = (
        Index("ix_card_enrolments_resident_id", "resident_id"),
        partial_index(
            "uq_card_enrolments_valid",
            "issuer",
            "serial",
            unique=True,
            where=STILL_VALID,
        ),
        partial_index(
            "uq_card_enrolments_person",
            "resident_id",
            unique=True,
            where=STILL_VALID,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    issuer: Mapped[str] = mapped_column(String(64))
    serial: Mapped[str] = mapped_column(String(40))
    fingerprint: Mapped[str] = mapped_column(String(64))
    valid_until: Mapped[datetime]
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
