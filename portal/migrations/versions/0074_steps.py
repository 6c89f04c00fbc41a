"""Steps of a day of people who agreed to it."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0074"
down_revision = "0073"


def upgrade() -> None:
    op.create_table(
        "health_days",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("series", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("steps", sa.Integer, nullable=True),
        sa.Column("mark", sa.String(32), nullable=False),
        sa.Column("programme", sa.String(30), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("doubt", sa.String(10), nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.CheckConstraint("steps IS NULL OR steps >= 0", name=op.f("ck_health_days_steps")),
        sa.CheckConstraint("(resident_id IS NULL) = (steps IS NULL)", name=op.f("ck_health_days_emptied")),
        sa.ForeignKeyConstraint(
            ["programme"], ["point_programmes.code"], name=op.f("fk_health_days_programme_point_programmes")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_health_days_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_days")),
        sa.UniqueConstraint("resident_id", "day", name=op.f("uq_health_days_resident_id_day")),
        sa.UniqueConstraint("series", "day", name=op.f("uq_health_days_series_day")),
    )
    op.create_index("ix_health_days_day_mark", "health_days", ["day", "mark"])
    op.create_index("ix_health_days_state", "health_days", ["state", "recorded_at"])


def downgrade() -> None:
    op.drop_table("health_days")
