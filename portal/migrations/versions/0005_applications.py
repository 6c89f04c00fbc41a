"""Pre-applications: cases, their timeline, what was asked to correct."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0005"
down_revision = "0004"

ONE_DRAFT = sa.text("state = 'draft'")
WAITING = sa.text("resolved_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("procedure", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("answers", sa.JSON, nullable=False),
        sa.Column("typed", sa.JSON, nullable=False),
        sa.Column("known", sa.JSON, nullable=False),
        sa.Column("seen", sa.JSON, nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("saved_at", Instant, nullable=False),
        sa.Column("expires_at", Instant),
        sa.Column("submitted_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("claimed_by", sa.Uuid),
        sa.Column("claimed_label", sa.String(200), nullable=False),
        sa.Column("claimed_at", Instant),
        sa.CheckConstraint("(state = 'draft') = (submitted_at IS NULL)", name=op.f("ck_applications_submitted")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_applications_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("reference", name=op.f("uq_applications_reference")),
    )
    op.create_index("ix_applications_resident_id", "applications", ["resident_id"])
    op.create_index("ix_applications_state_submitted_at", "applications", ["state", "submitted_at"])
    op.create_index(
        "uq_applications_draft",
        "applications",
        ["resident_id", "procedure"],
        unique=True,
        sqlite_where=ONE_DRAFT,
        postgresql_where=ONE_DRAFT,
    )
    op.create_table(
        "application_events",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("actor_label", sa.String(200), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_application_events_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_events")),
    )
    op.create_index("ix_application_events_application_id", "application_events", ["application_id", "id"])
    op.create_table(
        "correction_requests",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("asked_by", sa.Uuid),
        sa.Column("resolved_at", Instant),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_correction_requests_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction_requests")),
    )
    op.create_index(
        "uq_correction_requests_open",
        "correction_requests",
        ["application_id", "field"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    for table in ("correction_requests", "application_events", "applications"):
        op.drop_table(table)
