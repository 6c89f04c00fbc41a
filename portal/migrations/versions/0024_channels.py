"""Channels: who is told outside the mailbox, where, and what became of each message."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0024"
down_revision = "0023"

QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    _people()
    _messages()


def _people() -> None:
    op.create_table(
        "channel_choices",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        *(sa.Column(topic, sa.Boolean, nullable=False) for topic in ("visits", "applications", "letters", "security")),
        sa.Column("hourly", sa.Boolean, nullable=False),
        sa.Column("paused", sa.String(20), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_channel_choices_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("resident_id", "channel", name=op.f("pk_channel_choices")),
    )
    op.create_table(
        "mail_addresses",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("confirmed_at", Instant),
        sa.Column("wanted", sa.String(254), nullable=False),
        sa.Column("asked_at", Instant),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_mail_addresses_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_mail_addresses")),
    )
    op.create_table(
        "push_devices",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("endpoint", sa.String(1000), nullable=False),
        sa.Column("endpoint_hash", sa.String(64), nullable=False),
        sa.Column("p256dh", sa.String(100), nullable=False),
        sa.Column("auth", sa.String(30), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("added_at", Instant, nullable=False),
        sa.Column("told_at", Instant),
        sa.Column("expires_at", Instant),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_push_devices_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_devices")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_devices_endpoint_hash")),
    )
    op.create_index("ix_push_devices_resident_id", "push_devices", ["resident_id"])


def _messages() -> None:
    op.create_table(
        "channel_messages",
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("says", sa.String(20), nullable=False),
        sa.Column("about", sa.String(100), nullable=False),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("queued_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("late_at", Instant, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("parcel", sa.Uuid),
        sa.Column("settled_at", Instant),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_channel_messages_notice_number_notices")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_channel_messages_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("notice_number", "resident_id", "channel", name=op.f("pk_channel_messages")),
    )
    op.create_index(
        "ix_channel_messages_due",
        "channel_messages",
        ["urgent", "due_at"],
        sqlite_where=QUEUED,
        postgresql_where=QUEUED,
    )
    op.create_index("ix_channel_messages_resident_id", "channel_messages", ["resident_id", "notice_number"])
    op.create_index("ix_channel_messages_queued_at", "channel_messages", ["queued_at"])


def downgrade() -> None:
    for table in ("channel_messages", "push_devices", "mail_addresses", "channel_choices"):
        op.drop_table(table)
