"""The stop list's number; when a line of a card's own log was kept; which order last gave a card its PIN."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    edition = op.create_table(
        "stop_list_edition",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_stop_list_edition_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_list_edition")),
    )
    # Terminals hold lists whose number was the second they were made in: the next one is above them.
    now = datetime.now(UTC)
    op.bulk_insert(edition, [{"id": 1, "number": int(now.timestamp())}])
    op.add_column("card_log", sa.Column("kept_at", Instant, nullable=True))
    log = sa.table("card_log", sa.column("kept_at", Instant))
    op.execute(log.update().values(kept_at=now))
    with op.batch_alter_table("card_log") as batch:
        batch.alter_column("kept_at", existing_type=Instant, nullable=False)
    op.create_index("ix_card_log_kept_at", "card_log", ["kept_at"])
    op.add_column("city_cards", sa.Column("pin_order", sa.String(32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("city_cards", "pin_order")
    op.drop_index("ix_card_log_kept_at", table_name="card_log")
    with op.batch_alter_table("card_log") as batch:
        batch.drop_column("kept_at")
    op.drop_table("stop_list_edition")
