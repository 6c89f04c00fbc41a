"""One valid card a person; notices belong to a section by its id; contents and done work have an end."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0012"
down_revision = "0011"

DONE = sa.text("done_at IS NOT NULL")
STILL_VALID = sa.text("ended_at IS NULL")


def upgrade() -> None:
    _one_card_a_person()
    _notices_of_sections()
    _retention()


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


def _notices_of_sections() -> None:
    """What a clerk wrote goes to the section its words name, or else to the writer's. Staff sign in again: their
    sessions did not know the section."""
    op.add_column("notices", sa.Column("section_id", sa.Uuid))
    op.create_index("ix_notices_section_id_number", "notices", ["section_id", "number"])
    op.execute(
        "UPDATE notices SET section_id = COALESCE("
        "(SELECT sections.id FROM sections JOIN offices ON offices.code = sections.office WHERE notices.section = "
        "CASE WHEN offices.name = sections.name THEN sections.name ELSE offices.name || ' ' || sections.name END), "
        "(SELECT section_id FROM staff_members WHERE staff_members.id = notices.author_id)) "
        "WHERE EXISTS (SELECT 1 FROM staff_members WHERE staff_members.id = notices.author_id)"
    )
    op.execute("DELETE FROM web_sessions WHERE kind = 'staff'")


def _retention() -> None:
    op.add_column("applications", sa.Column("erased_at", Instant))
    op.add_column("applications", sa.Column("held_because", sa.String(200), nullable=False, server_default=""))
    op.add_column("applications", sa.Column("warned_at", Instant))
    op.create_index("ix_outbox_done", "outbox", ["done_at"], sqlite_where=DONE, postgresql_where=DONE)


def downgrade() -> None:
    op.drop_index("ix_outbox_done", "outbox")
    for column in ("warned_at", "held_because", "erased_at"):
        op.drop_column("applications", column)
    op.drop_index("ix_notices_section_id_number", "notices")
    op.drop_column("notices", "section_id")
    op.drop_index("uq_card_enrolments_person", "card_enrolments")
