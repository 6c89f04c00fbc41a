"""Points for many at once: who proposed and decided them, and how far the worker has come."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0067"
down_revision = "0066"


def upgrade() -> None:
    op.create_table(
        "point_gifts",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("programme", sa.String(30), nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("whom", sa.JSON, nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposed_label", sa.String(200), nullable=False),
        sa.Column("proposed_at", Instant, nullable=False),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("after", sa.Uuid, nullable=True),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.CheckConstraint("points > 0 AND people >= 0", name=op.f("ck_point_gifts_amounts")),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_point_gifts_four_eyes")),
        sa.CheckConstraint(
            "state IN ('proposed', 'refused') OR decided_by IS NOT NULL", name=op.f("ck_point_gifts_approved")
        ),
        sa.ForeignKeyConstraint(
            ["programme"], ["point_programmes.code"], name=op.f("fk_point_gifts_programme_point_programmes")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_point_gifts")),
    )


def downgrade() -> None:
    op.drop_table("point_gifts")
