"""A company objects to a grade."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0104"
down_revision = "0097"


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
            name=op.f("uq_grade_objections_company_id"),
        ),
    )  # fmt: skip
    op.create_index("ix_grade_objections_agency_code", "grade_objections", ["agency_code"])


def downgrade() -> None:
    op.drop_table("grade_objections")
