"""A sheet of codes that is worth much counts once a second person has released it; sheets made before stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0123"
down_revision = "0121"
COLUMNS = ("released_label", "released_by", "released_at", "needs_second")
RULE = "ck_point_sheets_four_eyes"


def upgrade() -> None:
    with op.batch_alter_table("point_sheets") as table:
        table.add_column(sa.Column("needs_second", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("released_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("released_label", sa.String(200), nullable=False, server_default=""))
        table.create_check_constraint(op.f(RULE), "released_by IS NULL OR released_by <> made_by")
    with op.batch_alter_table("point_sheets") as table:
        table.alter_column("needs_second", server_default=None)
        table.alter_column("released_label", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("point_sheets") as table:
        table.drop_constraint(op.f(RULE), type_="check")
        for column in COLUMNS:
            table.drop_column(column)
