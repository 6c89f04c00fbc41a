"""The mailbox: notices and deliveries."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(120)),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("section", sa.String(120), nullable=False),
        sa.Column("author_id", sa.Uuid),
        sa.Column("texts", sa.JSON, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("procedure", sa.String(60), nullable=False),
        sa.Column("link", sa.String(200), nullable=False),
        sa.Column("segment", sa.JSON, nullable=False),
        sa.Column("written_at", Instant, nullable=False),
        sa.Column("sent_at", Instant),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notices")),
        sa.UniqueConstraint("id", name=op.f("uq_notices_id")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    op.create_table(
        "deliveries",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("delivered_at", Instant, nullable=False),
        sa.Column("read_at", Instant),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_deliveries_resident_id_residents")),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_deliveries_notice_number_notices")
        ),
        sa.PrimaryKeyConstraint("resident_id", "notice_number", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_notice_number", "deliveries", ["notice_number"])


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("notices")
