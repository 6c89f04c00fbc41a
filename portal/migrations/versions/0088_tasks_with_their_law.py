"""A section's task of reading basics of companies names its law, items and days, and two people decide on it."""

import sqlalchemy as sa
from alembic import op

from portal.core.clock import now, today
from portal.core.db import Instant
from portal.core.ids import new_id

revision = "0088"
down_revision = "0087"

# What each task could read until now.
NEEDED = {
    "qualification": ["address", "officer", "capital", "items", "licence"],
    "contract": ["address", "contact", "officer", "invoice"],
    "payment": ["contact", "bank", "invoice"],
    "licensing": ["address", "officer", "items", "licence"],
}


def upgrade() -> None:
    op.create_table(
        "task_grants",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("task", sa.String(14), nullable=False),
        sa.Column("law", sa.String(120), nullable=False),
        sa.Column("kinds", sa.JSON, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("proposed_by", sa.Uuid),
        sa.Column("proposed_at", Instant, nullable=False),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_at", Instant),
        sa.Column("ended_by", sa.Uuid),
        sa.Column("ended_at", Instant),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_task_grants_four_eyes")),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_task_grants_days")),
        sa.ForeignKeyConstraint(["agency_code"], ["agencies.code"], name=op.f("fk_task_grants_agency_code_agencies")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_task_grants_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_grants")),
    )
    op.create_index("ix_task_grants_section_id", "task_grants", ["section_id"])
    for table in ("fact_reads", "fact_requests"):
        with op.batch_alter_table(table) as change:
            change.add_column(sa.Column("kinds", sa.JSON))
    _carry_over()
    op.drop_table("section_tasks")


def _carry_over() -> None:
    """Tasks that were set before go on, without a law and without an end, until an administrator proposes them anew."""
    had = sa.text(
        "SELECT t.section_id, t.task, a.agency_code FROM section_tasks t"
        " JOIN agency_sections a ON a.section_id = t.section_id"
    ).columns(section_id=sa.Uuid, task=sa.String, agency_code=sa.String)
    grants = sa.table(
        "task_grants", sa.column("id", sa.Uuid), sa.column("agency_code"), sa.column("section_id", sa.Uuid),
        sa.column("task"), sa.column("law"), sa.column("kinds", sa.JSON), sa.column("valid_from", sa.Date),
        sa.column("state"), sa.column("proposed_at", Instant),
    )  # fmt: skip
    rows = [
        {"id": new_id(), "agency_code": row.agency_code, "section_id": row.section_id, "task": row.task, "law": "",
         "kinds": NEEDED.get(row.task, []), "valid_from": today(), "state": "in-force", "proposed_at": now()}
        for row in op.get_bind().execute(had)
    ]  # fmt: skip
    if rows:
        op.bulk_insert(grants, rows)


def downgrade() -> None:
    op.create_table(
        "section_tasks",
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("task", sa.String(14), nullable=False),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_section_tasks_section_id_sections")),
        sa.PrimaryKeyConstraint("section_id", "task", name=op.f("pk_section_tasks")),
    )
    op.execute(
        "INSERT INTO section_tasks (section_id, task)"
        " SELECT DISTINCT section_id, task FROM task_grants WHERE state = 'in-force'"
    )
    for table in ("fact_requests", "fact_reads"):
        with op.batch_alter_table(table) as change:
            change.drop_column("kinds")
    op.drop_table("task_grants")
