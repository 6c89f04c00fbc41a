"""Keys of writer and issuer are renewed too: room for them on a card's line, and how often a role's keys were; when an ended
card was erased."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0034"
down_revision = "0032"


def upgrade() -> None:
    op.add_column("city_cards", sa.Column("erased_at", Instant, nullable=True))
    op.add_column("role_keys", sa.Column("renewals", sa.Integer, nullable=False, server_default="0"))
    # What was renewed before is not forgotten: from the numbers in use follows how often.
    op.execute(
        "UPDATE role_keys SET renewals = CASE WHEN substr(current, 1, 1) IN ('3', '4') THEN 1"
        " WHEN substr(current, 1, 1) IN ('5', '6') THEN 2 WHEN former <> '' THEN 3 ELSE 0 END"
    )
    _line_of(120, 160)


def downgrade() -> None:
    _line_of(160, 120)
    op.drop_column("role_keys", "renewals")
    op.drop_column("city_cards", "erased_at")


def _line_of(before: int, after: int) -> None:
    with op.batch_alter_table("city_cards") as table:
        table.alter_column("role_keys", existing_type=sa.String(before), type_=sa.String(after), existing_nullable=False,
                           existing_server_default="")  # fmt: skip
