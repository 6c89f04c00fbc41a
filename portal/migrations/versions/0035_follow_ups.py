"""What is done later with a notice: follow-ups, letters on paper; where people are told by text message and LINE."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "notice_follow_ups",
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("begun_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_notice_follow_ups_notice_number_notices")
        ),
        sa.PrimaryKeyConstraint("notice_number", "step", name=op.f("pk_notice_follow_ups")),
    )
    waits = sa.text("begun_at IS NULL")
    op.create_index(
        "ix_notice_follow_ups_due_on", "notice_follow_ups", ["due_on"], sqlite_where=waits, postgresql_where=waits
    )
    op.create_table(
        "letter_batches",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=True),
        sa.Column("law", sa.String(120), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("letters", sa.Integer, nullable=False),
        sa.Column("yen", sa.Integer, nullable=False),
        sa.Column("printed_by", sa.Uuid, nullable=True),
        sa.Column("printed_at", Instant, nullable=True),
        sa.Column("posted_at", Instant, nullable=True),
        sa.CheckConstraint("letters >= 0", name=op.f("ck_letter_batches_letters")),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_letter_batches_notice_number_notices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_batches")),
        sa.UniqueConstraint("notice_number", name=op.f("uq_letter_batches_notice_number")),
    )
    op.create_index("ix_letter_batches_section_id_made_at", "letter_batches", ["section_id", "made_at"])
    op.create_table(
        "letters",
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("ended", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["letter_batches.id"], name=op.f("fk_letters_batch_id_letter_batches"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_letters_resident_id_residents")),
        sa.PrimaryKeyConstraint("batch_id", "place", name=op.f("pk_letters")),
    )
    op.create_index("ix_letters_resident_id", "letters", ["resident_id"])
    op.create_table(
        "contacts",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("confirmed_at", Instant, nullable=True),
        sa.Column("wanted", sa.String(64), nullable=False),
        sa.Column("asked_at", Instant, nullable=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_contacts_resident_id_residents")),
        sa.PrimaryKeyConstraint("resident_id", "channel", name=op.f("pk_contacts")),
    )
    op.create_index("ix_contacts_address", "contacts", ["address"])
    op.create_index("ix_contacts_wanted", "contacts", ["wanted"])
    op.create_table(
        "mail_standings",
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("returned", sa.Integer, nullable=False),
        sa.Column("complaints", sa.Integer, nullable=False),
        sa.Column("counted_at", Instant, nullable=False),
        sa.Column("suspended_at", Instant, nullable=True),
        sa.Column("allowed_from", Instant, nullable=True),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_mail_standings_section_id_sections")),
        sa.PrimaryKeyConstraint("section_id", name=op.f("pk_mail_standings")),
    )
    sent = sa.text("parcel IS NOT NULL")
    op.create_index(
        "ix_channel_messages_parcel", "channel_messages", ["parcel"], sqlite_where=sent, postgresql_where=sent
    )


def downgrade() -> None:
    op.drop_index("ix_channel_messages_parcel", "channel_messages")
    op.drop_table("mail_standings")
    op.drop_table("contacts")
    op.drop_table("letters")
    op.drop_table("letter_batches")
    op.drop_table("notice_follow_ups")
