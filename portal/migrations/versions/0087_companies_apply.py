"""A case is a resident's, a company's, or of whoever holds its key; a company's says who sent it."""

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0085"

DRAFT = sa.text("state = 'draft'")


def upgrade() -> None:
    with op.batch_alter_table("applications") as table:
        table.add_column(sa.Column("company_id", sa.Uuid))
        table.add_column(sa.Column("sent_by", sa.Uuid))
        table.create_foreign_key(op.f("fk_applications_company_id_companies"), "companies", ["company_id"], ["id"])
        table.create_foreign_key(
            op.f("fk_applications_sent_by_business_people"), "business_people", ["sent_by"], ["id"]
        )
        table.create_check_constraint(op.f("ck_applications_applicant"), "resident_id IS NULL OR company_id IS NULL")
    op.create_index("ix_applications_company_id", "applications", ["company_id"])
    op.create_index(
        "uq_applications_company_draft",
        "applications",
        ["company_id", "procedure"],
        unique=True,
        sqlite_where=DRAFT,
        postgresql_where=DRAFT,
    )


def downgrade() -> None:
    """Companies' cases stay as cases without an account: staff can end them, nobody's key opens them."""
    op.drop_index("uq_applications_company_draft", "applications")
    op.drop_index("ix_applications_company_id", "applications")
    with op.batch_alter_table("applications") as table:
        table.drop_constraint(op.f("ck_applications_applicant"), type_="check")
        table.drop_constraint(op.f("fk_applications_sent_by_business_people"), type_="foreignkey")
        table.drop_constraint(op.f("fk_applications_company_id_companies"), type_="foreignkey")
        table.drop_column("sent_by")
        table.drop_column("company_id")
