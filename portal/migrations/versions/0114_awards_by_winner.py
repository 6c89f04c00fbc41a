"""Who won before is looked up by winner and category: a tender is told with it as a reason."""

from alembic import op

revision = "0114"
down_revision = "0113"


def upgrade() -> None:
    op.create_index("ix_awards_winner_category", "awards", ["winner", "category"])


def downgrade() -> None:
    op.drop_index("ix_awards_winner_category", "awards")
