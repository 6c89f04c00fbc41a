"""Certificates: orders, the payments for them, counters of issue numbers."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "certificate_orders",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("copies", sa.Integer, nullable=False),
        sa.Column("fee", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("office", sa.String(60), nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("session_id", sa.Uuid, nullable=False),
        sa.Column("owner_hash", sa.String(64), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("issue_number", sa.String(30)),
        sa.Column("verification_code", sa.String(14)),
        sa.Column("document_sha256", sa.String(64)),
        sa.Column("print_job", sa.String(80)),
        sa.Column("failure", sa.String(40)),
        sa.Column("ordered_at", Instant, nullable=False),
        sa.Column("paid_at", Instant),
        sa.Column("rendered_at", Instant),
        sa.Column("closed_at", Instant),
        sa.CheckConstraint(
            "state IN ('ordered', 'paid', 'rendered', 'printed', 'refunded', 'cancelled')",
            name=op.f("ck_certificate_orders_state"),
        ),
        sa.CheckConstraint("copies BETWEEN 1 AND 5", name=op.f("ck_certificate_orders_copies")),
        sa.CheckConstraint("fee >= 0", name=op.f("ck_certificate_orders_fee")),
        sa.CheckConstraint(
            "state IN ('ordered', 'cancelled') OR (paid_at IS NOT NULL AND issue_number IS NOT NULL)",
            name=op.f("ck_certificate_orders_paid_before_paper"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_orders")),
        sa.UniqueConstraint("issue_number", name=op.f("uq_certificate_orders_issue_number")),
        sa.UniqueConstraint("verification_code", name=op.f("uq_certificate_orders_verification_code")),
    )
    op.create_index("ix_certificate_orders_session_id", "certificate_orders", ["session_id"])
    op.create_index("ix_certificate_orders_device_id_state", "certificate_orders", ["device_id", "state"])
    op.create_index("ix_certificate_orders_resident_id_ordered_at", "certificate_orders", ["resident_id", "ordered_at"])
    op.create_table(
        "certificate_payments",
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("receipt", sa.String(80), nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_certificate_payments_amount")),
        sa.PrimaryKeyConstraint("device_id", "receipt", name=op.f("pk_certificate_payments")),
        sa.UniqueConstraint("order_id", name=op.f("uq_certificate_payments_order_id")),
    )
    op.create_table(
        "certificate_counters",
        sa.Column("ward_code", sa.String(3), nullable=False),
        sa.Column("year", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("ward_code", "year", name=op.f("pk_certificate_counters")),
    )


def downgrade() -> None:
    for table in ("certificate_counters", "certificate_payments", "certificate_orders"):
        op.drop_table(table)
