"""Guidance: who is told what once, rules that are off, disasters declared, and vaccination records."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "guidance_advice",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("occasion", sa.String(10), nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
        sa.Column("found_at", Instant, nullable=False),
        sa.Column("told_on", sa.Date, nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("snoozed_until", sa.Date, nullable=True),
        _whose("guidance_advice", "resident_id"),
        _whose("guidance_advice", "subject_id"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_guidance_advice")),
        sa.UniqueConstraint(
            "resident_id",
            "rule",
            "subject_id",
            "occasion",
            name=op.f("uq_guidance_advice_resident_id_rule_subject_id_occasion"),
        ),
    )
    untold = sa.text("told_on IS NULL")
    op.create_index(
        "ix_guidance_advice_untold",
        "guidance_advice",
        ["resident_id", "weight"],
        sqlite_where=untold,
        postgresql_where=untold,
    )
    op.create_index("ix_guidance_advice_told_on_resident_id", "guidance_advice", ["told_on", "resident_id"])
    op.create_index("ix_guidance_advice_rule_told_on", "guidance_advice", ["rule", "told_on"])
    op.create_table(
        "guidance_switches",
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("off_at", Instant, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_guidance_switches")),
    )
    op.create_table(
        "guidance_declarations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ward", sa.String(20), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("declared_at", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance_declarations")),
        sa.UniqueConstraint("kind", "day", "ward", name=op.f("uq_guidance_declarations_kind_day_ward")),
    )
    op.create_table(
        "vaccinations",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("vaccine", sa.String(40), nullable=False),
        sa.Column("dose", sa.Integer, nullable=False),
        sa.Column("given_on", sa.Date, nullable=False),
        sa.Column("place", sa.String(100), nullable=False),
        sa.Column("source", sa.String(120), nullable=False),
        _whose("vaccinations", "resident_id"),
        sa.PrimaryKeyConstraint("resident_id", "vaccine", "dose", name=op.f("pk_vaccinations")),
    )


def _whose(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["residents.id"], name=op.f(f"fk_{table}_{column}_residents"))


def downgrade() -> None:
    for table in ("vaccinations", "guidance_declarations", "guidance_switches", "guidance_advice"):
        op.drop_table(table)
