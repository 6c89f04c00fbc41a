"""Challenges that a card answers for one payment at a shop."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0070"
down_revision = "0068"


def upgrade() -> None:
    op.create_table(
        "point_challenges",
        sa.Column("challenge", sa.String(16), primary_key=True),
        sa.Column("bound", sa.String(64), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
    )
    op.create_index("ix_point_challenges_made_at", "point_challenges", ["made_at"])


def downgrade() -> None:
    op.drop_table("point_challenges")
