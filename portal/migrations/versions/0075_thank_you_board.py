"""Names on the thank-you board."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0075"
down_revision = "0074"


def upgrade() -> None:
    op.create_table(
        "recognition_entries",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_recognition_entries_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_recognition_entries")),
    )
    op.create_index("ix_recognition_entries_state", "recognition_entries", ["state", "asked_at"])


def downgrade() -> None:
    op.drop_table("recognition_entries")
