"""What bodies say to companies: drafts and batches, recipients, receipts in order, and where systems are told."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0084"
down_revision = "0083"

UNTOLD = sa.text("untold")


def _refers(table: str, column: str, to: str, **more: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), **more)  # type: ignore[arg-type]


def upgrade() -> None:
    op.create_table(
        "company_sendings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("owner", sa.String(20), nullable=False),
        sa.Column("sender", sa.String(120), nullable=False),
        sa.Column("client_id", sa.Uuid),
        sa.Column("author_id", sa.Uuid),
        sa.Column("key", sa.String(100)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("remind_days", sa.Integer, nullable=False),
        sa.Column("choices", sa.JSON, nullable=False),
        sa.Column("confidential", sa.Boolean, nullable=False),
        sa.Column("chosen", sa.JSON, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("send_at", Instant),
        sa.Column("written_at", Instant, nullable=False),
        sa.Column("proposed_by", sa.Uuid),
        sa.Column("approved_by", sa.Uuid),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_company_sendings_four_eyes")
        ),
        _refers("company_sendings", "client_id", "clients"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_sendings")),
        sa.UniqueConstraint("client_id", "key", name=op.f("uq_company_sendings_client_id_key")),
    )
    op.create_index("ix_company_sendings_owner", "company_sendings", ["owner", "written_at"])
    _recipients()
    _receipts()


def _recipients() -> None:
    op.create_table(
        "company_recipients",
        sa.Column("sending_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("told_as", sa.String(100), nullable=False),
        sa.Column("delivered_at", Instant),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("untold", sa.Boolean, nullable=False),
        _refers("company_recipients", "sending_id", "company_sendings", ondelete="CASCADE"),
        _refers("company_recipients", "company_id", "companies"),
        sa.PrimaryKeyConstraint("sending_id", "company_id", name=op.f("pk_company_recipients")),
    )
    op.create_index(
        "ix_company_recipients_untold",
        "company_recipients",
        ["sending_id"],
        sqlite_where=UNTOLD,
        postgresql_where=UNTOLD,
    )
    op.create_index("ix_company_recipients_company_id", "company_recipients", ["company_id"])


def _receipts() -> None:
    op.create_table(
        "company_receipts",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("sending_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("choice", sa.Integer),
        sa.Column("at", Instant, nullable=False),
        _refers("company_receipts", "client_id", "clients"),
        _refers("company_receipts", "sending_id", "company_sendings"),
        _refers("company_receipts", "company_id", "companies"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_company_receipts")),
    )
    op.create_index("ix_company_receipts_client_id_number", "company_receipts", ["client_id", "number"])
    op.create_index("ix_company_receipts_at", "company_receipts", ["at"])
    turn = op.create_table(
        "company_receipt_turn",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_receipt_turn")),
    )
    op.bulk_insert(turn, [{"id": 1, "taken": 0}])
    op.create_table(
        "company_webhooks",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("old_until", Instant),
        sa.Column("told", sa.Integer, nullable=False),
        _refers("company_webhooks", "client_id", "clients"),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_company_webhooks")),
    )


def downgrade() -> None:
    for gone in (
        "company_webhooks",
        "company_receipt_turn",
        "company_receipts",
        "company_recipients",
        "company_sendings",
    ):
        op.drop_table(gone)
