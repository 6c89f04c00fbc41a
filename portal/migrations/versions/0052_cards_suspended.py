"""A stopped card is suspended on the card itself when it comes to a window: since when."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.add_column("city_cards", sa.Column("suspended_at", Instant, nullable=True))


def downgrade() -> None:
    op.drop_column("city_cards", "suspended_at")
