"""What sections know about residents, their consents, why somebody left the register, and conditions that choose people.

Conditions of notices become readable JSON. On the way back those that say more than the old form could choose nobody:
the old code would otherwise take them for the whole city.
"""

import secrets
from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0027"
down_revision = "0026"

STANDING = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    op.add_column("residents", sa.Column("left_because", sa.String(10), nullable=False, server_default=""))
    op.create_table(
        "facts",
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("value", sa.String(40), nullable=False),
        sa.Column("until", sa.Date, nullable=True),
        sa.Column("source", sa.String(60), nullable=False),
        sa.CheckConstraint("until IS NULL OR until >= since", name=op.f("ck_facts_days")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_facts_resident_id_residents")),
        sa.PrimaryKeyConstraint("resident_id", "name", "since", name=op.f("pk_facts")),
    )
    op.create_index("ix_facts_name_value_resident_id", "facts", ["name", "value", "resident_id"])
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("given_at", Instant, nullable=False),
        sa.Column("withdrawn_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_consents_resident_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(
        "uq_consents_standing",
        "consents",
        ["resident_id", "topic"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    _segments()
    _rewrite(_new_form)


def _segments() -> None:
    op.create_table(
        "segments",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("section_id", "name", name=op.f("uq_segments_section_id_name")),
    )
    op.create_table(
        "segment_versions",
        sa.Column("segment_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("condition", sa.JSON, nullable=False),
        sa.Column("author_id", sa.Uuid, nullable=True),
        sa.Column("written_at", Instant, nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_segment_versions_segment_id_segments")),
        sa.PrimaryKeyConstraint("segment_id", "version", name=op.f("pk_segment_versions")),
    )
    op.create_table(
        "segment_lists",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("section_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_lists")),
    )
    op.create_index("ix_segment_lists_section_id", "segment_lists", ["section_id"])
    op.create_table(
        "segment_list_members",
        sa.Column("list_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["segment_lists.id"], name=op.f("fk_segment_list_members_list_id_segment_lists")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_segment_list_members_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("list_id", "resident_id", name=op.f("pk_segment_list_members")),
    )
    blur = op.create_table(
        "segment_blur",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("salt", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_blur")),
    )
    op.bulk_insert(blur, [{"id": 1, "salt": 1 + secrets.randbelow(1_000_000)}])


def _rewrite(form: Any) -> None:
    """Put every notice's conditions into another form; those of the system's own have none."""
    notices = sa.table("notices", sa.column("number", sa.Integer), sa.column("segment", sa.JSON))
    for number, said in op.get_bind().execute(sa.select(notices.c.number, notices.c.segment)).all():
        if said:
            op.get_bind().execute(sa.update(notices).where(notices.c.number == number).values(segment=form(said)))


def _new_form(said: dict[str, Any]) -> dict[str, Any]:
    ages = {end: said[name] for end, name in (("from", "age_from"), ("to", "age_to")) if said.get(name) is not None}
    parts: list[dict[str, Any]] = [{"ward": [said["ward"]]}] if said.get("ward") else []
    parts += [{"child": {"to": said["child_under"] - 1}}] if said.get("child_under") else []
    parts += [{"age": ages}] if ages else []
    parts += [{"language": [said["language"]]}] if said.get("language") else []
    return {"condition": {"all": parts}}


def _old_form(said: dict[str, Any]) -> dict[str, Any]:
    old = {"ward": "", "child_under": None, "age_from": None, "age_to": None, "language": ""}
    for part in said["condition"].get("all", [{}]):
        name: str
        value: Any
        name, value = next(iter(part.items()), ("", None))
        if name in ("ward", "language") and len(value) == 1:
            old[name] = value[0]
        elif name == "child" and "from" not in value:
            old["child_under"] = value["to"] + 1
        elif name == "age":
            old |= {f"age_{end}": years for end, years in value.items()}
    return old if _new_form(old)["condition"] == said["condition"] else old | {"ward": "-"}


def downgrade() -> None:
    _rewrite(_old_form)
    for table in ("segment_blur", "segment_list_members", "segment_lists", "segment_versions", "segments"):
        op.drop_table(table)
    op.drop_table("consents")
    op.drop_table("facts")
    op.drop_column("residents", "left_because")
