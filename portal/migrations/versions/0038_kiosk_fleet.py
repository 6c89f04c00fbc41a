"""Kiosks under staff's eyes: out of service and hours, alarms, what the coin box counted a day."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0038"
down_revision = "0037"

STILL_ON = sa.text("until IS NULL")


def upgrade() -> None:
    op.create_table(
        "kiosk_controls",
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("closed_by", sa.String(200), nullable=False),
        sa.Column("closed_at", Instant, nullable=True),
        sa.Column("opens", sa.String(5), nullable=False),
        sa.Column("closes", sa.String(5), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["clients.id"], name=op.f("fk_kiosk_controls_device_id_clients")),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_kiosk_controls")),
    )
    op.create_table(
        "kiosk_alarms",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("until", Instant, nullable=True),
        sa.Column("seen_by", sa.String(200), nullable=False),
        sa.Column("seen_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["device_id"], ["clients.id"], name=op.f("fk_kiosk_alarms_device_id_clients")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kiosk_alarms")),
    )
    op.create_index(
        "uq_kiosk_alarms_on",
        "kiosk_alarms",
        ["device_id", "code"],
        unique=True,
        sqlite_where=STILL_ON,
        postgresql_where=STILL_ON,
    )
    op.create_index("ix_kiosk_alarms_device_id_since", "kiosk_alarms", ["device_id", "since"])
    op.create_table(
        "kiosk_closings",
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("returned", sa.Integer, nullable=False),
        sa.Column("payments", sa.Integer, nullable=False),
        sa.Column("content", sa.Integer, nullable=False),
        sa.Column("told_at", Instant, nullable=False),
        sa.CheckConstraint("taken >= 0 AND returned >= 0 AND payments >= 0", name=op.f("ck_kiosk_closings_counted")),
        sa.ForeignKeyConstraint(["device_id"], ["clients.id"], name=op.f("fk_kiosk_closings_device_id_clients")),
        sa.PrimaryKeyConstraint("device_id", "day", name=op.f("pk_kiosk_closings")),
    )


def downgrade() -> None:
    op.drop_table("kiosk_closings")
    op.drop_index("ix_kiosk_alarms_device_id_since", "kiosk_alarms")
    op.drop_index("uq_kiosk_alarms_on", "kiosk_alarms")
    op.drop_table("kiosk_alarms")
    op.drop_table("kiosk_controls")
