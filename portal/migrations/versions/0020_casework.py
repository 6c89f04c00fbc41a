"""Casework: due dates, decisions of two people, notes, opinions, letters, joint decisions, exports; old and new answers."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0020"
down_revision = "0019"

BINDING = sa.text("state <> 'returned'")
TABLES = (
    "case_files",
    "case_decisions",
    "case_notes",
    "case_opinions",
    "case_letters",
    "bulk_runs",
    "bulk_items",
    "case_exports",
    "export_counters",
    "export_receivers",
    "export_receipts",
)


def upgrade() -> None:
    _case_files()
    _case_decisions()
    _case_notes()
    _case_opinions()
    _case_letters()
    _bulk_runs()
    _bulk_items()
    _case_exports()
    _export_counters()
    _export_receivers()
    _export_receipts()
    op.add_column("correction_requests", sa.Column("before", sa.JSON))
    op.add_column("correction_requests", sa.Column("after", sa.JSON))
    op.add_column("correction_requests", sa.Column("reply", sa.Text, nullable=False, server_default=""))


def _case_files() -> None:
    op.create_table(
        "case_files",
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("paused_at", Instant),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_case_files_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_case_files")),
    )
    op.create_index("ix_case_files_due_on", "case_files", ["due_on"])


def _case_decisions() -> None:
    op.create_table(
        "case_decisions",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("four_eyes", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("proposed_by", sa.Uuid),
        sa.Column("proposed_label", sa.String(200), nullable=False),
        sa.Column("proposed_at", Instant, nullable=False),
        sa.Column("confirmed_by", sa.Uuid),
        sa.Column("confirmed_label", sa.String(200), nullable=False),
        sa.Column("confirmed_at", Instant),
        sa.CheckConstraint("outcome IN ('approve', 'reject')", name=op.f("ck_case_decisions_outcome")),
        sa.CheckConstraint(
            "NOT four_eyes OR state <> 'decided' OR (confirmed_by IS NOT NULL AND confirmed_by <> proposed_by)",
            name=op.f("ck_case_decisions_four_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_case_decisions_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_decisions")),
    )
    op.create_index(
        "uq_case_decisions_binding",
        "case_decisions",
        ["application_id"],
        unique=True,
        sqlite_where=BINDING,
        postgresql_where=BINDING,
    )


def _case_notes() -> None:
    op.create_table(
        "case_notes",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("author_id", sa.Uuid),
        sa.Column("author_label", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_case_notes_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_notes")),
    )
    op.create_index("ix_case_notes_application_id", "case_notes", ["application_id"])


def _case_opinions() -> None:
    op.create_table(
        "case_opinions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("asked_by", sa.Uuid),
        sa.Column("asked_label", sa.String(200), nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_by", sa.Uuid),
        sa.Column("answered_label", sa.String(200), nullable=False),
        sa.Column("answered_at", Instant),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_case_opinions_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_case_opinions_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_opinions")),
    )
    op.create_index("ix_case_opinions_section_id", "case_opinions", ["section_id", "answered_at"])
    op.create_index("ix_case_opinions_application_id", "case_opinions", ["application_id"])


def _case_letters() -> None:
    op.create_table(
        "case_letters",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("sheet", sa.JSON, nullable=False),
        sa.Column("issued_at", Instant, nullable=False),
        sa.Column("opened_at", Instant),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_case_letters_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_letters")),
        sa.UniqueConstraint("number", name=op.f("uq_case_letters_number")),
    )
    op.create_index("ix_case_letters_application_id", "case_letters", ["application_id"])


def _bulk_runs() -> None:
    op.create_table(
        "bulk_runs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("clerk_id", sa.Uuid, nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("procedure", sa.String(60), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_runs")),
    )


def _bulk_items() -> None:
    op.create_table(
        "bulk_items",
        sa.Column("run_id", sa.Uuid, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_bulk_items_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["bulk_runs.id"], name=op.f("fk_bulk_items_run_id_bulk_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "application_id", name=op.f("pk_bulk_items")),
    )


def _case_exports() -> None:
    op.create_table(
        "case_exports",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("procedure", sa.String(60), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_case_exports_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_exports")),
        sa.UniqueConstraint("procedure", "position", name=op.f("uq_case_exports_procedure_position")),
        sa.UniqueConstraint("application_id", "revision", name=op.f("uq_case_exports_application_id_revision")),
    )


def _export_counters() -> None:
    op.create_table(
        "export_counters",
        sa.Column("procedure", sa.String(60), nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("procedure", name=op.f("pk_export_counters")),
    )


def _export_receivers() -> None:
    op.create_table(
        "export_receivers",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("procedure", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_export_receivers_client_id_clients")),
        sa.PrimaryKeyConstraint("client_id", "procedure", name=op.f("pk_export_receivers")),
    )


def _export_receipts() -> None:
    op.create_table(
        "export_receipts",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("export_id", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_export_receipts_client_id_clients")),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["case_exports.id"],
            name=op.f("fk_export_receipts_export_id_case_exports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("client_id", "export_id", name=op.f("pk_export_receipts")),
    )


def downgrade() -> None:
    for column in ("reply", "after", "before"):
        op.drop_column("correction_requests", column)
    for table in reversed(TABLES):
        op.drop_table(table)
