"""Quotations count for what was bought when they were filed; an officer has one opening code; results can be taken back."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0113"
down_revision = "0108"

IN_USE, WAITING = sa.text("ended_at IS NULL"), sa.text("approved_at IS NULL")
# Of several codes one officer made at the same moment the newest stays in use: it is the one shown last.
ONE_CODE = """
UPDATE opening_keys SET ended_at = made_at WHERE ended_at IS NULL AND EXISTS (
  SELECT 1 FROM opening_keys AS other WHERE other.member_id = opening_keys.member_id AND other.ended_at IS NULL
  AND (other.made_at > opening_keys.made_at OR (other.made_at = opening_keys.made_at AND other.id > opening_keys.id)))
"""
# Locks that a refused publication left behind; nothing was ever sealed to them.
UNPUBLISHED = "(SELECT id FROM tenders WHERE state IN ('draft', 'planned'))"


def upgrade() -> None:
    op.execute(ONE_CODE)
    op.execute(f"DELETE FROM quotation_lock_shares WHERE tender_id IN {UNPUBLISHED}")  # noqa: S608 - our own words
    op.execute(f"DELETE FROM quotation_locks WHERE tender_id IN {UNPUBLISHED}")  # noqa: S608 - our own words
    op.create_index(
        "uq_opening_keys_in_use", "opening_keys", ["member_id"], unique=True, sqlite_where=IN_USE,
        postgresql_where=IN_USE,
    )  # fmt: skip
    for name in ("quotation_locks", "quotations"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("terms", sa.Integer(), nullable=False, server_default="1"))
        with op.batch_alter_table(name) as table:
            table.alter_column("terms", server_default=None)
    with op.batch_alter_table("quotation_lock_shares") as table:
        table.create_check_constraint(op.f("ck_quotation_lock_shares_two_keys"), "first_key <> second_key")
    _withdrawals()


def _withdrawals() -> None:
    op.create_table(
        "result_withdrawals",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposed_at", Instant, nullable=False),
        sa.Column("approved_by", sa.Uuid, nullable=True),
        sa.Column("approved_at", Instant, nullable=True),
        sa.Column("award", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_result_withdrawals_two_people")
        ),
        sa.CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name=op.f("ck_result_withdrawals_whole")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_result_withdrawals_tender_id_tenders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_withdrawals")),
    )
    op.create_index("ix_result_withdrawals_tender_id", "result_withdrawals", ["tender_id"])
    op.create_index(
        "uq_result_withdrawals_waiting", "result_withdrawals", ["tender_id"], unique=True, sqlite_where=WAITING,
        postgresql_where=WAITING,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("result_withdrawals")
    with op.batch_alter_table("quotation_lock_shares") as table:
        table.drop_constraint(op.f("ck_quotation_lock_shares_two_keys"), type_="check")
    for name in ("quotations", "quotation_locks"):
        with op.batch_alter_table(name) as table:
            table.drop_column("terms")
    op.drop_index("uq_opening_keys_in_use", "opening_keys")
