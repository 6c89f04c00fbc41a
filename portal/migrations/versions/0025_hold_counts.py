"""How often times were held for a person today, so that nobody keeps places from others by holding them over and over."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "hold_counts",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_hold_counts_resident_id_residents")),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_hold_counts")),
    )


def downgrade() -> None:
    op.drop_table("hold_counts")
