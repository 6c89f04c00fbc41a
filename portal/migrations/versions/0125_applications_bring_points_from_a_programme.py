"""Points for applications come from a programme: what waits for its budget; the first one, where such points were given."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0125"
down_revision = "0124"
KIND = "points.carry-over-e-services"
PROMISES = sa.table(
    "outbox", sa.column("kind"), sa.column("key"), sa.column("payload", sa.JSON), sa.column("lane"),
    sa.column("available_at", Instant), sa.column("attempts"),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "point_unpaid",
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("programme", sa.String(30), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("case_ref", sa.String(80), nullable=False),
        sa.CheckConstraint("quantity > 0 AND points > 0", name=op.f("ck_point_unpaid_promised")),
        sa.ForeignKeyConstraint(
            ["programme"], ["point_programmes.code"], name=op.f("fk_point_unpaid_programme_point_programmes")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_point_unpaid_resident_id_residents")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_point_unpaid")),
    )
    op.create_index("ix_point_unpaid_programme", "point_unpaid", ["programme", "at"])
    _ask_for_the_first_programme()


def _ask_for_the_first_programme() -> None:
    """The books are written by the program alone: it opens the programme, before anything else that waits."""
    there = sa.text("SELECT 1 FROM point_transfers WHERE reason = 'e-service' AND key LIKE 'application:%' LIMIT 1")
    if op.get_bind().execute(there).first():
        promise = {
            "kind": KIND,
            "key": KIND,
            "payload": {},
            "lane": 0,
            "available_at": datetime.now(UTC),
            "attempts": 0,
        }
        op.get_bind().execute(sa.insert(PROMISES).values(promise))


def downgrade() -> None:
    op.execute(sa.delete(PROMISES).where(PROMISES.c.kind == KIND))
    op.drop_index("ix_point_unpaid_programme", "point_unpaid")
    op.drop_table("point_unpaid")
