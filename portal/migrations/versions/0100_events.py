"""Events beside volunteering: of one day or several sessions, also without applying before."""

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0098"
FLAGS = ("is_event", "walk_in")


def upgrade() -> None:
    with op.batch_alter_table("volunteer_activities") as table:
        for name in FLAGS:
            table.add_column(sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("series", sa.Uuid, nullable=True))
    with op.batch_alter_table("volunteer_activities") as table:
        for name in FLAGS:
            table.alter_column(name, server_default=None, existing_type=sa.Boolean, existing_nullable=False)
    op.create_index("ix_volunteer_activities_series", "volunteer_activities", ["series"])
    op.execute(
        "UPDATE volunteer_activities SET is_event = (SELECT reason = 'event' FROM point_programmes "
        "WHERE point_programmes.code = volunteer_activities.programme)"
    )


def downgrade() -> None:
    op.drop_index("ix_volunteer_activities_series", "volunteer_activities")
    with op.batch_alter_table("volunteer_activities") as table:
        for name in (*FLAGS, "series"):
            table.drop_column(name)
