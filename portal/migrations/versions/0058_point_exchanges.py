"""Exchanges of citizen points for private ones, and what the daily comparison found."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    name = "point_exchanges"
    op.create_table(
        name,
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("member", sa.String(20), nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("hold", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("why", sa.String(40), nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("done_at", Instant, nullable=True),
        sa.CheckConstraint("points > 0", name=op.f("ck_point_exchanges_positive")),
        sa.ForeignKeyConstraint(["hold"], ["point_holds.number"], name=op.f("fk_point_exchanges_hold_point_holds")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_point_exchanges_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_point_exchanges")),
        sa.UniqueConstraint("hold", name=op.f("uq_point_exchanges_hold")),
    )
    op.create_index("ix_point_exchanges_resident_id", name, ["resident_id", "asked_at"])
    op.create_index("ix_point_exchanges_done_at", name, ["done_at"])
    name = "point_exchange_differences"
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("here", sa.Integer, nullable=False),
        sa.Column("there", sa.Integer, nullable=False),
        sa.Column("found_at", Instant, nullable=False),
        sa.Column("settled_at", Instant, nullable=True),
        sa.Column("settled_label", sa.String(200), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_exchange_differences")),
        sa.UniqueConstraint("key", "kind", name=op.f("uq_point_exchange_differences_key_kind")),
    )


def downgrade() -> None:
    op.drop_table("point_exchange_differences")
    op.drop_table("point_exchanges")
