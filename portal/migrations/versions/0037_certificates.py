"""Certificates: registered seals, municipal tax, the card on the reader, delivery, papers taken back."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0037"
down_revision = "0036"

TABLE = "certificate_orders"
DELIVERY = op.f("ck_certificate_orders_delivery")
REVOKED = op.f("ck_certificate_orders_revoked")


def upgrade() -> None:
    op.create_table(
        "seal_registrations",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("impression", sa.LargeBinary, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("registered_on", sa.Date, nullable=False),
        sa.Column("taken_at", Instant, nullable=False),
        sa.CheckConstraint(
            "width BETWEEN 80 AND 250 AND height BETWEEN 80 AND 250", name=op.f("ck_seal_registrations_size")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_seal_registrations_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_seal_registrations")),
        sa.UniqueConstraint("number", name=op.f("uq_seal_registrations_number")),
    )
    op.create_table(
        "tax_assessments",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("year", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("address_then", sa.String(200), nullable=False),
        sa.Column("amounts", sa.JSON, nullable=False),
        sa.Column("dependants", sa.Integer, nullable=False),
        sa.Column("taken_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_tax_assessments_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("resident_id", "year", name=op.f("pk_tax_assessments")),
    )
    op.create_table(
        "tax_accounts",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("year", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("tax", sa.String(12), nullable=False),
        sa.Column("owed", sa.Integer, nullable=False),
        sa.Column("paid", sa.Integer, nullable=False),
        sa.Column("not_due", sa.Integer, nullable=False),
        sa.Column("taken_at", Instant, nullable=False),
        sa.CheckConstraint("paid >= 0 AND not_due >= 0 AND paid + not_due <= owed", name=op.f("ck_tax_accounts_sums")),
        sa.CheckConstraint("tax IN ('residents', 'property', 'vehicle')", name=op.f("ck_tax_accounts_tax")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_tax_accounts_resident_id_residents")),
        sa.PrimaryKeyConstraint("resident_id", "year", "tax", name=op.f("pk_tax_accounts")),
    )
    with op.batch_alter_table(TABLE) as batch:
        batch.add_column(sa.Column("card", sa.String(64), nullable=False, server_default=""))
        batch.add_column(sa.Column("delivery", sa.String(12), nullable=False, server_default=""))
        batch.add_column(sa.Column("revoked_at", Instant, nullable=True))
        batch.add_column(sa.Column("revoked_because", sa.String(200), nullable=True))
        batch.create_check_constraint(DELIVERY, "delivery IN ('', 'electronic', 'post')")
        batch.create_check_constraint(REVOKED, "revoked_at IS NULL OR state = 'printed'")
    op.add_column("kiosk_sessions", sa.Column("card", sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("kiosk_sessions", "card")
    with op.batch_alter_table(TABLE) as batch:
        batch.drop_constraint(REVOKED, type_="check")
        batch.drop_constraint(DELIVERY, type_="check")
        for name in ("revoked_because", "revoked_at", "delivery", "card"):
            batch.drop_column(name)
    for table in ("tax_accounts", "tax_assessments", "seal_registrations"):
        op.drop_table(table)
