"""Letters with sign-in codes are printed by one and posted by another; numbers taken off the national register stay known;
who takes over a merged corporation's mailbox."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0119"
down_revision = "0118"


def upgrade() -> None:
    op.create_table(
        "corporation_removals",
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("updated_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_corporation_removals")),
    )
    op.create_table(
        "company_successions",
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("successor", sa.String(13), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("taken_at", Instant),
        sa.Column("taken_by", sa.Uuid),
        *(
            sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_company_successions_{column}_{to}"))
            for column, to in (("company_id", "companies"), ("taken_by", "business_people"))
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_company_successions")),
    )
    op.create_index(op.f("ix_company_successions_successor"), "company_successions", ["successor"])
    with op.batch_alter_table("sign_in_letters") as table:
        table.add_column(sa.Column("printer_id", sa.Uuid, nullable=True))
        table.add_column(sa.Column("poster_id", sa.Uuid, nullable=True))
        table.create_check_constraint(
            op.f("ck_sign_in_letters_four_eyes"), "poster_id IS NULL OR poster_id <> printer_id"
        )


def downgrade() -> None:
    with op.batch_alter_table("sign_in_letters") as table:
        table.drop_constraint(op.f("ck_sign_in_letters_four_eyes"), type_="check")
        table.drop_column("poster_id")
        table.drop_column("printer_id")
    op.drop_table("company_successions")
    op.drop_table("corporation_removals")
