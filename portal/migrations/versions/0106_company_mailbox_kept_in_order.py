"""Companies' mailboxes forget by the days residents' have."""

import sqlalchemy as sa
from alembic import op

revision = "0106"
down_revision = "0097"

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


def downgrade() -> None:
    op.drop_index("ix_business_threads_last_at", "business_threads")
    op.drop_index("ix_business_deliveries_settled_at", "business_deliveries")
