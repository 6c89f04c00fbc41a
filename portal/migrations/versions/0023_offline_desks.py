"""Blocks of numbers for desks without network, and the steps they made, merged later."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "offline_leases",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("block", sa.Integer, nullable=False),
        sa.Column("staff_id", sa.Uuid, nullable=False),
        sa.Column("issued_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_members.id"], name=op.f("fk_offline_leases_staff_id_staff_members")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_leases")),
        sa.UniqueConstraint("office", "day", "block", name="uq_offline_leases_office_day_block"),
    )
    op.create_table(
        "offline_steps",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("lease_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("what", sa.String(10), nullable=False),
        sa.Column("label", sa.String(10), nullable=False),
        sa.Column("desk_at", Instant, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("ticket_id", sa.Uuid),
        sa.Column("merged_at", Instant, nullable=False),
        sa.Column("merged_by", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(
            ["lease_id"],
            ["offline_leases.id"],
            name=op.f("fk_offline_steps_lease_id_offline_leases"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_offline_steps_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offline_steps")),
        sa.UniqueConstraint("lease_id", "place", name="uq_offline_steps_lease_id_place"),
    )
    op.create_index("ix_offline_steps_lease_id_label", "offline_steps", ["lease_id", "label"])


def downgrade() -> None:
    for table in ("offline_steps", "offline_leases"):
        op.drop_table(table)
