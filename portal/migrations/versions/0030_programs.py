"""Sections' programs: keys, notifications, files, pace; whose address a mail address is."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_index("ix_mail_addresses_address", "mail_addresses", ["address"])
    _lanes()
    _keys()
    _notifications()
    _papers()
    _batches()
    _receipts()
    _alarms()


def _lanes() -> None:
    """What a message overtakes: three lanes instead of "urgent or not" (0 urgent, 5 normal, 9 bulk)."""
    op.drop_index("ix_channel_messages_due", "channel_messages")
    with op.batch_alter_table("channel_messages") as changed:
        changed.add_column(sa.Column("lane", sa.Integer, nullable=False, server_default="5"))
    op.execute("UPDATE channel_messages SET lane = 0 WHERE urgent")
    with op.batch_alter_table("channel_messages") as changed:
        changed.drop_column("urgent")
        changed.alter_column("lane", server_default=None)
    _index_of_due("lane")


def _index_of_due(column: str) -> None:
    queued = sa.text("state = 'queued'")
    op.create_index(
        "ix_channel_messages_due",
        "channel_messages",
        [column, "due_at"],
        sqlite_where=queued,
        postgresql_where=queued,
    )


def _keys() -> None:
    op.create_table(
        "notify_keys",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("guests", sa.JSON, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.CheckConstraint("kind IN ('normal', 'team', 'test')", name=op.f("ck_notify_keys_kind")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_notify_keys_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_keys")),
    )
    op.create_index("ix_notify_keys_section_id", "notify_keys", ["section_id"])
    op.create_table(
        "notify_replies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("value", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_notify_replies_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_replies")),
        sa.UniqueConstraint("section_id", "kind", "value", name=op.f("uq_notify_replies_section_id_kind_value")),
    )
    op.create_table(
        "notify_template_kinds",
        sa.Column("template_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"], ["notice_templates.id"], name=op.f("fk_notify_template_kinds_template_id_notice_templates")
        ),
        sa.PrimaryKeyConstraint("template_id", name=op.f("pk_notify_template_kinds")),
    )
    op.create_table(
        "rate_buckets",
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("full_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_buckets")),
    )


def _notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.Uuid, nullable=False),
        sa.Column("key_kind", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("template_id", sa.Uuid, nullable=True),
        sa.Column("template_version", sa.Integer, nullable=False),
        sa.Column("reference", sa.String(1000), nullable=True),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("address", sa.JSON, nullable=False),
        sa.Column("reply_to", sa.String(254), nullable=False),
        sa.Column("unsubscribe", sa.String(500), nullable=False),
        sa.Column("postage", sa.String(20), nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=True),
        sa.Column("notice_number", sa.Integer, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("scheduled_for", Instant, nullable=True),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("sent_at", Instant, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["notify_keys.id"], name=op.f("fk_notifications_key_id_notify_keys")),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_notifications_notice_number_notices")
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_notifications_resident_id_residents")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_notifications_section_id_sections")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notifications")),
        sa.UniqueConstraint("id", name=op.f("uq_notifications_id")),
    )
    op.create_index(
        "ix_notifications_due",
        "notifications",
        ["kind", "due_at"],
        sqlite_where=sa.text("status = 'created'"),
        postgresql_where=sa.text("status = 'created'"),
    )
    op.create_index("ix_notifications_made_at", "notifications", ["made_at"])
    op.create_index("ix_notifications_resident_id", "notifications", ["resident_id"])
    op.create_index("ix_notifications_section_id_number", "notifications", ["section_id", "number"])
    op.create_index("ix_notifications_section_id_reference", "notifications", ["section_id", "reference"])


def _papers() -> None:
    op.create_table(
        "notify_papers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("notification_number", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("mime", sa.String(80), nullable=False),
        sa.Column("opened_with", sa.String(254), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("checked", sa.String(10), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_number"],
            ["notifications.number"],
            name=op.f("fk_notify_papers_notification_number_notifications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notify_papers")),
    )
    op.create_index("ix_notify_papers_notification_number", "notify_papers", ["notification_number"])
    op.create_index("ix_notify_papers_until", "notify_papers", ["until"])


def _batches() -> None:
    op.create_table(
        "notice_batches",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("sender", sa.String(120), nullable=False),
        sa.Column("key", sa.String(100), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("texts", sa.JSON, nullable=False),
        sa.Column("due_on", sa.Date, nullable=True),
        sa.Column("procedure", sa.String(60), nullable=False),
        sa.Column("strength", sa.Integer, nullable=False),
        sa.Column("choices", sa.JSON, nullable=False),
        sa.Column("is_personal", sa.Boolean, nullable=False),
        sa.Column("lane", sa.Integer, nullable=False),
        sa.Column("send_at", Instant, nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("notice_number", sa.Integer, nullable=True),
        sa.Column("written_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_notice_batches_client_id_clients")),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_notice_batches_notice_number_notices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_batches")),
        sa.UniqueConstraint("client_id", "key", name=op.f("uq_notice_batches_client_id_key")),
    )
    op.create_index("ix_notice_batches_written_at", "notice_batches", ["written_at"])
    op.create_table(
        "batch_recipients",
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("told_as", sa.String(300), nullable=False),
        sa.Column("fills", sa.JSON, nullable=False),
        sa.Column("notice_number", sa.Integer, nullable=True),
        sa.Column("delivered_at", Instant, nullable=True),
        sa.Column("read_at", Instant, nullable=True),
        sa.Column("answered_at", Instant, nullable=True),
        sa.Column("choice", sa.Integer, nullable=True),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("untold", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["notice_batches.id"], name=op.f("fk_batch_recipients_batch_id_notice_batches")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_batch_recipients_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("batch_id", "resident_id", name=op.f("pk_batch_recipients")),
    )
    op.create_index("ix_batch_recipients_resident_id", "batch_recipients", ["resident_id", "notice_number"])
    op.create_index(
        "ix_batch_recipients_untold",
        "batch_recipients",
        ["batch_id"],
        sqlite_where=sa.text("untold"),
        postgresql_where=sa.text("untold"),
    )


def _receipts() -> None:
    op.create_table(
        "notice_receipts",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("choice", sa.Integer, nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["notice_batches.id"], name=op.f("fk_notice_receipts_batch_id_notice_batches")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_notice_receipts_client_id_clients")),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_notice_receipts_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notice_receipts")),
    )
    op.create_index("ix_notice_receipts_at", "notice_receipts", ["at"])
    op.create_index("ix_notice_receipts_client_id_number", "notice_receipts", ["client_id", "number"])
    op.create_table(
        "notice_webhooks",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("old_until", Instant, nullable=True),
        sa.Column("told", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_notice_webhooks_client_id_clients")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_notice_webhooks")),
    )


def _alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("texts", sa.JSON, nullable=False),
        sa.Column("link", sa.String(300), nullable=False),
        sa.Column("wards", sa.JSON, nullable=False),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("notice_number", sa.Integer, nullable=True),
        sa.Column("begun_by", sa.Uuid, nullable=False),
        sa.Column("begun_label", sa.String(200), nullable=False),
        sa.Column("checked_by", sa.Uuid, nullable=True),
        sa.Column("end_asked_by", sa.Uuid, nullable=True),
        sa.Column("ended_by", sa.Uuid, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["notice_number"], ["notices.number"], name=op.f("fk_alarms_notice_number_notices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )


def downgrade() -> None:
    for table in (
        "alarms", "notice_webhooks", "notice_receipts", "batch_recipients", "notice_batches", "notify_papers",
        "notifications", "rate_buckets", "notify_template_kinds", "notify_replies", "notify_keys",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_index("ix_mail_addresses_address", "mail_addresses")
    op.drop_index("ix_channel_messages_due", "channel_messages")
    with op.batch_alter_table("channel_messages") as changed:
        changed.add_column(sa.Column("urgent", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE channel_messages SET urgent = (lane = 0)")
    with op.batch_alter_table("channel_messages") as changed:
        changed.drop_column("lane")
        changed.alter_column("urgent", server_default=None)
    _index_of_due("urgent")
