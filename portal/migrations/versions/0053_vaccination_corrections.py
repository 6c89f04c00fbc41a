"""What a vaccination record said before it was corrected."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.create_table(
        "vaccination_corrections",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("vaccine", sa.String(40), nullable=False),
        sa.Column("dose", sa.Integer, nullable=False),
        sa.Column("given_on", sa.Date, nullable=False),
        sa.Column("place", sa.String(100), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        sa.Column("corrected_by", sa.String(120), nullable=False),
        sa.Column("corrected_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_vaccination_corrections_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_vaccination_corrections")),
    )
    op.create_index("ix_vaccination_corrections_resident_id", "vaccination_corrections", ["resident_id"])


def downgrade() -> None:
    op.drop_index("ix_vaccination_corrections_resident_id", "vaccination_corrections")
    op.drop_table("vaccination_corrections")
