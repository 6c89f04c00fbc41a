"""The national list of banks and branches."""

import sqlalchemy as sa
from alembic import op

revision = "0105"
down_revision = "0104"


def upgrade() -> None:
    op.create_table(
        "banks",
        sa.Column("code", sa.String(4), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("kana", sa.String(60), nullable=False),
        sa.Column("closed_on", sa.Date),
        sa.Column("successor", sa.String(4), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_banks")),
    )
    op.create_table(
        "bank_branches",
        sa.Column("bank_code", sa.String(4), nullable=False),
        sa.Column("code", sa.String(3), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("kana", sa.String(60), nullable=False),
        sa.Column("closed_on", sa.Date),
        sa.Column("successor_bank", sa.String(4), nullable=False),
        sa.Column("successor_branch", sa.String(3), nullable=False),
        sa.ForeignKeyConstraint(["bank_code"], ["banks.code"], name=op.f("fk_bank_branches_bank_code_banks")),
        sa.PrimaryKeyConstraint("bank_code", "code", name=op.f("pk_bank_branches")),
    )


def downgrade() -> None:
    op.drop_table("bank_branches")
    op.drop_table("banks")
