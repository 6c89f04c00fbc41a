"""What was withdrawn half-way, which mails were complained of, and whose turn it is to number receipts."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0051"
down_revision = "0049"


def upgrade() -> None:
    op.add_column("notice_plans", sa.Column("halfway", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("notifications", sa.Column("complained_at", Instant, nullable=True))
    turn = op.create_table(
        "notice_receipt_turn",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_receipt_turn")),
    )
    op.bulk_insert(turn, [{"id": 1, "taken": 0}])


def downgrade() -> None:
    op.drop_table("notice_receipt_turn")
    op.drop_column("notifications", "complained_at")
    op.drop_column("notice_plans", "halfway")
