"""Answers and messages around notices are forgotten by their age: the indexes that find the old ones."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0040"

SAYS = sa.text("choice IS NOT NULL OR words <> ''")


def upgrade() -> None:
    op.create_index("ix_dealings_settled_at", "dealings", ["settled_at"], sqlite_where=SAYS, postgresql_where=SAYS)
    op.create_index("ix_notice_threads_last_at", "notice_threads", ["last_at"])


def downgrade() -> None:
    op.drop_index("ix_notice_threads_last_at", "notice_threads")
    op.drop_index("ix_dealings_settled_at", "dealings")
