"""City cards, what is on them, the ids of services, and where a card was read."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "city_cards",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("issuer", sa.String(6), nullable=False),
        sa.Column("issued_at", Instant, nullable=False),
        sa.Column("expires", sa.Date, nullable=False),
        sa.Column("stopped_at", Instant, nullable=True),
        sa.Column("ended_at", Instant, nullable=True),
        sa.Column("why", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_city_cards_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city_cards")),
        sa.UniqueConstraint("number", name=op.f("uq_city_cards_number")),
    )
    op.create_index("ix_city_cards_resident_id", "city_cards", ["resident_id"])
    not_ended = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_city_cards_person",
        "city_cards",
        ["resident_id"],
        unique=True,
        sqlite_where=not_ended,
        postgresql_where=not_ended,
    )
    op.create_table(
        "service_ids",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("service", sa.String(12), nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("ended_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_service_ids_resident_id_residents")),
        sa.PrimaryKeyConstraint("resident_id", "service", name=op.f("pk_service_ids")),
    )
    op.create_index("uq_service_ids_number", "service_ids", ["service", "number"], unique=True)
    op.create_table(
        "card_entries",
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("service", sa.String(12), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("written_at", Instant, nullable=True),
        sa.Column("transaction", sa.String(16), nullable=False),
        sa.Column("next_number", sa.String(16), nullable=False),
        sa.Column("next_status", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["city_cards.id"], name=op.f("fk_card_entries_card_id_city_cards")),
        sa.PrimaryKeyConstraint("card_id", "service", name=op.f("pk_card_entries")),
    )
    op.create_table(
        "card_visits",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("card_id", sa.Uuid, nullable=False),
        sa.Column("service", sa.String(12), nullable=False),
        sa.Column("terminal", sa.String(120), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["city_cards.id"], name=op.f("fk_card_visits_card_id_city_cards")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_visits")),
    )
    op.create_index("uq_card_visits_once", "card_visits", ["card_id", "terminal", "at"], unique=True)
    op.create_index("ix_card_visits_at", "card_visits", ["at"])


def downgrade() -> None:
    for table in ("card_visits", "card_entries", "service_ids", "city_cards"):
        op.drop_table(table)
