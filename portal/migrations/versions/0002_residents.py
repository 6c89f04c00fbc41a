"""The addressee register."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.core.db import Instant

revision = "0002"
down_revision = "0001"

KANA = sa.String(100).with_variant(postgresql.VARCHAR(100, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "residents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("addressee_number", sa.String(15), nullable=False),
        sa.Column("household_number", sa.String(15), nullable=False),
        sa.Column("relation", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kana", KANA, nullable=False),
        sa.Column("kana_key", KANA, nullable=False),
        sa.Column("alias", sa.String(100), nullable=False),
        sa.Column("alias_kana", sa.String(100), nullable=False),
        sa.Column("birth_date", sa.Date, nullable=False),
        sa.Column("sex", sa.String(10), nullable=False),
        sa.Column("nationality", sa.String(40), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("postal_code", sa.String(7), nullable=False),
        sa.Column("ward", sa.String(20), nullable=False),
        sa.Column("town", sa.String(60), nullable=False),
        sa.Column("block", sa.String(100), nullable=False),
        sa.Column("building", sa.String(100), nullable=False),
        sa.Column("domicile", sa.String(200), nullable=False),
        sa.Column("domicile_head", sa.String(100), nullable=False),
        sa.Column("moved_in", sa.Date, nullable=False),
        sa.Column("moved_out", sa.Date),
        sa.Column("previous_address", sa.String(200), nullable=False),
        sa.Column("protected", sa.Boolean, nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("fictitious", sa.Boolean, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("taken_at", Instant, nullable=False),
        sa.CheckConstraint("sex IN ('female', 'male')", name=op.f("ck_residents_sex")),
        sa.CheckConstraint("moved_out IS NULL OR moved_out >= moved_in", name=op.f("ck_residents_moves")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residents")),
        sa.UniqueConstraint("addressee_number", name=op.f("uq_residents_addressee_number")),
    )
    op.create_index("ix_residents_household_number", "residents", ["household_number"])
    op.create_index("ix_residents_kana_key", "residents", ["kana_key"])
    op.create_index("ix_residents_ward_birth_date", "residents", ["ward", "birth_date"])
    op.create_index("ix_residents_birth_date", "residents", ["birth_date"])


def downgrade() -> None:
    op.drop_table("residents")
