"""Accounts of partner shops with the day they are in force from; requests for another account, a renewal, an end."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from portal.core import clock
from portal.core.db import Instant

revision = "0071"
down_revision = "0070"

SEALED = ("key_id", "wrapped_key", "bank_sealed")


def _banks() -> sa.Table:
    name = "point_partner_banks"
    return op.create_table(
        name,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("partner_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("in_force_on", sa.Date),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["point_partners.id"], name=op.f(f"fk_{name}_partner_id_point_partners")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("partner_id", "in_force_on", name=op.f(f"uq_{name}_partner_id_in_force_on")),
    )


def _changes() -> None:
    name = "point_partner_changes"
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("partner_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("open_key", sa.String(60)),
        sa.Column("resident_id", sa.Uuid),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("bank_id", sa.Uuid),
        sa.Column("day", sa.Date),
        sa.Column("checked_by", sa.Uuid),
        sa.Column("checked_label", sa.String(200), nullable=False),
        sa.Column("checked_at", Instant),
        sa.Column("decided_by", sa.Uuid),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.Column("decided_at", Instant),
        sa.Column("note", sa.String(300), nullable=False),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> checked_by", name=op.f(f"ck_{name}_four_eyes")),
        sa.CheckConstraint("(kind = 'account') = (bank_id IS NOT NULL)", name=op.f(f"ck_{name}_account")),
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{name}_{column}_{target}"))
            for column, target in (
                ("partner_id", "point_partners"), ("resident_id", "residents"), ("bank_id", "point_partner_banks"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("open_key", name=op.f(f"uq_{name}_open_key")),
        sa.UniqueConstraint("bank_id", name=op.f(f"uq_{name}_bank_id")),
    )  # fmt: skip
    for column in ("partner_id", "resident_id"):
        op.create_index(op.f(f"ix_{name}_{column}"), name, [column])


def upgrade() -> None:
    banks = _banks()
    op.create_index(op.f("ix_point_partner_banks_key_id"), "point_partner_banks", ["key_id"])
    partners = _partners()
    rows = op.get_bind().execute(sa.select(partners)).mappings().all()
    if rows:
        op.bulk_insert(
            banks,
            [
                {
                    "id": uuid4(), "partner_id": row["id"], "key_id": row["key_id"], "wrapped_key": row["wrapped_key"],
                    "sealed": row["bank_sealed"], "in_force_on": row["applied_at"].date(),
                }
                for row in rows
            ],
        )  # fmt: skip
    _changes()
    op.drop_index(op.f("ix_point_partners_key_id"), "point_partners")
    with op.batch_alter_table("point_partners") as table:
        for column in SEALED:
            table.drop_column(column)


def downgrade() -> None:
    """The newest account that is in force stays with the shop; one still waiting for its day is lost."""
    op.drop_table("point_partner_changes")
    with op.batch_alter_table("point_partners") as table:
        table.add_column(sa.Column("key_id", sa.String(40)))
        table.add_column(sa.Column("wrapped_key", sa.LargeBinary(80)))
        table.add_column(sa.Column("bank_sealed", sa.LargeBinary))
    bind, partners = op.get_bind(), _partners()
    banks = sa.table(
        "point_partner_banks", sa.column("partner_id", sa.Uuid), sa.column("key_id"), sa.column("wrapped_key"),
        sa.column("sealed"), sa.column("in_force_on", sa.Date),
    )  # fmt: skip
    query = sa.select(banks).where(banks.c.in_force_on <= clock.today()).order_by(banks.c.in_force_on)
    for row in bind.execute(query).mappings().all():
        values = {"key_id": row["key_id"], "wrapped_key": row["wrapped_key"], "bank_sealed": row["sealed"]}
        bind.execute(sa.update(partners).where(partners.c.id == row["partner_id"]).values(**values))
    with op.batch_alter_table("point_partners") as table:
        for column, kind in (
            ("key_id", sa.String(40)),
            ("wrapped_key", sa.LargeBinary(80)),
            ("bank_sealed", sa.LargeBinary),
        ):
            table.alter_column(column, existing_type=kind, nullable=False)
    op.create_index(op.f("ix_point_partners_key_id"), "point_partners", ["key_id"])
    op.drop_table("point_partner_banks")


def _partners() -> sa.TableClause:
    return sa.table(
        "point_partners", sa.column("id", sa.Uuid), sa.column("applied_at", Instant), sa.column("key_id"),
        sa.column("wrapped_key", sa.LargeBinary), sa.column("bank_sealed", sa.LargeBinary),
    )  # fmt: skip
