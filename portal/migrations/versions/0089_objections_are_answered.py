"""A body answers a company's objection to a suspension."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0089"
down_revision = "0088"


def upgrade() -> None:
    with op.batch_alter_table("suspensions") as table:
        table.add_column(sa.Column("answer", sa.Text, nullable=False, server_default=""))
        table.add_column(sa.Column("answered_at", Instant))
    with op.batch_alter_table("suspensions") as table:
        table.alter_column("answer", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("suspensions") as table:
        table.drop_column("answered_at")
        table.drop_column("answer")
