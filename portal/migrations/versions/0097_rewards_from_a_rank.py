"""A reward says from which rank on it is given."""

import sqlalchemy as sa
from alembic import op

revision = "0097"
down_revision = "0091"


def upgrade() -> None:
    with op.batch_alter_table("point_rewards") as table:
        table.add_column(sa.Column("rank", sa.String(10), nullable=False, server_default="regular"))
    with op.batch_alter_table("point_rewards") as table:
        table.alter_column("rank", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("point_rewards") as table:
        table.drop_column("rank")
