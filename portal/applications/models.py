"""Tables: applications, their one timeline, and what a clerk asked to correct."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

ONE_DRAFT = text("state = 'draft'")
WAITING = text("resolved_at IS NULL")
NOT_SENT = text("sent_at IS NULL")


class Application(Base):
    """One case from the first draft to its end.

    `answers` holds sound answers by field; `typed` what was typed and not understood, by input, so that
    nothing is lost; `known` what the register said when the draft began, by source (known.Known), and the files
    handed in (fields/attachment.py); `seen` the pages the person has saved: what the city filled in counts only after
    they looked at it; `writers` who wrote each page last, so that two devices notice each other (conflicts.py).
    `erased_at` says that all of these are gone (retention.py), `held_because` why they must stay; `warned_at` that the
    owner of a draft was told it will go. `channel` says who fills it in and sends it: the person, or the office with
    them. It is a resident's, a company's (`sent_by` is who sent it for them), or, with neither, was filed without an
    account (guests.py); applicants.py says which.
    """

    __tablename__ = "applications"
    __subject__ = "whose"
    __table_args__ = (
        Index("ix_applications_resident_id", "resident_id"),
        Index("ix_applications_state_submitted_at", "state", "submitted_at"),
        partial_index(
            "uq_applications_draft",
            "resident_id",
            "procedure",
            unique=True,
            where=ONE_DRAFT,
        ),
        Index("ix_applications_company_id", "company_id"),
        partial_index(
            "uq_applications_company_draft",
            "company_id",
            "procedure",
            unique=True,
            where=ONE_DRAFT,
        ),
        CheckConstraint("(state = 'draft') = (submitted_at IS NULL)", name="submitted"),
        CheckConstraint("resident_id IS NULL OR company_id IS NULL", name="applicant"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(String(14), unique=True)
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"))
    sent_by: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
    procedure: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    typed: Mapped[dict[str, Any]] = mapped_column(JSON)
    known: Mapped[dict[str, Any]] = mapped_column(JSON)
    seen: Mapped[list[str]] = mapped_column(JSON)
    writers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    started_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    held_because: Mapped[str] = mapped_column(String(200), default="")
    warned_at: Mapped[datetime | None]
    channel: Mapped[str] = mapped_column(String(10), default="online")
    claimed_by: Mapped[UUID | None]
    claimed_label: Mapped[str] = mapped_column(String(200), default="")
    claimed_at: Mapped[datetime | None]

    @property
    def whose(self) -> UUID | None:
        """Whom records name: the resident or the company; nobody where it was filed without an account."""
        return self.resident_id or self.company_id

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<Application {self.id}>"


class ApplicationEvent(Base):
    """One line of the timeline that application, booking and visit share. The person reads it."""

    __tablename__ = "application_events"
    __table_args__ = (Index("ix_application_events_application_id", "application_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(30))
    actor_label: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(String(200))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class CorrectionRequest(Base):
    """One field a clerk asked to correct; at most one open request a field.

    `before` and `after` are the answer when it was asked about and when it came back, `reply` what the person wrote.
    """

    __tablename__ = "correction_requests"
    __table_args__ = (
        partial_index(
            "uq_correction_requests_open",
            "application_id",
            "field",
            unique=True,
            where=WAITING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    resolved_at: Mapped[datetime | None]
    before: Mapped[Any | None] = mapped_column(JSON)
    after: Mapped[Any | None] = mapped_column(JSON)
    reply: Mapped[str] = mapped_column(Text, default="")


class GuestKey(Base):
    """What opens an application filed without an account: the hash of its password, and of the cookie now in use."""

    __tablename__ = "guest_keys"

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    token_until: Mapped[datetime | None]

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<GuestKey {self.application_id}>"


class Sitting:
    """Who at which office sits over something with its resident, or did: at most one member of staff at a time.

    `label` is the office, section and number of the member; `verified_how` as in core.identity. The sitting lasts while
    `seen_at` is fresh (assisted/rules.py) and `ended_at` is not set. `confirmed_how` says how the person confirmed what was
    sent (rules.Confirmation).
    """

    member_id: Mapped[UUID]
    label: Mapped[str] = mapped_column(String(200))
    office: Mapped[str] = mapped_column(String(20))
    verified_how: Mapped[str] = mapped_column(String(30))
    verified_at: Mapped[datetime]
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    confirmed_how: Mapped[str] = mapped_column(String(20), default="")
    sent_at: Mapped[datetime | None]


class Assistance(Sitting, Base):
    """A draft that the office fills in with its resident, or filled in."""

    __tablename__ = "assisted_applications"
    __table_args__ = (
        Index("ix_assisted_applications_member_id", "member_id"),
        Index("ix_assisted_applications_office_sent_at", "office", "sent_at"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True)

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<Assistance {self.application_id}>"


class AssistedCorrection(Sitting, Base):
    """A correction that the office makes with the resident, or made; every one that was sent stays on record, and one at a
    time is being made."""

    __tablename__ = "assisted_corrections"
    __table_args__ = (
        Index("ix_assisted_corrections_application_id", "application_id"),
        Index("ix_assisted_corrections_member_id", "member_id"),
        partial_index(
            "uq_assisted_corrections_open",
            "application_id",
            unique=True,
            where=NOT_SENT,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))

    def __repr__(self) -> str:
        """Only the id: rows end up in tracebacks and logs."""
        return f"<AssistedCorrection {self.id}>"
