"""The guards of the books look rows up by index, whatever the planner believed of the tables when it planned them.

Points for many come ten thousand at a time into tables that were nearly empty: joins planned then read them whole for
each row. What the guards refuse is the same; a database made by 0039 today has them like this already.
"""

from alembic import op

from portal.migrations import point_guards

revision = "0068"
down_revision = "0067"

FOLLOW = next(statement for statement in point_guards.PG_TRIGGERS if "point_lots_follow" in statement)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER point_lots_follow ON point_allocations")
        for statement in (*point_guards.PG_FUNCTIONS, FOLLOW):
            op.execute(statement)


def downgrade() -> None:
    """They hold for the tables of before as well."""
