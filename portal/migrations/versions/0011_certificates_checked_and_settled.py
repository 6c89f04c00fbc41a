"""Certificates: a number people read aloud, what a machine kept and how staff ended it, checks of the paper."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant
from portal.core.reference import new_reference

revision = "0011"
down_revision = "0010"

TABLE = "certificate_orders"
OLD_STATES = "'ordered', 'paid', 'rendered', 'printed', 'refunded', 'cancelled'"
STATE = op.f("ck_certificate_orders_state")
PAID_BEFORE_PAPER = op.f("ck_certificate_orders_paid_before_paper")
OWED = op.f("ck_certificate_orders_owed")
WITH_PAPER = "paid_at IS NOT NULL AND issue_number IS NOT NULL"
NEW = (
    ("reference", sa.String(14)),
    ("birth_marks", sa.JSON),
    ("pages", sa.Integer),
    ("owed", sa.Integer),
    ("owed_at", Instant),
    ("paid_back", sa.Integer),
    ("settled_by", sa.String(200)),
    ("checks", sa.Integer),
    ("checked_at", Instant),
)
INDEXES = {
    "ix_certificate_orders_state_ordered_at": ["state", "ordered_at"],
    "ix_certificate_orders_document_sha256": ["document_sha256"],
    "ix_certificate_orders_settled_by": ["settled_by"],
}


def _checks(states: str, paid_before_paper: str) -> tuple[sa.CheckConstraint, ...]:
    return (
        sa.CheckConstraint(f"state IN ({states})", name=STATE),
        sa.CheckConstraint(paid_before_paper, name=PAID_BEFORE_PAPER),
    )


OLD_CHECKS = _checks(OLD_STATES, f"state IN ('ordered', 'cancelled') OR ({WITH_PAPER})")
NEW_CHECKS = (
    *_checks(f"{OLD_STATES}, 'owed'", f"state NOT IN ('paid', 'rendered', 'printed') OR ({WITH_PAPER})"),
    sa.CheckConstraint("state <> 'owed' OR (owed > 0 AND owed_at IS NOT NULL)", name=OWED),
)


def _whole_table(checks: tuple[sa.CheckConstraint, ...]) -> sa.Table:
    """The table as it is now: SQLite, which cannot change a constraint, is given a copy of it."""
    table = sa.Table(TABLE, sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
    for found in [one for one in table.constraints if isinstance(one, sa.CheckConstraint)]:
        table.constraints.discard(found)
    both = (
        sa.CheckConstraint("copies BETWEEN 1 AND 5", name=op.f("ck_certificate_orders_copies")),
        sa.CheckConstraint("fee >= 0", name=op.f("ck_certificate_orders_fee")),
    )
    for one in (*checks, *both):
        table.append_constraint(sa.CheckConstraint(one.sqltext, name=one.name))
    return table


def upgrade() -> None:
    for name, kind in NEW:
        op.add_column(TABLE, sa.Column(name, kind, nullable=True))
    orders = sa.table(TABLE, sa.column("id", sa.Uuid), *(sa.column(name, kind) for name, kind in NEW))
    for (order_id,) in op.get_bind().execute(sa.select(orders.c.id)).all():
        values = {"reference": new_reference(), "birth_marks": [], "owed": 0, "checks": 0}
        op.get_bind().execute(sa.update(orders).where(orders.c.id == order_id).values(values))
    op.drop_index("ix_certificate_orders_device_id_state", TABLE)
    with op.batch_alter_table(TABLE, copy_from=_whole_table(OLD_CHECKS)) as batch:
        for name in ("reference", "birth_marks", "owed", "checks"):
            batch.alter_column(name, nullable=False)
        batch.create_unique_constraint(op.f("uq_certificate_orders_reference"), ["reference"])
        _exchange(batch, [STATE, PAID_BEFORE_PAPER], NEW_CHECKS)
    for index, columns in INDEXES.items():
        op.create_index(index, TABLE, columns)


def downgrade() -> None:
    """What staff still owed is cancelled: the older table has no word for it."""
    for index in INDEXES:
        op.drop_index(index, TABLE)
    orders = sa.table(TABLE, sa.column("state"), sa.column("issue_number"))
    numberless = sa.and_(orders.c.issue_number.is_(None), orders.c.state != "ordered")
    op.execute(sa.update(orders).where(sa.or_(orders.c.state == "owed", numberless)).values(state="cancelled"))
    with op.batch_alter_table(TABLE, copy_from=_whole_table(NEW_CHECKS)) as batch:
        _exchange(batch, [STATE, PAID_BEFORE_PAPER, OWED], OLD_CHECKS)
        batch.drop_constraint(op.f("uq_certificate_orders_reference"), type_="unique")
        for name, _kind in NEW:
            batch.drop_column(name)
    op.create_index("ix_certificate_orders_device_id_state", TABLE, ["device_id", "state"])


def _exchange(batch, old: list[str], new: tuple[sa.CheckConstraint, ...]) -> None:  # type: ignore[no-untyped-def]
    for name in old:
        batch.drop_constraint(name, type_="check")
    for one in new:
        batch.create_check_constraint(one.name, one.sqltext)
