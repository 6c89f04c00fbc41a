"""Programmes with their terms and what was earned under them; organisations, activities, places, doubts, objections."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0045"
down_revision = "0043"


def upgrade() -> None:
    op.create_table(
        "point_programmes",
        sa.Column("code", sa.String(30), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["point_accounts.id"], name=op.f("fk_point_programmes_account_id_point_accounts")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_point_programmes")),
        sa.UniqueConstraint("account_id", name=op.f("uq_point_programmes_account_id")),
    )
    op.create_table(
        "point_terms",
        sa.Column("programme", sa.String(30), nullable=False),
        sa.Column("version", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("title", sa.JSON, nullable=False),
        sa.Column("points", sa.Integer, nullable=False),
        sa.Column("budget", sa.Integer, nullable=False),
        sa.Column("per_day", sa.Integer, nullable=True),
        sa.Column("per_month", sa.Integer, nullable=True),
        sa.Column("per_person", sa.Integer, nullable=True),
        sa.Column("begins_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("proposed_label", sa.String(200), nullable=False),
        sa.Column("proposed_at", Instant, nullable=False),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.CheckConstraint("points > 0 AND budget >= 0", name=op.f("ck_point_terms_amounts")),
        sa.CheckConstraint("state <> 'approved' OR decided_by IS NOT NULL", name=op.f("ck_point_terms_approved")),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_point_terms_four_eyes")),
        sa.CheckConstraint("begins_on <= ends_on", name=op.f("ck_point_terms_period")),
        sa.ForeignKeyConstraint(
            ["programme"], ["point_programmes.code"], name=op.f("fk_point_terms_programme_point_programmes")
        ),
        sa.PrimaryKeyConstraint("programme", "version", name=op.f("pk_point_terms")),
    )
    op.create_table(
        "point_earnings",
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("fact", sa.String(80), nullable=False),
        sa.Column("programme", sa.String(30), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("given", sa.Integer, nullable=False),
        sa.Column("transfer", sa.Integer, nullable=True),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint("given >= 0 AND given <= asked", name=op.f("ck_point_earnings_given")),
        sa.CheckConstraint("(given = 0) = (transfer IS NULL)", name=op.f("ck_point_earnings_transfer")),
        sa.ForeignKeyConstraint(
            ["programme", "version"],
            ["point_terms.programme", "point_terms.version"],
            name=op.f("fk_point_earnings_programme_version_point_terms"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_point_earnings_resident_id_residents")
        ),
        sa.ForeignKeyConstraint(
            ["transfer"], ["point_transfers.number"], name=op.f("fk_point_earnings_transfer_point_transfers")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_point_earnings")),
        sa.UniqueConstraint("transfer", name=op.f("uq_point_earnings_transfer")),
    )
    op.create_index("ix_point_earnings_fact", "point_earnings", ["fact"])
    op.create_index("ix_point_earnings_resident_id_programme", "point_earnings", ["resident_id", "programme", "at"])
    op.create_table(
        "volunteer_hosts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("programme", sa.String(30), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme"], ["point_programmes.code"], name=op.f("fk_volunteer_hosts_programme_point_programmes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_hosts")),
        sa.UniqueConstraint("name", name=op.f("uq_volunteer_hosts_name")),
    )
    op.create_table(
        "volunteer_keepers",
        sa.Column("host_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("named_at", Instant, nullable=False),
        sa.Column("named_by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["volunteer_hosts.id"], name=op.f("fk_volunteer_keepers_host_id_volunteer_hosts")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_volunteer_keepers_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("host_id", "resident_id", name=op.f("pk_volunteer_keepers")),
    )
    op.create_index("ix_volunteer_keepers_resident_id", "volunteer_keepers", ["resident_id"])
    op.create_table(
        "volunteer_activities",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("host_id", sa.Uuid, nullable=False),
        sa.Column("programme", sa.String(30), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("ward", sa.String(10), nullable=False),
        sa.Column("meeting", sa.String(200), nullable=False),
        sa.Column("starts_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.Column("seats", sa.Integer, nullable=False),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("published_at", Instant, nullable=False),
        sa.CheckConstraint("taken >= 0 AND taken <= seats", name=op.f("ck_volunteer_activities_seats")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_volunteer_activities_times")),
        sa.ForeignKeyConstraint(
            ["host_id"], ["volunteer_hosts.id"], name=op.f("fk_volunteer_activities_host_id_volunteer_hosts")
        ),
        sa.ForeignKeyConstraint(
            ["programme"], ["point_programmes.code"], name=op.f("fk_volunteer_activities_programme_point_programmes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_activities")),
    )
    op.create_index("ix_volunteer_activities_host_id", "volunteer_activities", ["host_id", "starts_at"])
    op.create_index("ix_volunteer_activities_starts_at", "volunteer_activities", ["starts_at"])
    op.create_table(
        "volunteer_places",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("activity_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("applied_at", Instant, nullable=False),
        sa.Column("came_at", Instant, nullable=True),
        sa.Column("left_at", Instant, nullable=True),
        sa.Column("device", sa.String(32), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=True),
        sa.Column("settled_at", Instant, nullable=True),
        sa.Column("settled_by", sa.Uuid, nullable=True),
        sa.Column("note", sa.String(300), nullable=False),
        sa.CheckConstraint("minutes IS NULL OR minutes >= 0", name=op.f("ck_volunteer_places_minutes")),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["volunteer_activities.id"],
            name=op.f("fk_volunteer_places_activity_id_volunteer_activities"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_volunteer_places_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_places")),
        sa.UniqueConstraint("activity_id", "resident_id", name=op.f("uq_volunteer_places_activity_id_resident_id")),
    )
    op.create_index("ix_volunteer_places_resident_id", "volunteer_places", ["resident_id"])
    op.create_table(
        "volunteer_doubts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("place_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("found_at", Instant, nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"], ["volunteer_places.id"], name=op.f("fk_volunteer_doubts_place_id_volunteer_places")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_volunteer_doubts_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_doubts")),
        sa.UniqueConstraint("place_id", "kind", name=op.f("uq_volunteer_doubts_place_id_kind")),
    )
    op.create_index("ix_volunteer_doubts_state", "volunteer_doubts", ["state", "found_at"])
    op.create_table(
        "volunteer_objections",
        sa.Column("place_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("words", sa.String(500), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("decided_by", sa.Uuid, nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_volunteer_objections_minutes")),
        sa.ForeignKeyConstraint(
            ["place_id"], ["volunteer_places.id"], name=op.f("fk_volunteer_objections_place_id_volunteer_places")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_volunteer_objections_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_volunteer_objections")),
    )
    op.create_index("ix_volunteer_objections_state", "volunteer_objections", ["state", "made_at"])
    op.create_table(
        "attested_papers",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("issue_number", sa.String(30), nullable=False),
        sa.Column("verification_code", sa.String(14), nullable=False),
        sa.Column("birth_mark", sa.String(32), nullable=False),
        sa.Column("document_sha256", sa.String(64), nullable=True),
        sa.Column("pages", sa.Integer, nullable=True),
        sa.Column("issued_at", Instant, nullable=False),
        sa.Column("checks", sa.Integer, nullable=False),
        sa.Column("checked_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_attested_papers_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attested_papers")),
        sa.UniqueConstraint("issue_number", name=op.f("uq_attested_papers_issue_number")),
        sa.UniqueConstraint("key", name=op.f("uq_attested_papers_key")),
        sa.UniqueConstraint("verification_code", name=op.f("uq_attested_papers_verification_code")),
    )


def downgrade() -> None:
    for name in (
        "attested_papers",
        "volunteer_objections",
        "volunteer_doubts",
        "volunteer_places",
        "volunteer_activities",
        "volunteer_keepers",
        "volunteer_hosts",
        "point_earnings",
        "point_terms",
        "point_programmes",
    ):
        op.drop_table(name)
