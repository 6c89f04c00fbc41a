"""Certificates ordered at home (payment, postage), sent by letter, and the personal numbers for the window."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0043"
down_revision = "0042"

TABLE = "certificate_orders"
POSTAGE = op.f("ck_certificate_orders_postage")


def upgrade() -> None:
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("postage", sa.Integer, nullable=False, server_default="0"))
        batch.create_check_constraint(POSTAGE, "postage >= 0")
    _checkouts()
    _letters()
    _numbers()


def _checkouts() -> None:
    op.create_table(
        "certificate_checkouts",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("way", sa.String(12), nullable=False),
        sa.Column("payment", sa.String(80), nullable=True),
        sa.Column("page", sa.String(400), nullable=False),
        sa.Column("began_at", Instant, nullable=False),
        sa.Column("returned_at", Instant, nullable=True),
        sa.CheckConstraint("way IN ('online', 'window', 'free')", name=op.f("ck_certificate_checkouts_way")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["certificate_orders.id"], name=op.f("fk_certificate_checkouts_order_id_certificate_orders")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_certificate_checkouts")),
        sa.UniqueConstraint("payment", name=op.f("uq_certificate_checkouts_payment")),
    )


def _letters() -> None:
    op.create_table(
        "certificate_batches",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("letters", sa.Integer, nullable=False),
        sa.Column("printed_by", sa.String(200), nullable=False),
        sa.Column("printed_at", Instant, nullable=False),
        sa.Column("posted_at", Instant, nullable=True),
        sa.CheckConstraint("state IN ('printed', 'posted')", name=op.f("ck_certificate_batches_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_batches")),
    )
    op.create_table(
        "certificate_letters",
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("returned_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["certificate_orders.id"], name=op.f("fk_certificate_letters_order_id_certificate_orders")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["certificate_batches.id"], name=op.f("fk_certificate_letters_batch_id_certificate_batches")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_certificate_letters")),
        sa.UniqueConstraint("batch_id", "place", name=op.f("uq_certificate_letters_batch_id_place")),
    )


def _numbers() -> None:
    op.create_table(
        "personal_numbers",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("taken_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_personal_numbers_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_personal_numbers")),
    )


def downgrade() -> None:
    for table in ("personal_numbers", "certificate_letters", "certificate_batches", "certificate_checkouts"):
        op.drop_table(table)
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(POSTAGE, type_="check")
        batch.drop_column("postage")
