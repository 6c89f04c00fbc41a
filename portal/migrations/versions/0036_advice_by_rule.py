"""Guidance is kept by rule: two indexes instead of four, and no look-up of a person for each line that a run writes."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

OLD = "uq_guidance_advice_resident_id_rule_subject_id_occasion"
NEW = "uq_guidance_advice_once"
PEOPLE = ("resident_id", "subject_id")


def upgrade() -> None:
    for index in ("untold", "told_on_resident_id", "rule_told_on"):
        op.drop_index(f"ix_guidance_advice_{index}", "guidance_advice")
    with op.batch_alter_table("guidance_advice") as changed:
        for column in PEOPLE:
            changed.drop_constraint(f"fk_guidance_advice_{column}_residents", type_="foreignkey")
        changed.drop_constraint(OLD, type_="unique")
        changed.create_unique_constraint(NEW, ["rule", "resident_id", "subject_id", "occasion"])
    op.create_index("ix_guidance_advice_resident_id_told_on", "guidance_advice", ["resident_id", "told_on"])


def downgrade() -> None:
    op.drop_index("ix_guidance_advice_resident_id_told_on", "guidance_advice")
    with op.batch_alter_table("guidance_advice") as changed:
        changed.drop_constraint(NEW, type_="unique")
        changed.create_unique_constraint(OLD, ["resident_id", "rule", "subject_id", "occasion"])
        for column in PEOPLE:
            name = f"fk_guidance_advice_{column}_residents"
            changed.create_foreign_key(name, "residents", [column], ["id"])
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
