"""Nearly the same steps are found by an index, people object; a coupon waits for its holder; old payments are forgotten."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0126"
down_revision = "0125"
COUPON = "fk_point_confirmations_coupon_point_coupons"


def upgrade() -> None:
    op.create_index("ix_health_days_day_steps", "health_days", ["day", "steps"])
    op.create_table(
        "health_objections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("open_key", sa.Uuid(), nullable=True),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_health_objections_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_objections")),
        sa.UniqueConstraint("open_key", name=op.f("uq_health_objections_open_key")),
    )
    op.create_index("ix_health_objections_resident_id", "health_objections", ["resident_id", "made_at"])
    op.create_index("ix_health_objections_state", "health_objections", ["state", "made_at"])
    with op.batch_alter_table("point_confirmations") as table:
        table.add_column(sa.Column("coupon", sa.String(14), nullable=True))
        table.create_foreign_key(op.f(COUPON), "point_coupons", ["coupon"], ["reference"])
    with op.batch_alter_table("point_statements") as table:
        table.add_column(sa.Column("forgotten_at", Instant, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("point_statements") as table:
        table.drop_column("forgotten_at")
    with op.batch_alter_table("point_confirmations") as table:
        table.drop_constraint(op.f(COUPON), type_="foreignkey")
        table.drop_column("coupon")
    op.drop_table("health_objections")
    op.drop_index("ix_health_days_day_steps", "health_days")
