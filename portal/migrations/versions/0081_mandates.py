"""Mandates to read another adult's mailbox."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0081"
down_revision = "0080"


def upgrade() -> None:
    op.create_table(
        "mailbox_mandates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid()),
        sa.Column("owner_name", sa.String(100), nullable=False),
        sa.Column("reader_name", sa.String(100), nullable=False),
        sa.Column("basis", sa.String(10), nullable=False),
        sa.Column("reference", sa.String(80), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("strength", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("code_mark", sa.String(64)),
        sa.Column("given_at", Instant, nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("given_label", sa.String(200), nullable=False),
        sa.Column("confirmed_by", sa.Uuid()),
        sa.Column("confirmed_label", sa.String(200), nullable=False),
        sa.Column("begun_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("ended_by", sa.Uuid()),
        sa.CheckConstraint("reader_id IS NULL OR owner_id <> reader_id", name=op.f("ck_mailbox_mandates_another")),
        sa.CheckConstraint(
            "basis = 'given' OR begun_at IS NULL OR confirmed_by IS NOT NULL",
            name=op.f("ck_mailbox_mandates_confirmed"),
        ),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> given_by", name=op.f("ck_mailbox_mandates_four_eyes")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["residents.id"], name=op.f("fk_mailbox_mandates_owner_id_residents")),
        sa.ForeignKeyConstraint(["reader_id"], ["residents.id"], name=op.f("fk_mailbox_mandates_reader_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_mandates")),
        sa.UniqueConstraint("code_mark", name=op.f("uq_mailbox_mandates_code_mark")),
    )
    for column in ("owner_id", "reader_id"):
        op.create_index(f"ix_mailbox_mandates_{column}", "mailbox_mandates", [column])


def downgrade() -> None:
    op.drop_table("mailbox_mandates")
