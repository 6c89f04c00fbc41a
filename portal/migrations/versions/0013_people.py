"""Codes for a new password, checks of identity at the window, forms typed before a session ended.

No machine is a window's reader any more: that scope opened nothing, so who was enrolled for it is shut out.
"""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "one_time_codes",
        sa.Column("owner", sa.Uuid, nullable=False),
        sa.Column("code_hash", sa.String(200), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_one_time_codes")),
    )
    op.create_table(
        "identity_checks",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("how", sa.String(30), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_identity_checks_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_checks")),
    )
    op.create_index("ix_identity_checks_resident_id_at", "identity_checks", ["resident_id", "at"])
    op.create_table(
        "typed_forms",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("owner", sa.Uuid, nullable=False),
        sa.Column("page", sa.String(300), nullable=False),
        sa.Column("action", sa.String(300), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_typed_forms")),
    )
    clients = sa.table("clients", sa.column("kind", sa.String), sa.column("active", sa.Boolean))
    op.execute(sa.update(clients).where(clients.c.kind == "window-reader").values(active=False, kind="sender"))


def downgrade() -> None:
    """The machines that could do nothing stay shut out."""
    op.drop_table("typed_forms")
    op.drop_table("identity_checks")
    op.drop_table("one_time_codes")
