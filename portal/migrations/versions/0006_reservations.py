"""Reservations: slots with places, bookings."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0006"
down_revision = "0005"

ACTIVE = sa.text("state IN ('booked', 'arrived') AND application_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "slots",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= capacity", name=op.f("ck_slots_taken")),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_slots_office_offices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slots")),
        sa.UniqueConstraint("office", "starts_at", name=op.f("uq_slots_office_starts_at")),
    )
    op.create_table(
        "bookings",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("application_id", sa.Uuid),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("slot_id", sa.Integer, nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("ticket", sa.String(10), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_bookings_application_id_applications")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_bookings_resident_id_residents")),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_bookings_slot_id_slots")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_index("ix_bookings_resident_id", "bookings", ["resident_id"])
    op.create_index("ix_bookings_reference", "bookings", ["reference"])
    op.create_index("ix_bookings_state_starts_at", "bookings", ["state", "starts_at"])
    op.create_index(
        "uq_bookings_active",
        "bookings",
        ["application_id"],
        unique=True,
        sqlite_where=ACTIVE,
        postgresql_where=ACTIVE,
    )


def downgrade() -> None:
    for table in ("bookings", "slots"):
        op.drop_table(table)
