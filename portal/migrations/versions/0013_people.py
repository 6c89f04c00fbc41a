"""No machine is a window's reader: that scope opened nothing, so who was enrolled for it is shut out."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    _shut_out_window_readers()


def downgrade() -> None:
    """Nothing of the former step to undo: the machines that could do nothing stay shut out."""


def _shut_out_window_readers() -> None:
    clients = sa.table("clients", sa.column("kind", sa.String), sa.column("active", sa.Boolean))
    op.execute(sa.update(clients).where(clients.c.kind == "window-reader").values(active=False, kind="sender"))
