"""Companies: the national register, accounts, people, delegations, mailbox; agencies and tenders."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table(
        "agencies",
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("number", sa.String(13), nullable=False),
        sa.Column("prefecture", sa.String(10), nullable=False),
        sa.Column("city", sa.String(20), nullable=False),
        sa.Column("city_code", sa.String(6), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_agencies")),
    )
    op.create_table(
        "business_notices",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("link", sa.String(200), nullable=False),
        sa.Column("sender", sa.String(120), nullable=False),
        sa.Column("confidential", sa.Boolean, nullable=False),
        sa.Column("sent_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_business_notices_key")),
    )
    op.create_table(
        "business_people",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("issuer", sa.String(200), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("account_type", sa.String(12), nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_people")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_business_people_issuer_subject")),
    )
    op.create_table(
        "companies",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(14), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.Column("address", sa.String(400), nullable=False),
        sa.Column("region", sa.String(30), nullable=False),
        sa.Column("closed_on", sa.Date, nullable=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
        sa.UniqueConstraint("key", name=op.f("uq_companies_key")),
    )
    op.create_table(
        "corporation_grams",
        sa.Column("gram", sa.String(2), nullable=False),
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("gram", "number", name=op.f("pk_corporation_grams")),
    )
    op.create_table(
        "corporations",
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(16), nullable=False),
        sa.Column("process", sa.String(2), nullable=False),
        sa.Column("updated_on", sa.Date, nullable=False),
        sa.Column("changed_on", sa.Date, nullable=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.Column("kana", sa.String(500), nullable=False),
        sa.Column("english", sa.String(300), nullable=False),
        sa.Column("kind", sa.String(3), nullable=False),
        sa.Column("prefecture", sa.String(10), nullable=False),
        sa.Column("city", sa.String(20), nullable=False),
        sa.Column("street", sa.String(300), nullable=False),
        sa.Column("postal_code", sa.String(7), nullable=False),
        sa.Column("abroad", sa.String(300), nullable=False),
        sa.Column("closed_on", sa.Date, nullable=True),
        sa.Column("close_cause", sa.String(2), nullable=False),
        sa.Column("successor", sa.BigInteger, nullable=True),
        sa.Column("search_key", sa.String(700), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_corporations")),
    )
    op.create_table(
        "business_deliveries",
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("read_at", Instant, nullable=True),
        sa.Column("read_by", sa.Uuid, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_business_deliveries_company_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["business_notices.id"], name=op.f("fk_business_deliveries_notice_id_business_notices")
        ),
        sa.ForeignKeyConstraint(
            ["read_by"], ["business_people.id"], name=op.f("fk_business_deliveries_read_by_business_people")
        ),
        sa.PrimaryKeyConstraint("notice_id", "company_id", name=op.f("pk_business_deliveries")),
    )
    op.create_index("ix_business_deliveries_company_id_notice_id", "business_deliveries", ["company_id", "notice_id"])
    op.create_table(
        "company_delegations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("agent_id", sa.Uuid, nullable=False),
        sa.Column("profession", sa.String(20), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("given_at", Instant, nullable=False),
        sa.Column("given_by", sa.Uuid, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.CheckConstraint("company_id <> agent_id", name=op.f("ck_company_delegations_another")),
        sa.ForeignKeyConstraint(["agent_id"], ["companies.id"], name=op.f("fk_company_delegations_agent_id_companies")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_company_delegations_company_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["business_people.id"], name=op.f("fk_company_delegations_given_by_business_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_delegations")),
    )
    op.create_index("ix_company_delegations_agent_id", "company_delegations", ["agent_id"])
    op.create_index(op.f("ix_company_delegations_company_id"), "company_delegations", ["company_id"])
    op.create_table(
        "company_members",
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_company_members_company_id_companies")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["business_people.id"], name=op.f("fk_company_members_person_id_business_people")
        ),
        sa.PrimaryKeyConstraint("company_id", "person_id", name=op.f("pk_company_members")),
    )
    op.create_table(
        "qualifications",
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("category", sa.String(10), nullable=False),
        sa.Column("grade", sa.String(1), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_code"], ["agencies.code"], name=op.f("fk_qualifications_agency_code_agencies")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_qualifications_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "agency_code", "category", name=op.f("pk_qualifications")),
    )
    op.create_index(
        "ix_qualifications_agency_code_category_grade", "qualifications", ["agency_code", "category", "grade"]
    )
    op.create_table(
        "suspensions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("ground", sa.String(500), nullable=False),
        sa.Column("begins_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("proposed_by", sa.Uuid, nullable=False),
        sa.Column("approved_by", sa.Uuid, nullable=True),
        sa.Column("objection", sa.Text, nullable=False),
        sa.Column("objected_at", Instant, nullable=True),
        sa.CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_suspensions_four_eyes")),
        sa.ForeignKeyConstraint(["agency_code"], ["agencies.code"], name=op.f("fk_suspensions_agency_code_agencies")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_suspensions_company_id_companies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspensions")),
    )
    op.create_index(op.f("ix_suspensions_company_id"), "suspensions", ["company_id"])
    op.create_table(
        "tender_mutes",
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("category", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_tender_mutes_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "category", name=op.f("pk_tender_mutes")),
    )
    op.create_table(
        "agency_sections",
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_code"], ["agencies.code"], name=op.f("fk_agency_sections_agency_code_agencies")
        ),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_agency_sections_section_id_sections")),
        sa.PrimaryKeyConstraint("section_id", name=op.f("pk_agency_sections")),
    )
    op.create_table(
        "tenders",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String(14), nullable=False),
        sa.Column("ocid", sa.String(40), nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("title", sa.String(150), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("category", sa.String(10), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("region", sa.String(30), nullable=False),
        sa.Column("grades", sa.JSON, nullable=False),
        sa.Column("site_visit", sa.String(300), nullable=False),
        sa.Column("documents", sa.JSON, nullable=False),
        sa.Column("questions_until", sa.Date, nullable=False),
        sa.Column("submissions_until", Instant, nullable=False),
        sa.Column("estimate", sa.BigInteger, nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("published_at", Instant, nullable=True),
        sa.Column("decided_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["agency_code"], ["agencies.code"], name=op.f("fk_tenders_agency_code_agencies")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_tenders_section_id_sections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenders")),
        sa.UniqueConstraint("number", name=op.f("uq_tenders_number")),
    )
    op.create_index("ix_tenders_state_submissions_until", "tenders", ["state", "submissions_until"])
    op.create_table(
        "tender_bids",
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String(14), nullable=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("won", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_tender_bids_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", "number", name=op.f("pk_tender_bids")),
    )
    op.create_index(op.f("ix_tender_bids_number"), "tender_bids", ["number"])
    op.create_table(
        "tender_interests",
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_tender_interests_company_id_companies")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["business_people.id"], name=op.f("fk_tender_interests_person_id_business_people")
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_tender_interests_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", "company_id", name=op.f("pk_tender_interests")),
    )
    op.create_table(
        "tender_questions",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["companies.id"], name=op.f("fk_tender_questions_company_id_companies")
        ),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_tender_questions_tender_id_tenders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender_questions")),
    )
    op.create_index(op.f("ix_tender_questions_tender_id"), "tender_questions", ["tender_id"])
    op.create_table(
        "tender_releases",
        sa.Column("tender_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_tender_releases_tender_id_tenders")),
        sa.PrimaryKeyConstraint("tender_id", "number", name=op.f("pk_tender_releases")),
    )
    op.create_index(op.f("ix_tender_releases_at"), "tender_releases", ["at"])


def downgrade() -> None:
    for table in (
        "tender_releases",
        "tender_questions",
        "tender_interests",
        "tender_bids",
        "tenders",
        "agency_sections",
        "tender_mutes",
        "suspensions",
        "qualifications",
        "company_members",
        "company_delegations",
        "business_deliveries",
        "corporations",
        "corporation_grams",
        "companies",
        "business_people",
        "business_notices",
        "agencies",
    ):
        op.drop_table(table)
