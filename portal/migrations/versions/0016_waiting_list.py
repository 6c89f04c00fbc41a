"""Waiting list, freed places on their way, offers, corrected attendance; bookings count their changes."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0016"
down_revision = "0015"

WAITS = sa.text("state = 'waiting'")
OPEN = sa.text("state = 'open'")
HALF_HOUR = timedelta(minutes=30)


def upgrade() -> None:
    op.add_column("bookings", sa.Column("revision", sa.Integer, nullable=False, server_default="0"))
    _entries()
    _places()
    _offers()
    op.create_table(
        "attendances",
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("corrected_by", sa.Uuid),
        sa.Column("corrected_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_attendances")),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_attendances_booking_id_bookings")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_attendances_resident_id_residents")),
    )


def _entries() -> None:
    table = "waiting_entries"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("offices", sa.String(200), nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("notice_days", sa.Integer, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("joined_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f(f"fk_{table}_application_id_applications")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f(f"fk_{table}_resident_id_residents")),
        sa.CheckConstraint("first_day <= last_day", name=op.f(f"ck_{table}_days")),
    )
    op.create_index(f"ix_{table}_state_joined_at", table, ["state", "joined_at"])
    op.create_index(f"ix_{table}_resident_id", table, ["resident_id"])
    op.create_index(
        f"uq_{table}_waiting", table, ["application_id"], unique=True, sqlite_where=WAITS, postgresql_where=WAITS
    )


def _places() -> None:
    table = "freed_places"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("freed_at", Instant, nullable=False),
        sa.Column("returns_at", Instant, nullable=False),
        sa.Column("look_again_at", Instant, nullable=False),
        sa.Column("offer_id", sa.Uuid),
        sa.Column("offered_until", Instant),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f(f"fk_{table}_office_offices")),
        sa.CheckConstraint("slots > 0", name=op.f(f"ck_{table}_slots")),
    )
    op.create_index(f"ix_{table}_state_look_again_at", table, ["state", "look_again_at"])


def _offers() -> None:
    table = "place_offers"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("place_id", sa.Uuid, nullable=False),
        sa.Column("entry_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["place_id"], ["freed_places.id"], name=op.f(f"fk_{table}_place_id_freed_places")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["waiting_entries.id"], name=op.f(f"fk_{table}_entry_id_waiting_entries")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f(f"fk_{table}_resident_id_residents")),
        sa.UniqueConstraint("place_id", "entry_id", name=op.f(f"uq_{table}_place_id_entry_id")),
    )
    op.create_index(f"ix_{table}_resident_id", table, ["resident_id"])
    for column in ("place", "entry"):
        op.create_index(
            f"uq_{table}_{column}", table, [f"{column}_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        )


def downgrade() -> None:
    """Places that were on their way are nobody's any more: their slots count as free again."""
    bind = op.get_bind()
    slots = sa.table("slots", sa.column("office"), sa.column("starts_at", Instant), sa.column("taken"))
    places = sa.table(
        "freed_places", sa.column("office"), sa.column("starts_at", Instant), sa.column("slots"), sa.column("state")
    )
    for place in bind.execute(sa.select(places).where(places.c.state.in_(["free", "offered"]))).all():
        starts = [place.starts_at + HALF_HOUR * number for number in range(place.slots)]
        held = sa.update(slots).where(slots.c.office == place.office, slots.c.starts_at.in_(starts), slots.c.taken > 0)
        bind.execute(held.values(taken=slots.c.taken - 1))
    for table in ("attendances", "place_offers", "freed_places", "waiting_entries"):
        op.drop_table(table)
    op.drop_column("bookings", "revision")
