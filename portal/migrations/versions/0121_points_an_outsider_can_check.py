"""Seals by month; coupons say which partners take them; a named keeper needs a second person; money the bank sent back."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0121"
down_revision = "0120"


def upgrade() -> None:
    op.create_index("ix_point_seals_at", "point_seals", ["at"])
    with op.batch_alter_table("point_rewards") as table:
        table.add_column(sa.Column("taken_by", sa.String(30), nullable=False, server_default=""))
    with op.batch_alter_table("point_rewards") as table:
        table.alter_column("taken_by", server_default=None)
    with op.batch_alter_table("point_partners") as table:
        table.add_column(sa.Column("coupon_group", sa.String(30), nullable=False, server_default=""))
    with op.batch_alter_table("point_partners") as table:
        table.alter_column("coupon_group", server_default=None)
    with op.batch_alter_table("point_partner_keepers") as table:
        table.add_column(sa.Column("named_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("named_label", sa.String(200), nullable=False, server_default=""))
        table.add_column(sa.Column("agreed_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("agreed_label", sa.String(200), nullable=False, server_default=""))
        table.create_check_constraint(
            op.f("ck_point_partner_keepers_four_eyes"), "agreed_by IS NULL OR agreed_by <> named_by"
        )
    with op.batch_alter_table("point_partner_keepers") as table:
        table.alter_column("named_label", server_default=None)
        table.alter_column("agreed_label", server_default=None)
    with op.batch_alter_table("point_statements") as table:
        table.add_column(sa.Column("returned_at", Instant, nullable=True))
        table.add_column(sa.Column("returned_file", Instant, nullable=True))
        table.add_column(sa.Column("returned_label", sa.String(200), nullable=False, server_default=""))
        table.add_column(sa.Column("returned_why", sa.String(300), nullable=False, server_default=""))
    with op.batch_alter_table("point_statements") as table:
        table.alter_column("returned_label", server_default=None)
        table.alter_column("returned_why", server_default=None)
    op.create_table(
        "point_coupon_clashes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("taken_at", Instant, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("settled_at", Instant, nullable=True),
        sa.Column("settled_label", sa.String(200), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(
            ["reference"], ["point_coupons.reference"], name=op.f("fk_point_coupon_clashes_reference_point_coupons")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_coupon_clashes")),
        sa.UniqueConstraint(
            "reference", "taken_at", "place", name=op.f("uq_point_coupon_clashes_reference_taken_at_place")
        ),
    )


def downgrade() -> None:
    op.drop_table("point_coupon_clashes")
    with op.batch_alter_table("point_statements") as table:
        for column in ("returned_why", "returned_label", "returned_file", "returned_at"):
            table.drop_column(column)
    with op.batch_alter_table("point_partner_keepers") as table:
        table.drop_constraint(op.f("ck_point_partner_keepers_four_eyes"), type_="check")
        for column in ("agreed_label", "agreed_by", "named_label", "named_by"):
            table.drop_column(column)
    with op.batch_alter_table("point_partners") as table:
        table.drop_column("coupon_group")
    with op.batch_alter_table("point_rewards") as table:
        table.drop_column("taken_by")
    op.drop_index("ix_point_seals_at", table_name="point_seals")
