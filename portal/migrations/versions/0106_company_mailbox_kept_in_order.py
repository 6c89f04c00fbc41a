"""Companies' mailboxes forget by the days residents' have, and firms label what they read."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0106"
down_revision = "0105"

SAYS = sa.text("choice IS NOT NULL OR said <> ''")


def upgrade() -> None:
    op.create_index(
        "ix_business_deliveries_settled_at",
        "business_deliveries",
        ["settled_at"],
        sqlite_where=SAYS,
        postgresql_where=SAYS,
    )
    op.create_index("ix_business_threads_last_at", "business_threads", ["last_at"])
    _labels()


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _labels() -> None:
    op.create_table(
        "business_labels",
        sa.Column("firm_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.String(20), nullable=False),
        _refers("business_labels", "firm_id", "companies"),
        sa.PrimaryKeyConstraint("firm_id", "number", name=op.f("pk_business_labels")),
        sa.UniqueConstraint("firm_id", "name", name=op.f("uq_business_labels_firm_id_name")),
    )
    op.create_table(
        "business_labelled",
        sa.Column("firm_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("sent_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["firm_id", "number"],
            ["business_labels.firm_id", "business_labels.number"],
            name=op.f("fk_business_labelled_firm_id_number_business_labels"),
            ondelete="CASCADE",
        ),
        _refers("business_labelled", "company_id", "companies"),
        _refers("business_labelled", "notice_id", "business_notices"),
        sa.PrimaryKeyConstraint("firm_id", "company_id", "notice_id", "number", name=op.f("pk_business_labelled")),
    )
    op.create_index(
        "ix_business_labelled_firm_id_number",
        "business_labelled",
        ["firm_id", "number", "sent_at", "notice_id", "company_id"],
    )
    op.create_index("ix_business_labelled_notice_id_company_id", "business_labelled", ["notice_id", "company_id"])


def downgrade() -> None:
    op.drop_table("business_labelled")
    op.drop_table("business_labels")
    op.drop_index("ix_business_threads_last_at", "business_threads")
    op.drop_index("ix_business_deliveries_settled_at", "business_deliveries")
