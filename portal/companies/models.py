"""The national register's copy, accounts of companies, their people, delegations, and their mailbox."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index

OPEN = text("revoked_at IS NULL")
SAYS = text("choice IS NOT NULL OR said <> ''")
"""Answers that still say something: those a retention has to look through."""
IN_MAILBOX, AWAY = text("archived_at IS NULL"), text("archived_at IS NOT NULL")
UNREAD, WAITS = text("archived_at IS NULL AND read_at IS NULL"), text("archived_at IS NULL AND waits")
"""A list asks in these very words: SQLite takes an index of a part for no others, and makes a list of it alone only if it
has the columns of the condition too."""
LISTED = ("company_id", "sent_at", "notice_id", "topic", "archived_at")
OPEN_OFFICE = text("head_id IS NOT NULL AND closed_on IS NULL")
TO_REMIND = text("remind_days > 0 AND reminded_at IS NULL")


class Corporation(Base):
    """One 法人 as the National Tax Agency publishes it (法人番号公表サイト, 30 columns), its newest row. Public data."""

    __tablename__ = "corporations"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    process: Mapped[str] = mapped_column(String(2))
    updated_on: Mapped[date]
    changed_on: Mapped[date]
    name: Mapped[str] = mapped_column(String(150))
    kana: Mapped[str] = mapped_column(String(500))
    english: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(3))
    prefecture: Mapped[str] = mapped_column(String(10))
    city: Mapped[str] = mapped_column(String(20))
    street: Mapped[str] = mapped_column(String(300))
    postal_code: Mapped[str] = mapped_column(String(7))
    abroad: Mapped[str] = mapped_column(String(300))
    closed_on: Mapped[date | None]
    close_cause: Mapped[str] = mapped_column(String(2))
    successor: Mapped[int | None] = mapped_column(BigInteger)
    search_key: Mapped[str] = mapped_column(String(700))

    @property
    def address(self) -> str:
        """In one line; abroad as it is written there."""
        return self.abroad or f"{self.prefecture}{self.city}{self.street}"


class Removal(Base):
    """A number that was taken off the register (処理区分99), and when: an older file does not bring it back."""

    __tablename__ = "corporation_removals"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    updated_on: Mapped[date]


class Gram(Base):
    """Two neighbouring letters of a corporation's name or kana: parts of names are found by them on either database."""

    __tablename__ = "corporation_grams"

    gram: Mapped[str] = mapped_column(String(2), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Company(Base):
    """An account. `key` is its 法人番号, or a number of our own for a sole proprietor (個人事業主) or a branch.

    A branch (支店・事業所) belongs to `head_id`; `office` is its own name, `name` the company's and its own.
    """

    __tablename__ = "companies"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("(head_id IS NULL) = (kind <> 'branch')", name="branch"),
        Index("ix_companies_head_id", "head_id"),
        partial_index("uq_companies_open_office", "head_id", "office", unique=True, where=OPEN_OFFICE),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(14))
    kind: Mapped[str] = mapped_column(String(12))
    head_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"))
    office: Mapped[str] = mapped_column(String(60), default="")
    name: Mapped[str] = mapped_column(String(220))
    address: Mapped[str] = mapped_column(String(400))
    region: Mapped[str] = mapped_column(String(30))
    closed_on: Mapped[date | None]
    created_at: Mapped[datetime]


class Succession(Base):
    """A corporation was merged into another: `said` is the 法人番号 the register names, `successor` that of the heir at the
    end of all mergers ("" where they run in a circle), whose representative may take over the mailbox."""

    __tablename__ = "company_successions"

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    said: Mapped[str] = mapped_column(String(13))
    successor: Mapped[str] = mapped_column(String(13), index=True)
    at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))


class RegisterChange(Base):
    """The register gave a company another name or address: both words, so that who used the old one can be told."""

    __tablename__ = "register_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    at: Mapped[datetime]
    name_before: Mapped[str] = mapped_column(String(220))
    address_before: Mapped[str] = mapped_column(String(400))
    name_after: Mapped[str] = mapped_column(String(220))
    address_after: Mapped[str] = mapped_column(String(400))


class BusinessPerson(Base):
    """Somebody who signs in with gBizID: who they are is what the provider says (`issuer` and `subject`)."""

    __tablename__ = "business_people"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(100))
    account_type: Mapped[str] = mapped_column(String(12))
    seen_at: Mapped[datetime]


