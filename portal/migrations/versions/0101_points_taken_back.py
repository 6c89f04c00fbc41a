"""Points for hours are taken back, what was spent of them is owed; large payments wait; a shop's own words."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0101"
down_revision = "0100"


def upgrade() -> None:
    with op.batch_alter_table("point_earnings") as table:
        table.add_column(sa.Column("reversed_at", Instant, nullable=True))
    with op.batch_alter_table("point_partners") as table:
        table.add_column(sa.Column("opening", sa.String(300), nullable=False, server_default=""))
    with op.batch_alter_table("point_partners") as table:
        table.alter_column("opening", server_default=None, existing_type=sa.String(300), existing_nullable=False)
    _make_debts()
    _make_takebacks()
    _make_confirmations()


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    home, _, name = target.partition(".")
    return sa.ForeignKeyConstraint([column], [f"{home}.{name}"], name=op.f(f"fk_{table}_{column}_{home}"))


def _make_debts() -> None:
    name = "point_debts"
    op.create_table(
        name,
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("remaining", sa.Integer, nullable=False),
        sa.Column("lapses_on", sa.Date, nullable=False),
        sa.CheckConstraint(
            "amount > 0 AND remaining >= 0 AND remaining <= amount", name=op.f("ck_point_debts_remaining")
        ),
        _key(name, "number", "point_transfers.number"),
        _key(name, "resident_id", "residents.id"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_point_debts")),
    )
    op.create_index("ix_point_debts_resident_id", name, ["resident_id"])


def _make_takebacks() -> None:
    name = "volunteer_takebacks"
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("place_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("owed", sa.Integer, nullable=False),
        sa.Column("needs_second", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("open_key", sa.String(40), nullable=True),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("asked_label", sa.String(200), nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.CheckConstraint(
            "minutes >= 0 AND points > 0 AND owed >= 0 AND owed <= points", name=op.f("ck_volunteer_takebacks_amounts")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_volunteer_takebacks_four_eyes")
        ),
        sa.CheckConstraint(
            "NOT needs_second OR state <> 'done' OR decided_by IS NOT NULL", name=op.f("ck_volunteer_takebacks_second")
        ),
        _key(name, "place_id", "volunteer_places.id"),
        _key(name, "resident_id", "residents.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_takebacks")),
        sa.UniqueConstraint("open_key", name=op.f("uq_volunteer_takebacks_open_key")),
    )
    op.create_index("ix_volunteer_takebacks_state", name, ["state", "asked_at"])
    op.create_index("ix_volunteer_takebacks_place_id", name, ["place_id"])


def _make_confirmations() -> None:
    name = "point_confirmations"
    op.create_table(
        name,
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("partner_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("card", sa.String(20), nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.Column("by_label", sa.String(200), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.CheckConstraint("points > 0", name=op.f("ck_point_confirmations_positive")),
        _key(name, "partner_id", "point_partners.id"),
        _key(name, "resident_id", "residents.id"),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_point_confirmations")),
        sa.UniqueConstraint("key", name=op.f("uq_point_confirmations_key")),
    )
    op.create_index("ix_point_confirmations_resident_id", name, ["resident_id", "state"])
    op.create_index("ix_point_confirmations_until", name, ["until"])


def downgrade() -> None:
    for name in ("point_confirmations", "volunteer_takebacks", "point_debts"):
        op.drop_table(name)
    with op.batch_alter_table("point_partners") as table:
        table.drop_column("opening")
    with op.batch_alter_table("point_earnings") as table:
        table.drop_column("reversed_at")
