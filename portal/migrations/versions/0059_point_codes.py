"""Codes for points on paper."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.create_table(
        "point_sheets",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("programme", sa.String(30), nullable=False),
        sa.Column("codes", sa.Integer, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("made_by", sa.Uuid, nullable=False),
        sa.Column("made_label", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme"], ["point_programmes.code"], name=op.f("fk_point_sheets_programme_point_programmes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_sheets")),
    )
    op.create_table(
        "point_codes",
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("sheet_id", sa.Uuid, nullable=False),
        sa.Column("used_at", Instant, nullable=True),
        sa.Column("resident_id", sa.Uuid, nullable=True),
        sa.CheckConstraint("(used_at IS NULL) = (resident_id IS NULL)", name=op.f("ck_point_codes_used")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_point_codes_resident_id_residents")),
        sa.ForeignKeyConstraint(["sheet_id"], ["point_sheets.id"], name=op.f("fk_point_codes_sheet_id_point_sheets")),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_point_codes")),
    )
    op.create_index(op.f("ix_point_codes_sheet_id"), "point_codes", ["sheet_id"])


def downgrade() -> None:
    op.drop_table("point_codes")
    op.drop_table("point_sheets")
