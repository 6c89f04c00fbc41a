"""What a time-stamping authority said of certificates that were delivered as files."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    op.create_table(
        "certificate_time_stamps",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("authority", sa.String(200), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["certificate_orders.id"],
            name=op.f("fk_certificate_time_stamps_order_id_certificate_orders"),
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_certificate_time_stamps")),
    )
    op.create_index(op.f("ix_certificate_time_stamps_sha256"), "certificate_time_stamps", ["sha256"])


def downgrade() -> None:
    op.drop_table("certificate_time_stamps")
