"""A company has branches with numbers, mailboxes and people of their own; a person may act for branches alone."""

import sqlalchemy as sa
from alembic import op

revision = "0102"
down_revision = "0101"

OPEN = sa.text("head_id IS NOT NULL AND closed_on IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("companies") as table:
        table.add_column(sa.Column("head_id", sa.Uuid))
        table.add_column(sa.Column("office", sa.String(60), nullable=False, server_default=""))
        table.alter_column("name", type_=sa.String(220), existing_type=sa.String(150), existing_nullable=False)
        table.create_foreign_key(op.f("fk_companies_head_id_companies"), "companies", ["head_id"], ["id"])
        table.create_check_constraint(op.f("ck_companies_branch"), "(head_id IS NULL) = (kind <> 'branch')")
    with op.batch_alter_table("companies") as table:
        table.alter_column("office", server_default=None)
    op.create_index("ix_companies_head_id", "companies", ["head_id"])
    op.create_index(
        "uq_companies_open_office", "companies", ["head_id", "office"], unique=True, sqlite_where=OPEN,
        postgresql_where=OPEN,
    )  # fmt: skip
    with op.batch_alter_table("company_members") as table:
        table.add_column(sa.Column("confined", sa.Boolean, nullable=False, server_default=sa.false()))
    with op.batch_alter_table("company_members") as table:
        table.alter_column("confined", server_default=None)


def downgrade() -> None:
    """Branches become accounts of their own, as of sole proprietors without one; who acted for a branch alone acts for the
    whole company again. Names are cut to what fitted before."""
    with op.batch_alter_table("company_members") as table:
        table.drop_column("confined")
    op.drop_index("uq_companies_open_office", "companies")
    op.drop_index("ix_companies_head_id", "companies")
    with op.batch_alter_table("companies") as table:
        table.drop_constraint(op.f("ck_companies_branch"), type_="check")
        table.drop_constraint(op.f("fk_companies_head_id_companies"), type_="foreignkey")
    op.execute("UPDATE companies SET kind = 'sole', name = substr(name, 1, 150) WHERE kind = 'branch'")
    with op.batch_alter_table("companies") as table:
        table.alter_column("name", type_=sa.String(150), existing_type=sa.String(220), existing_nullable=False)
        table.drop_column("office")
        table.drop_column("head_id")
