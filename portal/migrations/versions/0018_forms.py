"""Who wrote each page of a draft last; applications filed without an account, and what opens them.

Going back removes what was filed without an account: the older portal has no place for it.
"""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    with op.batch_alter_table("applications") as table:
        table.add_column(sa.Column("writers", sa.JSON, nullable=False, server_default="{}"))
        table.alter_column("resident_id", existing_type=sa.Uuid, nullable=True)
    with op.batch_alter_table("applications") as table:
        table.alter_column("writers", existing_type=sa.JSON, server_default=None)
    op.create_table(
        "guest_keys",
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=True),
        sa.Column("token_until", Instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_guest_keys_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_guest_keys")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_guest_keys_token_hash")),
    )


def downgrade() -> None:
    op.drop_table("guest_keys")
    applications = sa.table("applications", sa.column("id", sa.Uuid), sa.column("resident_id", sa.Uuid))
    guests = sa.select(applications.c.id).where(applications.c.resident_id.is_(None))
    for name in ("application_events", "correction_requests"):
        lines = sa.table(name, sa.column("application_id", sa.Uuid))
        op.execute(sa.delete(lines).where(lines.c.application_id.in_(guests)))
    op.execute(sa.delete(applications).where(applications.c.resident_id.is_(None)))
    with op.batch_alter_table("applications") as table:
        table.drop_column("writers")
        table.alter_column("resident_id", existing_type=sa.Uuid, nullable=False)
