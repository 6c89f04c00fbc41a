"""What companies say of themselves, who read it, what was asked, and who has to hear of changes."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    _create_facts()
    _create_reads()
    op.create_table(
        "fact_requests",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("task", sa.String(14), nullable=False),
        sa.Column("case_ref", sa.String(60), nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("answered_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["agency_code"], ["agencies.code"], name=op.f("fk_fact_requests_agency_code_agencies")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_fact_requests_company_id_companies")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_fact_requests_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_requests")),
    )
    op.create_index("ix_fact_requests_company_id", "fact_requests", ["company_id"])
    op.create_index("ix_fact_requests_section_id", "fact_requests", ["section_id"])
    op.create_table(
        "section_tasks",
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("task", sa.String(14), nullable=False),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_section_tasks_section_id_sections")),
        sa.PrimaryKeyConstraint("section_id", "task", name=op.f("pk_section_tasks")),
    )


def _create_facts() -> None:
    op.create_table(
        "company_facts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=True),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("replaces", sa.Uuid, nullable=True),
        sa.Column("entered_at", Instant, nullable=False),
        sa.Column("entered_by", sa.Uuid, nullable=False),
        sa.Column("confirmed_at", Instant, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("ended_on", sa.Date, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("ended_by", sa.Uuid, nullable=True),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_company_facts_days")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_company_facts_company_id_companies")),
        sa.ForeignKeyConstraint(
            ["replaces"], ["company_facts.id"], name=op.f("fk_company_facts_replaces_company_facts")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["business_people.id"], name=op.f("fk_company_facts_entered_by_business_people")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["business_people.id"], name=op.f("fk_company_facts_ended_by_business_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_facts")),
        sa.UniqueConstraint("replaces", name=op.f("uq_company_facts_replaces")),
    )
    op.create_index("ix_company_facts_company_id_kind", "company_facts", ["company_id", "kind"])
    op.create_index("ix_company_facts_confirmed_at", "company_facts", ["confirmed_at"])
    op.create_index("ix_company_facts_key_id", "company_facts", ["key_id"])


def _create_reads() -> None:
    op.create_table(
        "fact_reads",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("task", sa.String(14), nullable=False),
        sa.Column("case_ref", sa.String(60), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["agency_code"], ["agencies.code"], name=op.f("fk_fact_reads_agency_code_agencies")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_fact_reads_company_id_companies")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_fact_reads_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_reads")),
    )
    op.create_index("ix_fact_reads_company_id_at", "fact_reads", ["company_id", "at"])
    op.create_index("ix_fact_reads_member_id", "fact_reads", ["member_id"])
    op.create_table(
        "fact_uses",
        sa.Column("read_id", sa.Uuid, nullable=False),
        sa.Column("fact_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(["read_id"], ["fact_reads.id"], name=op.f("fk_fact_uses_read_id_fact_reads")),
        sa.ForeignKeyConstraint(["fact_id"], ["company_facts.id"], name=op.f("fk_fact_uses_fact_id_company_facts")),
        sa.PrimaryKeyConstraint("read_id", "fact_id", name=op.f("pk_fact_uses")),
    )
    op.create_index("ix_fact_uses_fact_id", "fact_uses", ["fact_id"])
    op.create_table(
        "fact_changes",
        sa.Column("fact_id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("read_id", sa.Uuid, nullable=False),
        sa.Column("new_id", sa.Uuid, nullable=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("told_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=True),
        sa.Column("seen_by", sa.Uuid, nullable=True),
        sa.ForeignKeyConstraint(["fact_id"], ["company_facts.id"], name=op.f("fk_fact_changes_fact_id_company_facts")),
        sa.ForeignKeyConstraint(["new_id"], ["company_facts.id"], name=op.f("fk_fact_changes_new_id_company_facts")),
        sa.ForeignKeyConstraint(["read_id"], ["fact_reads.id"], name=op.f("fk_fact_changes_read_id_fact_reads")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_fact_changes_section_id_sections")),
        sa.PrimaryKeyConstraint("fact_id", "section_id", name=op.f("pk_fact_changes")),
    )
    op.create_index("ix_fact_changes_section_id_seen_at", "fact_changes", ["section_id", "seen_at"])


def downgrade() -> None:
    for table in ("section_tasks", "fact_requests", "fact_changes", "fact_uses", "fact_reads", "company_facts"):
        op.drop_table(table)
