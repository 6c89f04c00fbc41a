"""Sealed quotations with what opens them, awards of years before, saved searches of companies."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0048"
down_revision = "0045"


def upgrade() -> None:
    with op.batch_alter_table("tenders") as tenders:
        tenders.add_column(sa.Column("sealed", sa.Boolean, nullable=False, server_default=sa.false()))
        tenders.add_column(sa.Column("item", sa.String(60), nullable=False, server_default=""))
        tenders.add_column(sa.Column("quantity", sa.Integer, nullable=True))
        tenders.add_column(sa.Column("unit", sa.String(10), nullable=False, server_default=""))
    with op.batch_alter_table("tenders") as tenders:
        for name in ("sealed", "item", "unit"):
            tenders.alter_column(name, server_default=None)
    _create_sealed()
    _create_awards()
    op.create_table(
        "tender_searches",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("words", sa.String(100), nullable=False),
        sa.Column("category", sa.String(10), nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("rhythm", sa.String(8), nullable=False),
        sa.Column("told_until", Instant, nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_tender_searches_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender_searches")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_tender_searches_company_id_name")),
    )


def _create_sealed() -> None:
    op.create_table(
        "opening_keys",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_keys")),
    )
    op.create_index("ix_opening_keys_member_id", "opening_keys", ["member_id"])
    op.create_table(
        "quotation_locks",
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("portal_share", sa.LargeBinary, nullable=False),
        sa.Column("first_by", sa.Uuid, nullable=True),
        sa.Column("first_at", Instant, nullable=True),
        sa.Column("first_key_id", sa.String(40), nullable=False),
        sa.Column("first_shares", sa.LargeBinary, nullable=True),
        sa.Column("second_by", sa.Uuid, nullable=True),
        sa.Column("opened_at", Instant, nullable=True),
        sa.CheckConstraint("second_by IS NULL OR second_by <> first_by", name=op.f("ck_quotation_locks_two_people")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_quotation_locks_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_quotation_locks")),
    )
    lock = "quotation_lock_shares"
    op.create_table(
        lock,
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("first_key", sa.Uuid, nullable=False),
        sa.Column("second_key", sa.Uuid, nullable=False),
        sa.Column("for_first", sa.LargeBinary, nullable=False),
        sa.Column("for_second", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["first_key"], ["opening_keys.id"], name=op.f(f"fk_{lock}_first_key_opening_keys")),
        sa.ForeignKeyConstraint(["second_key"], ["opening_keys.id"], name=op.f(f"fk_{lock}_second_key_opening_keys")),
        sa.ForeignKeyConstraint(
            ["tender_id"], ["quotation_locks.tender_id"], name=op.f(f"fk_{lock}_tender_id_quotation_locks")
        ),
        sa.PrimaryKeyConstraint("tender_id", "first_key", "second_key", name=op.f(f"pk_{lock}")),
    )
    op.create_table(
        "quotations",
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("filed_at", Instant, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=True),
        sa.Column("draw", sa.Integer, nullable=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("fault", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_quotations_company_id_companies")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["business_people.id"], name=op.f("fk_quotations_person_id_business_people")
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_quotations_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", "company_id", name=op.f("pk_quotations")),
    )


def _create_awards() -> None:
    op.create_table(
        "awards",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(40), nullable=False),
        sa.Column("tender_id", sa.Uuid, nullable=True),
        sa.Column("title", sa.String(150), nullable=False),
        sa.Column("category", sa.String(10), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("item", sa.String(60), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=True),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("estimate", sa.BigInteger, nullable=True),
        sa.Column("announced_on", sa.Date, nullable=True),
        sa.Column("closed_on", sa.Date, nullable=True),
        sa.Column("awarded_on", sa.Date, nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("notice_days", sa.Integer, nullable=True),
        sa.Column("lead_days", sa.Integer, nullable=True),
        sa.Column("bidders", sa.Integer, nullable=False),
        sa.Column("winner", sa.String(14), nullable=False),
        sa.Column("winner_name", sa.String(150), nullable=False),
        sa.ForeignKeyConstraint(["agency_code"], ["agencies.code"], name=op.f("fk_awards_agency_code_agencies")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_awards_tender_id_tenders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awards")),
        sa.UniqueConstraint("agency_code", "reference", name=op.f("uq_awards_agency_code_reference")),
    )
    op.create_index("ix_awards_agency_code_category_year", "awards", ["agency_code", "category", "year"])
    op.create_index("ix_awards_item_unit", "awards", ["item", "unit"])
    op.create_table(
        "award_bids",
        sa.Column("award_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String(14), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=True),
        sa.Column("won", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["award_id"], ["awards.id"], name=op.f("fk_award_bids_award_id_awards")),
        sa.PrimaryKeyConstraint("award_id", "number", name=op.f("pk_award_bids")),
    )
    op.create_index("ix_award_bids_number", "award_bids", ["number"])


def downgrade() -> None:
    for table in (
        "tender_searches", "award_bids", "awards", "quotations", "quotation_lock_shares", "quotation_locks",
        "opening_keys",
    ):  # fmt: skip
        op.drop_table(table)
    with op.batch_alter_table("tenders") as tenders:
        for name in ("unit", "quantity", "item", "sealed"):
            tenders.drop_column(name)
