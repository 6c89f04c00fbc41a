"""Corrections that the office makes with somebody: who did, and how each was confirmed."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0062"
down_revision = "0060"

NOT_SENT = sa.text("sent_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "assisted_corrections",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("verified_how", sa.String(30), nullable=False),
        sa.Column("verified_at", Instant, nullable=False),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.Column("confirmed_how", sa.String(20), nullable=False),
        sa.Column("sent_at", Instant),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_assisted_corrections_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assisted_corrections")),
    )
    op.create_index("ix_assisted_corrections_application_id", "assisted_corrections", ["application_id"])
    op.create_index("ix_assisted_corrections_member_id", "assisted_corrections", ["member_id"])
    op.create_index(
        "uq_assisted_corrections_open",
        "assisted_corrections",
        ["application_id"],
        unique=True,
        sqlite_where=NOT_SENT,
        postgresql_where=NOT_SENT,
    )


def downgrade() -> None:
    op.drop_table("assisted_corrections")
