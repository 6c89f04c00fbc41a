"""Sign-in of companies without gBizID by a code posted to the registered address; delegations somebody has at gBizID."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0103"
down_revision = "0102"

OPEN = sa.text("state IN ('waiting', 'printed', 'posted')")


def upgrade() -> None:
    op.create_table(
        "sign_in_letters",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("reference", sa.String(14), nullable=False),
        sa.Column("number", sa.String(13), nullable=False),
        sa.Column("company", sa.String(150), nullable=False),
        sa.Column("address", sa.String(400), nullable=False),
        sa.Column("postal_code", sa.String(7), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("ended", sa.String(10), nullable=False),
        sa.Column("issue", sa.Integer, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("batch", sa.Uuid),
        sa.Column("place", sa.Integer),
        sa.Column("printed_at", Instant),
        sa.Column("printed_by", sa.String(200), nullable=False),
        sa.Column("posted_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("person_id", sa.Uuid),
        sa.CheckConstraint(
            "state IN ('waiting', 'printed', 'posted', 'used', 'over')", name=op.f("ck_sign_in_letters_state")
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_sign_in_letters_tries")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["business_people.id"], name=op.f("fk_sign_in_letters_person_id_business_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_letters")),
        sa.UniqueConstraint("reference", name=op.f("uq_sign_in_letters_reference")),
        sa.UniqueConstraint("batch", "place", name=op.f("uq_sign_in_letters_batch_place")),
    )
    op.create_index("ix_sign_in_letters_number_asked_at", "sign_in_letters", ["number", "asked_at"])
    op.create_index("ix_sign_in_letters_state_asked_at", "sign_in_letters", ["state", "asked_at"])
    op.create_index(
        "uq_sign_in_letters_open", "sign_in_letters", ["number"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "gbizid_delegations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("begins_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("first_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.Column("stopped_at", Instant),
        sa.Column("stopped_by", sa.Uuid),
        *(
            sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_gbizid_delegations_{column}_{to}"))
            for column, to in (
                ("person_id", "business_people"), ("company_id", "companies"), ("stopped_by", "business_people"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gbizid_delegations")),
        sa.UniqueConstraint("person_id", "number", name=op.f("uq_gbizid_delegations_person_id_number")),
    )  # fmt: skip
    op.create_index(op.f("ix_gbizid_delegations_company_id"), "gbizid_delegations", ["company_id"])


def downgrade() -> None:
    op.drop_table("gbizid_delegations")
    op.drop_table("sign_in_letters")
