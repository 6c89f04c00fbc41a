"""Several procedures in one visit, places held while a form is finished, days unlike others, limits per person."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0015"
down_revision = "0014"

BOOKED = sa.text("state = 'booked'")
PLANNED = sa.text("state = 'planned' AND application_id IS NOT NULL")


def upgrade() -> None:
    _bookings()
    _parts()
    _holds()
    _days()


def _bookings() -> None:
    op.add_column("bookings", sa.Column("kept", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("bookings", sa.Column("nth", sa.Integer))
    op.add_column("bookings", sa.Column("moves", sa.Integer, nullable=False, server_default="0"))
    op.add_column("bookings", sa.Column("moved_on", sa.Date))
    op.add_column("bookings", sa.Column("ended_by", sa.String(20), nullable=False, server_default=""))
    op.create_index(
        "uq_bookings_planned",
        "bookings",
        ["resident_id", "nth"],
        unique=True,
        sqlite_where=BOOKED,
        postgresql_where=BOOKED,
    )


def _parts() -> None:
    op.create_table(
        "booking_parts",
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("application_id", sa.Uuid),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("procedure", sa.String(60), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_booking_parts_booking_id_bookings")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_booking_parts_application_id_applications")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_booking_parts_resident_id_residents")),
        sa.PrimaryKeyConstraint("booking_id", "place", name=op.f("pk_booking_parts")),
    )
    op.create_index("ix_booking_parts_application_id", "booking_parts", ["application_id"])
    op.create_index(
        "uq_booking_parts_planned",
        "booking_parts",
        ["application_id"],
        unique=True,
        sqlite_where=PLANNED,
        postgresql_where=PLANNED,
    )
    op.execute(
        "INSERT INTO booking_parts (booking_id, place, application_id, resident_id, procedure, minutes, state) "
        "SELECT bookings.id, 1, application_id, bookings.resident_id, applications.procedure, minutes, "
        "CASE WHEN bookings.state IN ('booked', 'arrived') THEN 'planned' "
        "WHEN bookings.state = 'served' THEN 'done' ELSE 'over' END "
        "FROM bookings JOIN applications ON applications.id = bookings.application_id"
    )


def _holds() -> None:
    op.create_table(
        "slot_holds",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("slot_id", sa.Integer, nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("held_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("extended", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_slot_holds_resident_id_residents")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_slot_holds_application_id_applications")
        ),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("fk_slot_holds_slot_id_slots")),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_slot_holds")),
    )
    op.create_index("ix_slot_holds_office_expires_at", "slot_holds", ["office", "expires_at"])


def _days() -> None:
    op.create_table(
        "office_days",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("opens", sa.Time),
        sa.Column("closes", sa.Time),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("made_by", sa.Uuid),
        sa.Column("made_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_office_days_office_offices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office_days")),
        sa.UniqueConstraint("office", "day", name=op.f("uq_office_days_office_day")),
    )


def downgrade() -> None:
    """Held places go back; of several procedures in a visit the first alone is left."""
    _give_back()
    for table in ("office_days", "slot_holds", "booking_parts"):
        op.drop_table(table)
    op.drop_index("uq_bookings_planned", "bookings")
    for column in ("ended_by", "moved_on", "moves", "nth", "kept"):
        op.drop_column("bookings", column)


def _give_back() -> None:
    slots = sa.table("slots", sa.column("office"), sa.column("starts_at", Instant), sa.column("taken", sa.Integer))
    names = ("starts_at", Instant), ("office", sa.String), ("slots", sa.Integer)
    holds = sa.table("slot_holds", *(sa.column(name, kind) for name, kind in names))
    for hold in op.get_bind().execute(sa.select(holds)).all():
        held = slots.c.starts_at.between(hold.starts_at, hold.starts_at + (hold.slots - 1) * timedelta(minutes=30))
        op.execute(
            sa.update(slots)
            .where(held, slots.c.office == hold.office, slots.c.taken > 0)
            .values(taken=slots.c.taken - 1)
        )
