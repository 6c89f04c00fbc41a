"""A person's list of procedures for an event of life, and the applications prepared together from it."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "life_lists",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("answers", sa.JSON, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("typed", sa.JSON, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("saved_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_life_lists_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_life_lists")),
        sa.UniqueConstraint("resident_id", "event", name="uq_life_lists_resident_id_event"),
    )
    op.create_index("ix_life_lists_expires_at", "life_lists", ["expires_at"])
    op.create_table(
        "life_ticks",
        sa.Column("list_id", sa.Uuid, nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["life_lists.id"], name=op.f("fk_life_ticks_list_id_life_lists"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("list_id", "step", name=op.f("pk_life_ticks")),
    )
    op.create_table(
        "life_applications",
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("list_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_life_applications_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["life_lists.id"], name=op.f("fk_life_applications_list_id_life_lists"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_life_applications")),
    )
    op.create_index("ix_life_applications_list_id", "life_applications", ["list_id"])


def downgrade() -> None:
    for table in ("life_applications", "life_ticks", "life_lists"):
        op.drop_table(table)
