"""Places of a slot that are kept for staff; tasks of proof of work that were used."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    # In one clause with the column: SQLite cannot add a constraint to a table that is there.
    op.execute(
        "ALTER TABLE slots ADD COLUMN kept INTEGER DEFAULT 0 NOT NULL "
        "CONSTRAINT ck_slots_kept CHECK (kept >= 0 AND kept <= capacity)"
    )
    op.create_table(
        "spent_tasks",
        sa.Column("task", sa.String(64), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_spent_tasks")),
    )


def downgrade() -> None:
    op.drop_table("spent_tasks")
    op.drop_column("slots", "kept")
