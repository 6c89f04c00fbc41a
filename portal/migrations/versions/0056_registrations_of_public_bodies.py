"""Licences, commendations and certificates that public bodies register, and which machine acts for which body."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0056"
down_revision = "0055"


def upgrade() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=True),
        sa.Column("terms", sa.String(300), nullable=False),
        sa.Column("law", sa.String(120), nullable=False),
        sa.Column("sight", sa.String(6), nullable=False),
        sa.Column("reminded", sa.Integer, nullable=False),
        sa.Column("entered_by", sa.Uuid, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("withdrawn_at", Instant, nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("objection", sa.Text, nullable=False),
        sa.Column("objected_at", Instant, nullable=True),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_at", Instant, nullable=True),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= issued_on", name=op.f("ck_registrations_days")),
        sa.CheckConstraint("sight = 'own' OR law <> ''", name=op.f("ck_registrations_law")),
        sa.ForeignKeyConstraint(["agency_code"], ["agencies.code"], name=op.f("fk_registrations_agency_code_agencies")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_registrations_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("agency_code", "kind", "number", name=op.f("uq_registrations_agency_code_kind_number")),
    )
    op.create_index("ix_registrations_company_id", "registrations", ["company_id"])
    op.create_index("ix_registrations_valid_until", "registrations", ["valid_until"])
    op.create_table(
        "agency_clients",
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_code"], ["agencies.code"], name=op.f("fk_agency_clients_agency_code_agencies")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_agency_clients_client_id_clients")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_agency_clients")),
    )


def downgrade() -> None:
    op.drop_table("agency_clients")
    op.drop_table("registrations")
