"""Terminals and the versions of their keys; what is on cards beside the id; the cards' own log."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "card_terminals",
        sa.Column("client", sa.Uuid, nullable=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("key_print", sa.String(43), nullable=False),
        sa.Column("versions", sa.String(10), nullable=False),
        sa.Column("delivered_at", Instant, nullable=True),
        sa.Column("valid_until", Instant, nullable=True),
        sa.Column("revoked_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["client"], ["clients.id"], name=op.f("fk_card_terminals_client_clients")),
        sa.PrimaryKeyConstraint("client", name=op.f("pk_card_terminals")),
    )
    op.create_table(
        "role_keys",
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("current", sa.String(2), nullable=False),
        sa.Column("former", sa.String(2), nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_role_keys")),
    )
    op.create_table(
        "card_contents",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("service", sa.String(12), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("consent_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_card_contents_resident_id_residents")),
        sa.PrimaryKeyConstraint("resident_id", "service", name=op.f("pk_card_contents")),
    )
    op.create_index("ix_card_contents_key_id", "card_contents", ["key_id"])
    op.create_table(
        "card_log",
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("kvn", sa.String(2), nullable=False),
        sa.Column("op", sa.String(12), nullable=False),
        sa.Column("tag", sa.String(4), nullable=False),
        sa.Column("at", Instant, nullable=True),
        sa.Column("terminal", sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["city_cards.id"], name=op.f("fk_card_log_card_id_city_cards")),
        sa.PrimaryKeyConstraint("card_id", "number", name=op.f("pk_card_log")),
    )
    op.add_column("city_cards", sa.Column("role_keys", sa.String(120), nullable=False, server_default=""))
    op.add_column("service_ids", sa.Column("note", sa.String(40), nullable=False, server_default=""))
    op.add_column("card_entries", sa.Column("content", sa.String(32), nullable=False, server_default=""))
    op.add_column("card_entries", sa.Column("next_content", sa.String(32), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("card_entries", "next_content")
    op.drop_column("card_entries", "content")
    op.drop_column("service_ids", "note")
    op.drop_column("city_cards", "role_keys")
    for table in ("card_log", "card_contents", "role_keys", "card_terminals"):
        op.drop_table(table)
