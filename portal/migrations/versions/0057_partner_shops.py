"""Partner shops of points: who they are, who acts for them, their terminals, what they took, what they are paid."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0057"
down_revision = "0056"


def _references(table: str, *pairs: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}_{target.partition('.')[0]}"))
        for column, target in pairs
    ]


def upgrade() -> None:
    name = "point_partners"
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("trade", sa.String(100), nullable=False),
        sa.Column("ward", sa.String(10), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(80), nullable=False),
        sa.Column("bank_sealed", sa.LargeBinary, nullable=False),
        sa.Column("contract_from", sa.Date, nullable=True),
        sa.Column("contract_until", sa.Date, nullable=True),
        sa.Column("applied_at", Instant, nullable=False),
        sa.Column("checked_by", sa.Uuid, nullable=True),
        sa.Column("checked_label", sa.String(200), nullable=False),
        sa.Column("checked_at", Instant, nullable=True),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("note", sa.String(300), nullable=False),
        sa.CheckConstraint(
            "state NOT IN ('active', 'suspended') OR decided_by IS NOT NULL", name=op.f(f"ck_{name}_approved")
        ),
        sa.CheckConstraint(
            "contract_from IS NULL OR contract_from <= contract_until", name=op.f(f"ck_{name}_contract")
        ),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> checked_by", name=op.f(f"ck_{name}_four_eyes")),
        *_references(name, ("account_id", "point_accounts.id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("account_id", name=op.f(f"uq_{name}_account_id")),
    )
    op.create_index(op.f("ix_point_partners_key_id"), name, ["key_id"])
    name = "point_partner_keepers"
    op.create_table(
        name,
        sa.Column("partner_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("since", Instant, nullable=False),
        *_references(name, ("partner_id", "point_partners.id"), ("resident_id", "residents.id")),
        sa.PrimaryKeyConstraint("partner_id", "resident_id", name=op.f(f"pk_{name}")),
    )
    op.create_index("ix_point_partner_keepers_resident_id", name, ["resident_id"])
    name = "point_partner_terminals"
    op.create_table(
        name,
        sa.Column("client", sa.Uuid, nullable=False),
        sa.Column("partner_id", sa.Uuid, nullable=False),
        sa.Column("since", Instant, nullable=False),
        *_references(name, ("client", "clients.id"), ("partner_id", "point_partners.id")),
        sa.PrimaryKeyConstraint("client", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f("ix_point_partner_terminals_partner_id"), name, ["partner_id"])
    _statements()
    _sales()


def _statements() -> None:
    name = "point_statements"
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("partner_id", sa.Uuid, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("number", sa.String(14), nullable=False),
        sa.Column("sales", sa.Integer, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("yen", sa.Integer, nullable=False),
        sa.Column("transfer", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("approved_by", sa.Uuid, nullable=True),
        sa.Column("approved_label", sa.String(200), nullable=False),
        sa.Column("approved_at", Instant, nullable=True),
        sa.Column("paid_by", sa.Uuid, nullable=True),
        sa.Column("paid_label", sa.String(200), nullable=False),
        sa.Column("pay_on", sa.Date, nullable=True),
        sa.CheckConstraint("paid_by IS NULL OR approved_by IS NOT NULL", name=op.f(f"ck_{name}_approved")),
        sa.CheckConstraint("paid_by IS NULL OR paid_by <> approved_by", name=op.f(f"ck_{name}_four_eyes")),
        sa.CheckConstraint("points > 0 AND yen > 0 AND sales > 0", name=op.f(f"ck_{name}_positive")),
        *_references(name, ("partner_id", "point_partners.id"), ("transfer", "point_transfers.number")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("number", name=op.f(f"uq_{name}_number")),
        sa.UniqueConstraint("partner_id", "month", name=op.f(f"uq_{name}_partner_id_month")),
        sa.UniqueConstraint("transfer", name=op.f(f"uq_{name}_transfer")),
    )


def _sales() -> None:
    name = "point_sales"
    op.create_table(
        name,
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("partner_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("way", sa.String(10), nullable=False),
        sa.Column("coupon", sa.String(14), nullable=True),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("transfer", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by_label", sa.String(200), nullable=False),
        sa.Column("reversed_at", Instant, nullable=True),
        sa.Column("reversed_label", sa.String(200), nullable=False),
        sa.Column("statement_id", sa.Uuid, nullable=True),
        sa.CheckConstraint("reversed_at IS NULL OR statement_id IS NULL", name=op.f(f"ck_{name}_one_end")),
        sa.CheckConstraint("points > 0", name=op.f(f"ck_{name}_positive")),
        *_references(
            name, ("partner_id", "point_partners.id"), ("resident_id", "residents.id"),
            ("coupon", "point_coupons.reference"), ("transfer", "point_transfers.number"),
            ("statement_id", "point_statements.id"),
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("key", name=op.f(f"uq_{name}_key")),
        sa.UniqueConstraint("transfer", name=op.f(f"uq_{name}_transfer")),
    )  # fmt: skip
    op.create_index("ix_point_sales_partner_id_at", name, ["partner_id", "at"])
    op.create_index("ix_point_sales_resident_id", name, ["resident_id"])
    op.create_index("ix_point_sales_statement_id", name, ["statement_id"])


def downgrade() -> None:
    for name in (
        "point_sales",
        "point_statements",
        "point_partner_terminals",
        "point_partner_keepers",
        "point_partners",
    ):
        op.drop_table(name)
