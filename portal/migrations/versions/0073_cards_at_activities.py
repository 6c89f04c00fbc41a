"""Terminals of organisations, and the cards put on them."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0073"
down_revision = "0071"


def upgrade() -> None:
    op.create_table(
        "volunteer_terminals",
        sa.Column("client", sa.Uuid, nullable=False),
        sa.Column("host_id", sa.Uuid, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_volunteer_terminals_client_clients")),
        sa.ForeignKeyConstraint(
            ["host_id"], ["volunteer_hosts.id"], name=op.f("fk_volunteer_terminals_host_id_volunteer_hosts")
        ),
        sa.PrimaryKeyConstraint("client", name=op.f("pk_volunteer_terminals")),
    )
    op.create_index(op.f("ix_volunteer_terminals_host_id"), "volunteer_terminals", ["host_id"])
    op.create_table(
        "volunteer_touches",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("client", sa.Uuid, nullable=False),
        sa.Column("host_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("activity_id", sa.Uuid, nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_volunteer_touches_client_clients")),
        sa.ForeignKeyConstraint(
            ["host_id"], ["volunteer_hosts.id"], name=op.f("fk_volunteer_touches_host_id_volunteer_hosts")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_volunteer_touches_resident_id_residents")
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["volunteer_activities.id"],
            name=op.f("fk_volunteer_touches_activity_id_volunteer_activities"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_touches")),
        sa.UniqueConstraint("client", "resident_id", "at", name=op.f("uq_volunteer_touches_client_resident_id_at")),
    )  # fmt: skip
    op.create_index("ix_volunteer_touches_activity_id", "volunteer_touches", ["activity_id", "resident_id"])
    op.create_index("ix_volunteer_touches_at", "volunteer_touches", ["at"])
    op.create_index("ix_volunteer_touches_state", "volunteer_touches", ["state", "recorded_at"])


def downgrade() -> None:
    op.drop_table("volunteer_touches")
    op.drop_table("volunteer_terminals")
