"""E-mail to addresses of companies: that something new lies in the mailbox."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0085"
down_revision = "0084"

QUEUED, SENT_ONCE = sa.text("state = 'queued'"), sa.text("parcel IS NOT NULL")


def _refers(table: str, column: str, to: str, **more: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), **more)  # type: ignore[arg-type]


def upgrade() -> None:
    op.create_table(
        "company_mail_addresses",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("added_by", sa.Uuid, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("confirmed_at", Instant),
        sa.Column("hourly", sa.Boolean, nullable=False),
        sa.Column("others", sa.Boolean, nullable=False),
        sa.Column("paused", sa.String(20), nullable=False),
        _refers("company_mail_addresses", "company_id", "companies"),
        _refers("company_mail_addresses", "added_by", "business_people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_mail_addresses")),
        sa.UniqueConstraint("company_id", "address", name=op.f("uq_company_mail_addresses_company_id_address")),
    )
    op.create_table(
        "company_mails",
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("address_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("queued_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("late_at", Instant, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("parcel", sa.Uuid),
        sa.Column("settled_at", Instant),
        _refers("company_mails", "notice_id", "business_notices"),
        _refers("company_mails", "company_id", "companies"),
        _refers("company_mails", "address_id", "company_mail_addresses", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("notice_id", "company_id", "address_id", name=op.f("pk_company_mails")),
    )
    op.create_index(
        "ix_company_mails_due_at", "company_mails", ["due_at"], sqlite_where=QUEUED, postgresql_where=QUEUED
    )
    op.create_index("ix_company_mails_address_id", "company_mails", ["address_id"])
    op.create_index(
        "ix_company_mails_parcel", "company_mails", ["parcel"], sqlite_where=SENT_ONCE, postgresql_where=SENT_ONCE
    )
    op.create_index("ix_company_mails_queued_at", "company_mails", ["queued_at"])


def downgrade() -> None:
    op.drop_table("company_mails")
    op.drop_table("company_mail_addresses")