class CompanyMember(Base):
    """Who acts for their own company, or for a branch of it. Ended, not erased: what they did stays theirs. Somebody
    `confined` acts for the branches they were given alone, no longer for the company itself."""

    __tablename__ = "company_members"

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    confined: Mapped[bool] = mapped_column(default=False)


class Delegation(Base):
    """A company lets another one act for it (委任): for what, until which day."""

    __tablename__ = "company_delegations"
    __table_args__ = (
        Index("ix_company_delegations_agent_id", "agent_id"),
        CheckConstraint("company_id <> agent_id", name="another"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    profession: Mapped[str] = mapped_column(String(20))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    given_at: Mapped[datetime]
    given_by: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"))
    ends_on: Mapped[date]
    revoked_at: Mapped[datetime | None]


class GbizidDelegation(Base):
    """A company lets one person act for it, as that person's newest sign-in at gBizID says (委任). `ended_at`: a later
    sign-in no longer said it; `stopped_at`: the company stopped it here, whatever gBizID says."""

    __tablename__ = "gbizid_delegations"
    __table_args__ = (UniqueConstraint("person_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), index=True)
    number: Mapped[str] = mapped_column(String(20))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    first_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stopped_by: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))


class BusinessNotice(Base):
    """What one or many companies are told: a msgid with facts, so that each reads it in their own language.

    `topic` is what a confidential one is about (rules.Topic). `kind` says what is asked (mailbox.rules.Kind) until `due_on`,
    `choices` how it may be answered, `remind_days` how many days before they are reminded. `owner` is the public body that
    sees receipts and answers ("": the system itself), `words` what a search looks through.
    """

    __tablename__ = "business_notices"
    __table_args__ = (
        UniqueConstraint("key"),
        partial_index("ix_business_notices_due_on", "due_on", where=TO_REMIND),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    link: Mapped[str] = mapped_column(String(200))
    sender: Mapped[str] = mapped_column(String(120))
    confidential: Mapped[bool]
    topic: Mapped[str] = mapped_column(String(12), default="other")
    sent_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20), default="information")
    due_on: Mapped[date | None]
    remind_days: Mapped[int] = mapped_column(default=0)
    choices: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    owner: Mapped[str] = mapped_column(String(20), default="")
    words: Mapped[str] = mapped_column(Text, default="")
    reminded_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str] = mapped_column(String(500), default="")


class BusinessDelivery(Base):
    """A notice in one company's mailbox, why it came, who opened it first, and what the company did with it.

    `sent_at` and `topic` ("": not confidential) are the notice's, so that a list is made of an index alone. `waits`:
    something is asked and not done. `choice` is a place in the notice's options, `said` what was added in words.
    """

    __tablename__ = "business_deliveries"
    __table_args__ = (
        partial_index("ix_business_deliveries_in_mailbox", *LISTED, where=IN_MAILBOX),
        partial_index("ix_business_deliveries_unread", *LISTED, "read_at", where=UNREAD),
        partial_index("ix_business_deliveries_waits", *LISTED, "waits", where=WAITS),
        partial_index("ix_business_deliveries_put_away", *LISTED, where=AWAY),
        partial_index("ix_business_deliveries_settled_at", "settled_at", where=SAYS),
    )

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("business_notices.id"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    sent_at: Mapped[datetime]
    topic: Mapped[str] = mapped_column(String(12), default="")
    read_at: Mapped[datetime | None]
    read_by: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
    waits: Mapped[bool] = mapped_column(default=False)
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
    choice: Mapped[int | None]
    said: Mapped[str] = mapped_column(Text, default="")
    archived_at: Mapped[datetime | None]


class CompanyGrant(Base):
    """A company lets a person of its own, or an agent's company, read confidential notices: of these `topics` (none: of
    all), until a last day. Ended, not erased; by nobody (`revoked_by`) where it ran out."""

    __tablename__ = "company_grants"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (agent_id IS NULL)", name="one_of_two"),
        partial_index("uq_company_grants_person", "company_id", "person_id", unique=True, where=OPEN),
        partial_index("uq_company_grants_agent", "company_id", "agent_id", unique=True, where=OPEN),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"))
    given_at: Mapped[datetime]
    given_by: Mapped[UUID] = mapped_column(ForeignKey("business_people.id"))
    topics: Mapped[list[str]] = mapped_column(JSON, default=list)
    ends_on: Mapped[date | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))
