"""What a merger leaves: heirs at the end of chains, news for bodies, suspensions that follow; and whose an office is."""

import sqlalchemy as sa
from alembic import op

revision = "0128"
down_revision = "0127"


def upgrade() -> None:
    with op.batch_alter_table("offices") as table:
        table.add_column(sa.Column("body", sa.String(20), nullable=False, server_default=""))
    with op.batch_alter_table("offices") as table:
        table.alter_column("body", server_default=None)
    with op.batch_alter_table("company_successions") as table:
        table.add_column(sa.Column("said", sa.String(13), nullable=False, server_default=""))
    op.execute("UPDATE company_successions SET said = successor")
    with op.batch_alter_table("company_successions") as table:
        table.alter_column("said", server_default=None)
    with op.batch_alter_table("suspensions") as table:
        table.add_column(sa.Column("follows_id", sa.Uuid, nullable=True))
        table.create_foreign_key(op.f("fk_suspensions_follows_id_suspensions"), "suspensions", ["follows_id"], ["id"])
        table.create_unique_constraint(op.f("uq_suspensions_follows_id_company_id"), ["follows_id", "company_id"])
    op.create_table(
        "register_changes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name_before", sa.String(220), nullable=False),
        sa.Column("address_before", sa.String(400), nullable=False),
        sa.Column("name_after", sa.String(220), nullable=False),
        sa.Column("address_after", sa.String(400), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_register_changes_company_id_companies")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_changes")),
    )
    op.create_index(op.f("ix_register_changes_company_id"), "register_changes", ["company_id"])
    op.create_table(
        "company_news",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("change_id", sa.Uuid, nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid, nullable=True),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(["agency_code"], ["agencies.code"], name=op.f("fk_company_news_agency_code_agencies")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_company_news_company_id_companies")),
        sa.ForeignKeyConstraint(
            ["change_id"], ["register_changes.id"], name=op.f("fk_company_news_change_id_register_changes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_news")),
        sa.UniqueConstraint("agency_code", "key", name=op.f("uq_company_news_agency_code_key")),
    )
    op.create_index("ix_company_news_agency_code_told_at", "company_news", ["agency_code", "told_at"])


def downgrade() -> None:
    op.drop_table("company_news")
    op.drop_table("register_changes")
    with op.batch_alter_table("suspensions") as table:
        table.drop_constraint(op.f("uq_suspensions_follows_id_company_id"), type_="unique")
        table.drop_constraint(op.f("fk_suspensions_follows_id_suspensions"), type_="foreignkey")
        table.drop_column("follows_id")
    with op.batch_alter_table("company_successions") as table:
        table.drop_column("said")
    with op.batch_alter_table("offices") as table:
        table.drop_column("body")
