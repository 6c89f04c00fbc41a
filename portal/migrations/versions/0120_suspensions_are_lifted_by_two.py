"""One proposes that a suspension in force be lifted, another lifts it."""

import sqlalchemy as sa
from alembic import op

revision = "0120"
down_revision = "0119"

BY_TWO = "lifted_by IS NULL OR lift_proposed_by IS NULL OR lifted_by <> lift_proposed_by"


def upgrade() -> None:
    with op.batch_alter_table("suspensions") as table:
        table.add_column(sa.Column("lift_proposed_by", sa.Uuid, nullable=True))
        table.add_column(sa.Column("lift_because", sa.String(500), nullable=False, server_default=""))
        table.add_column(sa.Column("lifted_by", sa.Uuid, nullable=True))
        table.create_check_constraint(op.f("ck_suspensions_lifted_by_two"), BY_TWO)
    with op.batch_alter_table("suspensions") as table:
        table.alter_column("lift_because", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("suspensions") as table:
        table.drop_constraint(op.f("ck_suspensions_lifted_by_two"), type_="check")
        table.drop_column("lifted_by")
        table.drop_column("lift_because")
        table.drop_column("lift_proposed_by")
