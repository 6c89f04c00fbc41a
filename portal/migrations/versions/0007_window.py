"""The window: numbers, their counters, desks."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0007"
down_revision = "0006"

AT_WINDOW = sa.text("state IN ('called', 'serving')")


def upgrade() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("booking_id", sa.Uuid, nullable=False),
        sa.Column("application_id", sa.Uuid),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("lane", sa.String(10), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("label", sa.String(10), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("drawn_at", Instant, nullable=False),
        sa.Column("window", sa.Integer),
        sa.Column("called_by", sa.Uuid),
        sa.Column("called_at", Instant),
        sa.Column("recalled", sa.Integer, nullable=False),
        sa.Column("serving_at", Instant),
        sa.Column("verified_how", sa.String(30), nullable=False),
        sa.Column("verified_at", Instant),
        sa.Column("ended_at", Instant),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("fk_tickets_booking_id_bookings")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_tickets_application_id_applications")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_tickets_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_tickets_booking_id")),
        sa.UniqueConstraint("office", "day", "lane", "number", name=op.f("uq_tickets_office_day_lane_number")),
    )
    op.create_index("ix_tickets_office_day_state", "tickets", ["office", "day", "state"])
    op.create_index(
        "uq_tickets_at_window",
        "tickets",
        ["office", "day", "window"],
        unique=True,
        sqlite_where=AT_WINDOW,
        postgresql_where=AT_WINDOW,
    )
    op.create_table(
        "ticket_counters",
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("lane", sa.String(10), nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("office", "day", "lane", name=op.f("pk_ticket_counters")),
    )
    op.create_table(
        "window_desks",
        sa.Column("staff_id", sa.Uuid, nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("window", sa.Integer, nullable=False),
        sa.Column("called_at", Instant),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_members.id"], name=op.f("fk_window_desks_staff_id_staff_members")
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_window_desks")),
        sa.UniqueConstraint("office", "day", "window", name=op.f("uq_window_desks_office_day_window")),
    )


def downgrade() -> None:
    for table in ("window_desks", "ticket_counters", "tickets"):
        op.drop_table(table)
