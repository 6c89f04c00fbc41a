"""Who may come in: offices, staff, residents' accounts with passkeys and cards, machine clients."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0003"
down_revision = "0002"

OFFICES = (
    ("chuo", "中央区役所", "中央区"),
    ("hanamigawa", "花見川区役所", "花見川区"),
    ("inage", "稲毛区役所", "稲毛区"),
    ("wakaba", "若葉区役所", "若葉区"),
    ("midori", "緑区役所", "緑区"),
    ("mihama", "美浜区役所", "美浜区"),
    ("honcho", "市役所", ""),
    ("shori", "集中処理センター", ""),
)
STILL_VALID = sa.text("ended_at IS NULL")


def upgrade() -> None:
    _staff()
    _accounts()
    _keys()
    _clients()


def _staff() -> None:
    offices = op.create_table(
        "offices",
        sa.Column("code", sa.String(20), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("ward", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_offices")),
    )
    op.bulk_insert(offices, [{"code": code, "name": name, "ward": ward} for code, name, ward in OFFICES])
    op.create_table(
        "sections",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_sections_office_offices")),
        sa.UniqueConstraint("office", "name", name=op.f("uq_sections_office_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sections")),
    )
    op.create_table(
        "staff_members",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String(10), nullable=False),
        sa.Column("login_id", sa.String(60), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_staff_members_section_id_sections")),
        sa.UniqueConstraint("number", name=op.f("uq_staff_members_number")),
        sa.UniqueConstraint("login_id", name=op.f("uq_staff_members_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_members")),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("login_id", sa.String(60), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("user_handle", sa.LargeBinary(32), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.UniqueConstraint("login_id", name=op.f("uq_accounts_login_id")),
        sa.UniqueConstraint("user_handle", name=op.f("uq_accounts_user_handle")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_accounts_resident_id_residents")),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "account_browsers",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_account_browsers_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("resident_id", "browser", name=op.f("pk_account_browsers")),
    )
    op.create_table(
        "account_events",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("device", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_account_events_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_events")),
    )
    op.create_index("ix_account_events_resident_id_at", "account_events", ["resident_id", "at"])


def _keys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("used_at", Instant),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_passkeys_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
    )
    op.create_index("ix_passkeys_resident_id", "passkeys", ["resident_id"])
    op.create_table(
        "challenges",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("context", sa.String(120), nullable=False),
        sa.Column("value", sa.LargeBinary(200), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenges")),
    )
    op.create_table(
        "card_enrolments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("issuer", sa.String(64), nullable=False),
        sa.Column("serial", sa.String(40), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("valid_until", Instant, nullable=False),
        sa.Column("enrolled_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_card_enrolments_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_enrolments")),
    )
    op.create_index("ix_card_enrolments_resident_id", "card_enrolments", ["resident_id"])
    op.create_index(
        "uq_card_enrolments_valid",
        "card_enrolments",
        ["issuer", "serial"],
        unique=True,
        sqlite_where=STILL_VALID,
        postgresql_where=STILL_VALID,
    )


def _clients() -> None:
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.String(60), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("public_key", sa.JSON, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("enrolled_at", Instant, nullable=False),
        sa.Column("last_seen", Instant),
        sa.Column("health", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["office"], ["offices.code"], name=op.f("fk_clients_office_offices")),
        sa.UniqueConstraint("client_id", name=op.f("uq_clients_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_table(
        "access_tokens",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("client", sa.Uuid, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_access_tokens_client_clients")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_tokens")),
    )
    op.create_index("ix_access_tokens_client", "access_tokens", ["client"])
    op.create_table(
        "used_assertions",
        sa.Column("client", sa.Uuid, nullable=False),
        sa.Column("jti_hash", sa.String(64), nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_used_assertions_client_clients")),
        sa.PrimaryKeyConstraint("client", "jti_hash", name=op.f("pk_used_assertions")),
    )


def downgrade() -> None:
    for table in (
        *("used_assertions", "access_tokens", "clients"),
        *("card_enrolments", "challenges", "passkeys"),
        *("account_events", "account_browsers", "accounts"),
        *("staff_members", "sections", "offices"),
    ):
        op.drop_table(table)
