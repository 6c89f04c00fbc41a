"""A company objects to a grade; a body and one bidder write to each other about a tender."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0104"
down_revision = "0103"


def upgrade() -> None:
    op.create_table(
        "grade_objections",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("category", sa.String(10), nullable=False),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("objected_at", Instant, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_at", Instant),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_grade_objections_company_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["agency_code"], ["agencies.code"], name=op.f("fk_grade_objections_agency_code_agencies")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_objections")),
        sa.UniqueConstraint(
            "company_id", "agency_code", "category", "grade", "valid_from", "valid_until",
            name=op.f("uq_grade_objections_word"),
        ),
    )  # fmt: skip
    op.create_index("ix_grade_objections_agency_code", "grade_objections", ["agency_code"])
    _clarifications()


def _clarifications() -> None:
    op.create_table(
        "clarifications",
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("waits", sa.String(8), nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_clarifications_waiting")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_clarifications_tender_id_tenders")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_clarifications_company_id_companies")),
        sa.PrimaryKeyConstraint("tender_id", "company_id", name=op.f("pk_clarifications")),
    )
    op.create_table(
        "clarification_messages",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("ground", sa.String(10), nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("member_id", sa.Uuid),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("read_at", Instant),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (member_id IS NULL)", name=op.f("ck_clarification_messages_one_author")
        ),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["tenders.id"], name=op.f("fk_clarification_messages_tender_id_tenders")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_clarification_messages_company_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["business_people.id"], name=op.f("fk_clarification_messages_person_id_business_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clarification_messages")),
        sa.UniqueConstraint(
            "tender_id", "company_id", "place", name=op.f("uq_clarification_messages_tender_id_company_id_place")
        ),
    )


def downgrade() -> None:
    op.drop_table("clarification_messages")
    op.drop_table("clarifications")
    op.drop_table("grade_objections")
