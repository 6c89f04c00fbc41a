"""One valid card a person."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"

STILL_VALID = sa.text("ended_at IS NULL")


def upgrade() -> None:
    _one_card_a_person()


def _one_card_a_person() -> None:
    """Where a race left a person with two cards, the newer one stays."""
    op.execute(
        "UPDATE card_enrolments SET ended_at = enrolled_at WHERE ended_at IS NULL AND EXISTS ("
        "SELECT 1 FROM card_enrolments newer WHERE newer.resident_id = card_enrolments.resident_id "
        "AND newer.ended_at IS NULL AND (newer.enrolled_at > card_enrolments.enrolled_at "
        "OR (newer.enrolled_at = card_enrolments.enrolled_at AND newer.id > card_enrolments.id)))"
    )
    op.create_index(
        "uq_card_enrolments_person",
        "card_enrolments",
        ["resident_id"],
        unique=True,
        sqlite_where=STILL_VALID,
        postgresql_where=STILL_VALID,
    )


def downgrade() -> None:
    op.drop_index("uq_card_enrolments_person", "card_enrolments")
