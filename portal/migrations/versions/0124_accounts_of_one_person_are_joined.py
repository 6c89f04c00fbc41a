"""Accounts of one person are joined: proposed by one, agreed to by another, and kept in order by the database."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant
from portal.migrations import point_join_guards

revision = "0124"
down_revision = "0123"
CLOSE = "DROP TRIGGER point_transfers_close"
SOME = sa.text("joined_to IS NOT NULL")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":  # its table is made anew, and a trigger that names it would not survive that
        op.execute(CLOSE)
    with op.batch_alter_table("point_accounts") as table:
        table.add_column(sa.Column("joined_to", sa.Uuid(), nullable=True))
        table.create_foreign_key(
            op.f("fk_point_accounts_joined_to_point_accounts"), "point_accounts", ["joined_to"], ["id"]
        )
        table.create_check_constraint(
            op.f("ck_point_accounts_joined"), "joined_to IS NULL OR (joined_to <> id AND kind = 'resident')"
        )
    op.create_index(
        "ix_point_accounts_joined_to", "point_accounts", ["joined_to"], sqlite_where=SOME, postgresql_where=SOME
    )
    for statement in point_join_guards.set_up(dialect):
        op.execute(statement)
    op.create_table(
        "point_joins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gone_id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("open_key", sa.String(80), nullable=True),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_label", sa.String(200), nullable=False),
        sa.Column("proposed_at", Instant, nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("apart_why", sa.String(300), nullable=False),
        sa.Column("apart_asked_by", sa.Uuid(), nullable=True),
        sa.Column("apart_asked_label", sa.String(200), nullable=False),
        sa.Column("apart_by", sa.Uuid(), nullable=True),
        sa.Column("apart_label", sa.String(200), nullable=False),
        sa.Column("apart_at", Instant, nullable=True),
        sa.CheckConstraint("gone_id <> kept_id", name=op.f("ck_point_joins_two")),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_point_joins_four_eyes")),
        sa.CheckConstraint(
            "state IN ('proposed', 'refused') OR decided_by IS NOT NULL", name=op.f("ck_point_joins_agreed")
        ),
        sa.CheckConstraint(
            "(state = 'apart') = (apart_by IS NOT NULL) AND (apart_by IS NULL OR apart_by <> apart_asked_by)",
            name=op.f("ck_point_joins_apart"),
        ),
        sa.ForeignKeyConstraint(["gone_id"], ["residents.id"], name=op.f("fk_point_joins_gone_id_residents")),
        sa.ForeignKeyConstraint(["kept_id"], ["residents.id"], name=op.f("fk_point_joins_kept_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_joins")),
        sa.UniqueConstraint("open_key", name=op.f("uq_point_joins_open_key")),
    )
    for side in ("gone_id", "kept_id"):
        op.create_index(f"ix_point_joins_{side}", "point_joins", [side])


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.drop_table("point_joins")
    for statement in point_join_guards.take_down(dialect):
        op.execute(statement)
    op.drop_index("ix_point_accounts_joined_to", table_name="point_accounts")
    with op.batch_alter_table("point_accounts") as table:
        table.drop_constraint(op.f("ck_point_accounts_joined"), type_="check")
        table.drop_constraint(op.f("fk_point_accounts_joined_to_point_accounts"), type_="foreignkey")
        table.drop_column("joined_to")
    for statement in point_join_guards.older(dialect):
        op.execute(statement)
