"""The books of points: dated lots and what was drawn from them, holds, seals; guards that the database itself keeps."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant
from portal.migrations import point_guards

revision = "0039"
down_revision = "0038"

CHECKS = {
    True: "NOT is_bounded OR balance >= 0",
    False: "resident_id IS NULL OR balance >= 0",
}
LASTS = {  # until the end of the 24th month after they were earned
    "sqlite": "date(at, '+9 hours', 'start of month', '+25 months', '-1 day')",
    "postgresql": "(date_trunc('month', at AT TIME ZONE 'Asia/Tokyo') + interval '25 months' - interval '1 day')::date",
}
RANDOM_ID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    _change_accounts()
    op.execute("CREATE TABLE points_before AS SELECT * FROM point_transfers")
    op.drop_table("point_transfers")
    _make_transfers()
    _make_lots()
    _make_holds()
    _make_seals()
    _make_rewards()
    _take_over(dialect)
    op.drop_table("points_before")
    for statement in point_guards.set_up(dialect):
        op.execute(statement)


def _change_accounts() -> None:
    with op.batch_alter_table("point_accounts") as table:
        table.drop_constraint(op.f("ck_point_accounts_never_below_zero"), type_="check")
        table.add_column(sa.Column("kind", sa.String(12), nullable=False, server_default="resident"))
        table.add_column(sa.Column("is_bounded", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE point_accounts SET kind = 'city' WHERE resident_id IS NULL")
    op.execute("UPDATE point_accounts SET balance = 0")
    with op.batch_alter_table("point_accounts") as table:
        table.alter_column("kind", server_default=None, existing_type=sa.String(12), existing_nullable=False)
        table.alter_column("is_bounded", server_default=None, existing_type=sa.Boolean, existing_nullable=False)
        table.create_check_constraint(op.f("ck_point_accounts_never_below_zero"), CHECKS[True])


def _make_transfers() -> None:
    op.create_table(
        "point_transfers",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("target_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("case_ref", sa.String(80), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("reverses", sa.Integer, nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_point_transfers_positive")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_point_transfers_two_legs")),
        *(_account("point_transfers", column) for column in ("source_id", "target_id")),
        sa.ForeignKeyConstraint(
            ["reverses"], ["point_transfers.number"], name=op.f("fk_point_transfers_reverses_point_transfers")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_point_transfers")),
        sa.UniqueConstraint("key", name=op.f("uq_point_transfers_key")),
        sa.UniqueConstraint("reverses", name=op.f("uq_point_transfers_reverses")),
    )
    op.create_index("ix_point_transfers_target_id_at", "point_transfers", ["target_id", "at"])
    op.create_index("ix_point_transfers_source_id_at", "point_transfers", ["source_id", "at"])


def _account(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["point_accounts.id"], name=op.f(f"fk_{table}_{column}_point_accounts"))


def _transfer(table: str, column: str, *, late: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        ["point_transfers.number"],
        name=op.f(f"fk_{table}_{column}_point_transfers"),
        deferrable=True if late else None,
        initially="DEFERRED" if late else None,
    )


def _make_lots() -> None:
    op.create_table(
        "point_lots",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("remaining", sa.Integer, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.CheckConstraint("remaining >= 0 AND remaining <= amount", name=op.f("ck_point_lots_remaining")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_point_lots_positive")),
        _account("point_lots", "account_id"),
        _transfer("point_lots", "number", late=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_point_lots")),
    )
    some_left = sa.text("remaining > 0")
    for name, columns in (("left", ["account_id", "expires_on"]), ("expiring", ["expires_on"])):
        op.create_index(
            f"ix_point_lots_{name}", "point_lots", columns, sqlite_where=some_left, postgresql_where=some_left
        )
    op.create_table(
        "point_allocations",
        sa.Column("transfer", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("lot", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_point_allocations_something")),
        _transfer("point_allocations", "transfer", late=True),
        sa.ForeignKeyConstraint(["lot"], ["point_lots.number"], name=op.f("fk_point_allocations_lot_point_lots")),
        sa.PrimaryKeyConstraint("transfer", "lot", name=op.f("pk_point_allocations")),
    )
    op.create_index("ix_point_allocations_lot", "point_allocations", ["lot"])


def _make_holds() -> None:
    op.create_table(
        "point_holds",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("target_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_point_holds_positive")),
        _account("point_holds", "target_id"),
        _transfer("point_holds", "number"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_point_holds")),
    )
    still_open = sa.text("state = 'open'")
    op.create_index(
        "ix_point_holds_open", "point_holds", ["until"], sqlite_where=still_open, postgresql_where=still_open
    )


def _make_seals() -> None:
    op.create_table(
        "point_seals",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_point_seals")),
        sa.UniqueConstraint("last", name=op.f("uq_point_seals_last")),
    )
    op.create_table(
        "point_marks",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("xid", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_marks")),
    )


def _make_rewards() -> None:
    op.create_table(
        "point_rewards",
        sa.Column("code", sa.String(30), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("texts", sa.JSON, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("stock", sa.Integer, nullable=True),
        sa.Column("per_person", sa.Integer, nullable=True),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("goal", sa.Integer, nullable=False),
        sa.Column("is_offered", sa.Boolean, nullable=False),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name=op.f("ck_point_rewards_stock")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_point_rewards")),
    )
    op.create_table(
        "point_coupons",
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("reward", sa.String(30), nullable=False),
        sa.Column("transfer", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("ended_by", sa.Uuid, nullable=True),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_point_coupons_resident_id_residents")),
        sa.ForeignKeyConstraint(["reward"], ["point_rewards.code"], name=op.f("fk_point_coupons_reward_point_rewards")),
        _transfer("point_coupons", "transfer"),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_point_coupons")),
        sa.UniqueConstraint("transfer", name=op.f("uq_point_coupons_transfer")),
    )
    op.create_index("ix_point_coupons_resident_id", "point_coupons", ["resident_id"])


def _take_over(dialect: str) -> None:
    """Until now points only came to residents, so each transfer is a lot of which everything remains."""
    now = sa.literal(datetime.now(UTC), Instant)
    op.execute(
        sa.text(
            "INSERT INTO point_transfers (number, key, source_id, target_id, amount, reason, case_ref, at, recorded_at) "
            "SELECT row_number() OVER (ORDER BY at, id), key, source_id, target_id, amount, reason, case_ref, at, :now "
            "FROM points_before"
        ).bindparams(sa.bindparam("now", now.value, Instant))
    )
    op.execute(
        "INSERT INTO point_lots (number, account_id, amount, remaining, expires_on) "  # noqa: S608 - our own words
        f"SELECT number, target_id, amount, amount, {LASTS[dialect]} FROM point_transfers"
    )
    if dialect == "postgresql":
        op.execute(
            "SELECT setval('point_transfers_number_seq', max(number)) FROM point_transfers HAVING max(number) IS NOT NULL"
        )


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in point_guards.take_down(dialect):
        op.execute(statement)
    op.execute("CREATE TABLE points_before AS SELECT * FROM point_transfers")
    op.execute(
        "UPDATE point_accounts SET balance = (SELECT coalesce(sum(remaining), 0) FROM point_lots "
        "WHERE point_lots.account_id = point_accounts.id) WHERE resident_id IS NOT NULL"
    )
    for name in (
        "point_coupons",
        "point_rewards",
        "point_marks",
        "point_seals",
        "point_holds",
        "point_allocations",
        "point_lots",
        "point_transfers",
    ):
        op.drop_table(name)
    with op.batch_alter_table("point_accounts") as table:
        table.drop_constraint(op.f("ck_point_accounts_never_below_zero"), type_="check")
        table.drop_column("kind")
        table.drop_column("is_bounded")
        table.create_check_constraint(op.f("ck_point_accounts_never_below_zero"), CHECKS[False])
    _make_former_transfers()
    op.execute(
        "INSERT INTO point_transfers (id, key, source_id, target_id, amount, reason, case_ref, at) "  # noqa: S608
        f"SELECT {RANDOM_ID[dialect]}, key, source_id, target_id, amount, reason, case_ref, at FROM points_before"
    )
    op.drop_table("points_before")


def _make_former_transfers() -> None:
    op.create_table(
        "point_transfers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("target_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(60), nullable=False),
        sa.Column("case_ref", sa.String(80), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_point_transfers_positive")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_point_transfers_two_legs")),
        *(_account("point_transfers", column) for column in ("source_id", "target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_transfers")),
        sa.UniqueConstraint("key", name=op.f("uq_point_transfers_key")),
    )
    op.create_index("ix_point_transfers_target_id_at", "point_transfers", ["target_id", "at"])
    op.create_index("ix_point_transfers_source_id_at", "point_transfers", ["source_id", "at"])
