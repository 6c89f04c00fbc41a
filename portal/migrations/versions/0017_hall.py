"""Numbers for whoever walks in, queues by kind of window, parking, forwarding, passing over."""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0017"
down_revision = "0016"

AT_WINDOW = sa.text("state IN ('called', 'serving')")


def _new() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("token", sa.String(43)),
        sa.Column("kind", sa.String(20), nullable=False, server_default="resident-affairs"),
        sa.Column("how", sa.String(20), nullable=False, server_default="reception"),
        sa.Column("language", sa.String(8), nullable=False, server_default="ja"),
        sa.Column("needs", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("starts_at", Instant),
        sa.Column("passed_over", sa.Integer, nullable=False, server_default="0"),
        sa.Column("near_told_at", Instant),
        sa.Column("first_called_at", Instant),
        sa.Column("call_number", sa.Integer),
        sa.Column("parked_at", Instant),
        sa.Column("park_reason", sa.String(20), nullable=False, server_default=""),
        sa.Column("forwarded_at", Instant),
        sa.Column("forwarded_from", sa.String(20), nullable=False, server_default=""),
    )


def upgrade() -> None:
    for column in _new():
        op.add_column("tickets", column)
    _fill_in()
    _indexes_off()
    with op.batch_alter_table("tickets") as batch:
        batch.alter_column("token", existing_type=sa.String(43), nullable=False)
        batch.alter_column("booking_id", existing_type=sa.Uuid, nullable=True)
        batch.alter_column("resident_id", existing_type=sa.Uuid, nullable=True)
        batch.drop_constraint(op.f("uq_tickets_office_day_lane_number"), type_="unique")
        batch.create_unique_constraint(op.f("uq_tickets_office_day_label"), ["office", "day", "label"])
        batch.create_unique_constraint(op.f("uq_tickets_token"), ["token"])
    _indexes_on()
    op.add_column("window_desks", sa.Column("kinds", sa.String(200), nullable=False, server_default=""))


def _fill_in() -> None:
    """Numbers drawn before get a token of their own, and the reserved time of their booking."""
    op.execute("UPDATE tickets SET first_called_at = called_at")
    op.execute("UPDATE tickets SET starts_at = (SELECT starts_at FROM bookings WHERE bookings.id = tickets.booking_id)")
    tickets = sa.table("tickets", sa.column("id", sa.Uuid), sa.column("token", sa.String))
    connection = op.get_bind()
    for (ticket_id,) in connection.execute(sa.select(tickets.c.id)).all():
        token = secrets.token_urlsafe(32)
        connection.execute(sa.update(tickets).where(tickets.c.id == ticket_id).values(token=token))


def _indexes_off() -> None:
    """SQLite's copy of the table would forget that one of them counts only some rows."""
    op.drop_index("uq_tickets_at_window", "tickets")
    op.drop_index("ix_tickets_office_day_state", "tickets")


def _indexes_on() -> None:
    op.create_index("ix_tickets_office_day_state", "tickets", ["office", "day", "state"])
    op.create_index(
        "uq_tickets_at_window",
        "tickets",
        ["office", "day", "window"],
        unique=True,
        sqlite_where=AT_WINDOW,
        postgresql_where=AT_WINDOW,
    )


def downgrade() -> None:
    """Numbers without a booking cannot be told in the older way. Series of numbers become one a lane again."""
    op.drop_column("window_desks", "kinds")
    op.execute("DELETE FROM tickets WHERE booking_id IS NULL")
    op.execute("UPDATE tickets SET state = 'no-show' WHERE state IN ('parked', 'left')")
    op.execute(
        "UPDATE tickets SET number = (SELECT COUNT(*) FROM tickets earlier WHERE earlier.office = tickets.office "
        "AND earlier.day = tickets.day AND earlier.lane = tickets.lane AND (earlier.drawn_at < tickets.drawn_at "
        "OR (earlier.drawn_at = tickets.drawn_at AND earlier.id <= tickets.id)))"
    )
    op.execute("DELETE FROM ticket_counters")
    op.execute(
        "INSERT INTO ticket_counters (office, day, lane, last) "
        "SELECT office, day, lane, MAX(number) FROM tickets GROUP BY office, day, lane"
    )
    _indexes_off()
    with op.batch_alter_table("tickets") as batch:
        batch.drop_constraint(op.f("uq_tickets_token"), type_="unique")
        batch.drop_constraint(op.f("uq_tickets_office_day_label"), type_="unique")
        batch.create_unique_constraint(op.f("uq_tickets_office_day_lane_number"), ["office", "day", "lane", "number"])
        batch.alter_column("resident_id", existing_type=sa.Uuid, nullable=False)
        batch.alter_column("booking_id", existing_type=sa.Uuid, nullable=False)
        for column in _new():
            batch.drop_column(column.name)
    _indexes_on()
