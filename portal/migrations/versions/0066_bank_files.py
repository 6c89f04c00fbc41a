"""Which statements went to the bank in one file: a later file never holds them again."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0066"
down_revision = "0062"


def upgrade() -> None:
    with op.batch_alter_table("point_statements") as table:
        table.add_column(sa.Column("filed_at", Instant))
    op.execute("UPDATE point_statements SET filed_at = approved_at WHERE paid_by IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table("point_statements") as table:
        table.drop_column("filed_at")
