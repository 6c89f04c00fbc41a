"""Devices that keep letters of their owner's mailbox, to be read without a line."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0080"
down_revision = "0075"


def upgrade() -> None:
    op.create_table(
        "mailbox_shelves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("session_hash", sa.String(64), nullable=False),
        sa.Column("session_ends_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_mailbox_shelves_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_shelves")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mailbox_shelves_token_hash")),
    )
    op.create_index("ix_mailbox_shelves_resident_id", "mailbox_shelves", ["resident_id"])


def downgrade() -> None:
    op.drop_table("mailbox_shelves")
