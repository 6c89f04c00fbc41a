"""What a system sent can be taken back: when, and why."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0130"
down_revision = "0129"


def upgrade() -> None:
    with op.batch_alter_table("notice_batches") as table:
        table.add_column(sa.Column("withdrawn_at", Instant, nullable=True))
        table.add_column(sa.Column("reason", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("notice_batches") as table:
        table.drop_column("reason")
        table.drop_column("withdrawn_at")
