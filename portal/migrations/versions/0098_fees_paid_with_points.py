"""A reward may pay a certificate's fee at a kiosk; an order says whether it did."""

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0097"

REWARDS, ORDERS = "point_rewards", "certificate_orders"
COVERS = op.f("ck_point_rewards_covers")
PAID_WITH = op.f("ck_certificate_orders_paid_with")


def upgrade() -> None:
    with op.batch_alter_table(REWARDS) as table:
        table.add_column(sa.Column("covers", sa.Integer, nullable=False, server_default="0"))
    with op.batch_alter_table(REWARDS) as table:
        table.alter_column("covers", server_default=None)
        table.create_check_constraint(COVERS, "covers >= 0")
    with op.batch_alter_table(ORDERS) as table:
        table.add_column(sa.Column("paid_with", sa.String(10), nullable=False, server_default=""))
    with op.batch_alter_table(ORDERS) as table:
        table.alter_column("paid_with", server_default=None)
        table.create_check_constraint(PAID_WITH, "paid_with IN ('', 'coupon', 'points')")


def downgrade() -> None:
    with op.batch_alter_table(ORDERS) as table:
        table.drop_constraint(PAID_WITH, type_="check")
        table.drop_column("paid_with")
    with op.batch_alter_table(REWARDS) as table:
        table.drop_constraint(COVERS, type_="check")
        table.drop_column("covers")
