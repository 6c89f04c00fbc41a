"""What a notice asks for, what residents do with it and say to it, and what comes with it."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0028"
down_revision = "0027"
DELIVERY = (["resident_id", "notice_number"], ["deliveries.resident_id", "deliveries.notice_number"])
TABLES = (
    "notice_words",
    "mailbox_labels",
    "notice_attachments",
    "notice_messages",
    "notice_threads",
    "notice_acts",
    "dealings",
)


def upgrade() -> None:
    with op.batch_alter_table("notices") as notices:
        notices.add_column(sa.Column("strength", sa.Integer, nullable=False, server_default="1"))
        notices.add_column(sa.Column("choices", sa.JSON, nullable=False, server_default="{}"))
    with op.batch_alter_table("files") as files:
        files.alter_column("owner_id", existing_type=sa.Uuid, nullable=True)
    _dealings()
    _messages()
    _keeping()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute(sa.text("DELETE FROM file_parts WHERE file_id IN (SELECT id FROM files WHERE owner_id IS NULL)"))
    op.execute(sa.text("DELETE FROM files WHERE owner_id IS NULL"))
    with op.batch_alter_table("files") as files:
        files.alter_column("owner_id", existing_type=sa.Uuid, nullable=False)
    with op.batch_alter_table("notices") as notices:
        notices.drop_column("choices")
        notices.drop_column("strength")


def _dealings() -> None:
    op.create_table(
        "dealings",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("settled_at", Instant, nullable=True),
        sa.Column("settled_by", sa.Uuid, nullable=True),
        sa.Column("choice", sa.Integer, nullable=True),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.Column("labels", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(*DELIVERY, name=op.f("fk_dealings_resident_id_deliveries")),
        sa.PrimaryKeyConstraint("resident_id", "notice_number", name=op.f("pk_dealings")),
    )
    op.create_index("ix_dealings_notice_number", "dealings", ["notice_number", "settled_at"])
    op.create_table(
        "notice_acts",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=True),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(*DELIVERY, name=op.f("fk_notice_acts_resident_id_deliveries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_acts")),
    )
    op.create_index("ix_notice_acts_resident_id_notice_number", "notice_acts", ["resident_id", "notice_number"])


def _messages() -> None:
    op.create_table(
        "notice_threads",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("waits", sa.String(10), nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.Column("closed_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(*DELIVERY, name=op.f("fk_notice_threads_resident_id_deliveries")),
        sa.PrimaryKeyConstraint("resident_id", "notice_number", name=op.f("pk_notice_threads")),
    )
    op.create_index("ix_notice_threads_section_id", "notice_threads", ["section_id", "waits", "last_at"])
    op.create_index("ix_notice_threads_id", "notice_threads", ["id"], unique=True)
    op.create_table(
        "notice_messages",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("author_id", sa.Uuid, nullable=False),
        sa.Column("author_label", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id", "notice_number"],
            ["notice_threads.resident_id", "notice_threads.notice_number"],
            name=op.f("fk_notice_messages_resident_id_notice_threads"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_messages")),
    )
    columns = ["resident_id", "notice_number", "at"]
    op.create_index("ix_notice_messages_resident_id_notice_number", "notice_messages", columns)


def _keeping() -> None:
    op.create_table(
        "notice_attachments",
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("alt", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_notice_attachments_notice_number_notices")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_notice_attachments_file_id_files"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("notice_number", "file_id", name=op.f("pk_notice_attachments")),
    )
    op.create_table(
        "mailbox_labels",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_mailbox_labels_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("resident_id", "number", name=op.f("pk_mailbox_labels")),
        sa.UniqueConstraint("resident_id", "name", name=op.f("uq_mailbox_labels_resident_id_name")),
    )
    op.create_table(
        "notice_words",
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("head", sa.String(200), nullable=False),
        sa.Column("texts", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_notice_words_notice_number_notices")
        ),
        sa.PrimaryKeyConstraint("notice_number", name=op.f("pk_notice_words")),
    )
