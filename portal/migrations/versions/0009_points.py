"""Points: accounts and transfers."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "point_accounts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid),
        sa.Column("name", sa.String(60)),
        sa.Column("balance", sa.Integer, nullable=False),
        sa.CheckConstraint("resident_id IS NULL OR balance >= 0", name=op.f("ck_point_accounts_never_below_zero")),
        sa.CheckConstraint("(resident_id IS NULL) <> (name IS NULL)", name=op.f("ck_point_accounts_one_holder")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_point_accounts_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_accounts")),
        sa.UniqueConstraint("resident_id", name=op.f("uq_point_accounts_resident_id")),
        sa.UniqueConstraint("name", name=op.f("uq_point_accounts_name")),
    )
    op.create_table(
        "point_transfers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("target_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.Column("case_ref", sa.String(80), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_point_transfers_positive")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_point_transfers_two_legs")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["point_accounts.id"], name=op.f("fk_point_transfers_source_id_point_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["point_accounts.id"], name=op.f("fk_point_transfers_target_id_point_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_transfers")),
        sa.UniqueConstraint("key", name=op.f("uq_point_transfers_key")),
    )
    op.create_index("ix_point_transfers_target_id_at", "point_transfers", ["target_id", "at"])
    op.create_index("ix_point_transfers_source_id_at", "point_transfers", ["source_id", "at"])


def downgrade() -> None:
    op.drop_table("point_transfers")
    op.drop_table("point_accounts")
