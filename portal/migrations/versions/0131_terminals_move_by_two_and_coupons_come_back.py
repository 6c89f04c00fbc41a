"""A terminal moves from shop to shop by two people; a coupon that came back is shown anew by its holder."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0131"
down_revision = "0130"
TABLE = "point_partner_changes"
COLUMNS = {"client": ("fk_point_partner_changes_client_clients", "clients"),
           "from_id": ("fk_point_partner_changes_from_id_point_partners", "point_partners")}  # fmt: skip
RULES = {
    "ck_point_partner_changes_terminal": (
        "kind <> 'terminal' OR (client IS NOT NULL AND from_id IS NOT NULL AND from_id <> partner_id)"
    ),
    "ck_point_partner_changes_moved_by_two": (
        "kind <> 'terminal' OR step <> 'agreed' OR (checked_by IS NOT NULL AND decided_by IS NOT NULL)"
    ),
}
CAME_BACK = (
    "UPDATE point_coupons SET reopened_at ="
    " (SELECT max(reversed_at) FROM point_sales WHERE point_sales.coupon = point_coupons.reference)"
    " WHERE state = 'open'"
    " AND EXISTS (SELECT 1 FROM point_sales WHERE coupon = point_coupons.reference AND reversed_at IS NOT NULL)"
)


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        for column, (name, target) in COLUMNS.items():
            table.add_column(sa.Column(column, sa.Uuid(), nullable=True))
            table.create_foreign_key(op.f(name), target, [column], ["id"])
        for name, rule in RULES.items():
            table.create_check_constraint(op.f(name), rule)
    with op.batch_alter_table("point_coupons") as table:
        table.add_column(sa.Column("reopened_at", Instant, nullable=True))
    op.execute(CAME_BACK)


def downgrade() -> None:
    """The program of before does not know moves: they are gone, and the terminals stay where they are."""
    with op.batch_alter_table("point_coupons") as table:
        table.drop_column("reopened_at")
    op.execute("DELETE FROM point_partner_changes WHERE kind = 'terminal'")
    with op.batch_alter_table(TABLE) as table:
        for name in RULES:
            table.drop_constraint(op.f(name), type_="check")
        for column, (name, _target) in COLUMNS.items():
            table.drop_constraint(op.f(name), type_="foreignkey")
            table.drop_column(column)
