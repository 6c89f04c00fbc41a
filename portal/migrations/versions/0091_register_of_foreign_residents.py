"""What a copy of the record says of foreign residents, and the days and the former name it says of everybody."""

import sqlalchemy as sa
from alembic import op

revision = "0091"
down_revision = "0089"

TEXTS = {
    "former_name": 100,
    "residence_category": 20,
    "residence_status": 40,
    "residence_period": 20,
    "residence_card": 20,
}
DAYS = ("address_since", "notified_on", "residence_until")


def upgrade() -> None:
    with op.batch_alter_table("residents") as table:
        for name, longest in TEXTS.items():
            table.add_column(sa.Column(name, sa.String(longest), nullable=False, server_default=""))
        for name in DAYS:
            table.add_column(sa.Column(name, sa.Date))


def downgrade() -> None:
    with op.batch_alter_table("residents") as table:
        for name in (*DAYS, *TEXTS):
            table.drop_column(name)
