"""Card sessions at kiosks."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "kiosk_sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("challenge_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_kiosk_sessions_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosk_sessions")),
    )


def downgrade() -> None:
    op.drop_table("kiosk_sessions")
