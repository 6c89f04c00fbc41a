"""Where sections' programs are told what became of notifications, and text messages that came in for a section."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    op.create_table(
        "notify_callbacks",
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("kind IN ('delivery', 'received')", name=op.f("ck_notify_callbacks_kind")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_notify_callbacks_section_id_sections")),
        sa.PrimaryKeyConstraint("section_id", "kind", name=op.f("pk_notify_callbacks")),
    )
    op.create_table(
        "notify_received_texts",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("gateway_id", sa.String(100), nullable=False),
        sa.Column("sent_from", sa.String(20), nullable=False),
        sa.Column("sent_to", sa.String(20), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"], ["sections.id"], name=op.f("fk_notify_received_texts_section_id_sections")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notify_received_texts")),
        sa.UniqueConstraint("id", name=op.f("uq_notify_received_texts_id")),
        sa.UniqueConstraint("gateway_id", name=op.f("uq_notify_received_texts_gateway_id")),
    )
    op.create_index("ix_notify_received_texts_section_id_number", "notify_received_texts", ["section_id", "number"])
    op.create_index("ix_notify_received_texts_received_at", "notify_received_texts", ["received_at"])


def downgrade() -> None:
    op.drop_table("notify_received_texts")
    op.drop_table("notify_callbacks")
