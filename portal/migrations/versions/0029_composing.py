"""The section's desk: templates with versions, plans of notices with their steps, and people by list."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    _templates()
    _plans()
    op.create_table(
        "notice_steps",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=True),
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=True),
        sa.Column("actor_label", sa.String(200), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_notice_steps_notice_number_notices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_steps")),
    )
    op.create_index("ix_notice_steps_notice_number", "notice_steps", ["notice_number"])
    op.create_table(
        "notice_recipients",
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("fills", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_notice_recipients_notice_number_notices")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_notice_recipients_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("notice_number", "resident_id", name=op.f("pk_notice_recipients")),
    )


def _templates() -> None:
    op.create_table(
        "notice_templates",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("saved_at", Instant, nullable=False),
        sa.Column("archived_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_notice_templates_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_templates")),
    )
    op.create_index("ix_notice_templates_section_id", "notice_templates", ["section_id", "name"])
    op.create_table(
        "notice_template_versions",
        sa.Column("template_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("author_id", sa.Uuid, nullable=True),
        sa.Column("author_label", sa.String(200), nullable=False),
        sa.Column("saved_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["notice_templates.id"],
            name=op.f("fk_notice_template_versions_template_id_notice_templates"),
        ),
        sa.PrimaryKeyConstraint("template_id", "version", name=op.f("pk_notice_template_versions")),
    )


def _plans() -> None:
    op.create_table(
        "notice_plans",
        sa.Column("notice_number", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("page", sa.String(40), nullable=False),
        sa.Column("typed", sa.JSON, nullable=False),
        sa.Column("ready", sa.Boolean, nullable=False),
        sa.Column("template_id", sa.Uuid, nullable=True),
        sa.Column("template_version", sa.Integer, nullable=True),
        sa.Column("corrects", sa.Integer, nullable=True),
        sa.Column("edited_by", sa.Uuid, nullable=True),
        sa.Column("saved_at", Instant, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("asked_by", sa.Uuid, nullable=True),
        sa.Column("approved_by", sa.Uuid, nullable=True),
        sa.Column("start", Instant, nullable=True),
        sa.Column("withdrawn_at", Instant, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_notice_plans_revision")),
        sa.ForeignKeyConstraint(
            ["notice_number"], ["notices.number"], name=op.f("fk_notice_plans_notice_number_notices")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["notice_templates.id"], name=op.f("fk_notice_plans_template_id_notice_templates")
        ),
        sa.ForeignKeyConstraint(["corrects"], ["notices.number"], name=op.f("fk_notice_plans_corrects_notices")),
        sa.PrimaryKeyConstraint("notice_number", name=op.f("pk_notice_plans")),
    )
    op.create_index("ix_notice_plans_corrects", "notice_plans", ["corrects"])
    op.create_index("ix_notice_plans_template_id", "notice_plans", ["template_id"])
    # What sections wrote before has a plan too: it is as complete as it was.
    op.execute(
        "INSERT INTO notice_plans "
        "(notice_number, revision, page, typed, ready, edited_by, saved_at, digest, people, reason) "
        "SELECT number, 0, '', '{}', true, author_id, written_at, '', 0, '' FROM notices WHERE section_id IS NOT NULL"
    )


def downgrade() -> None:
    for table in (
        "notice_recipients", "notice_steps", "notice_plans", "notice_template_versions", "notice_templates",
    ):  # fmt: skip
        op.drop_table(table)
