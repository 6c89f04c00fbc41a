"""Who acts for an organisation is agreed to by a second person, and files of who came wait for one when worth much. Those
who act already go on."""

import sqlalchemy as sa
from alembic import op

revision = "0129"
down_revision = "0128"
Instant = sa.DateTime(timezone=True)
KEEPERS_RULE = "ck_volunteer_keepers_four_eyes"
RULES = {
    "ck_health_attendance_files_four_eyes": "decided_by IS NULL OR decided_by <> brought_by",
    "ck_health_attendance_files_emptied": "(state = 'waiting') = (sealed IS NOT NULL)",
    "ck_health_attendance_files_agreed": "state <> 'agreed' OR decided_by IS NOT NULL",
}


def upgrade() -> None:
    with op.batch_alter_table("volunteer_keepers") as table:
        table.alter_column("named_at", new_column_name="since", existing_type=Instant, existing_nullable=False)
        table.alter_column(
            "named_by", new_column_name="named_label", existing_type=sa.String(200), existing_nullable=False
        )
    with op.batch_alter_table("volunteer_keepers") as table:
        table.add_column(sa.Column("named_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("agreed_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("agreed_label", sa.String(200), nullable=False, server_default=""))
        table.create_check_constraint(op.f(KEEPERS_RULE), "agreed_by IS NULL OR agreed_by <> named_by")
    with op.batch_alter_table("volunteer_keepers") as table:
        table.alter_column("agreed_label", server_default=None)
    op.create_table(
        "health_attendance_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.String(30), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("brought_at", Instant, nullable=False),
        sa.Column("brought_by", sa.Uuid(), nullable=False),
        sa.Column("brought_label", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("open_mark", sa.String(64), nullable=True),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("decided_at", Instant, nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_label", sa.String(200), nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(name)) for name, rule in RULES.items()),
        sa.ForeignKeyConstraint(
            ["programme"], ["point_programmes.code"],
            name=op.f("fk_health_attendance_files_programme_point_programmes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_attendance_files")),
        sa.UniqueConstraint("open_mark", name=op.f("uq_health_attendance_files_open_mark")),
    )  # fmt: skip
    op.create_index("ix_health_attendance_files_brought_at", "health_attendance_files", ["brought_at"])
    op.create_index("ix_health_attendance_files_state", "health_attendance_files", ["state", "brought_at"])
    op.create_table(
        "health_attendance_bringers",
        sa.Column("member", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_health_attendance_bringers")),
    )


def downgrade() -> None:
    """Files that wait are gone with their table; who was named and not agreed to would act: they are gone, too."""
    op.drop_table("health_attendance_bringers")
    op.drop_table("health_attendance_files")
    op.execute("DELETE FROM volunteer_keepers WHERE named_by IS NOT NULL AND agreed_by IS NULL")
    with op.batch_alter_table("volunteer_keepers") as table:
        table.drop_constraint(op.f(KEEPERS_RULE), type_="check")
        for column in ("agreed_label", "agreed_by", "named_by"):
            table.drop_column(column)
    with op.batch_alter_table("volunteer_keepers") as table:
        table.alter_column("named_label", new_column_name="named_by", existing_type=sa.String(200))
        table.alter_column("since", new_column_name="named_at", existing_type=Instant)
