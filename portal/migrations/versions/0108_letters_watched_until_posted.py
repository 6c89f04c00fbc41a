"""A printed letter remembers the record it was made from; a batch of certificates belongs to the office that printed it."""

import sqlalchemy as sa
from alembic import op

revision = "0108"
down_revision = "0107"

# An office stands first in the label of who printed ("中央区役所 市民課 …"); the city hall owns what no office is found for.
OWNER = """
UPDATE certificate_batches SET office = COALESCE(
  (SELECT MIN(offices.code) FROM offices WHERE certificate_batches.printed_by LIKE offices.name || ' %'), 'honcho')
"""


def upgrade() -> None:
    with op.batch_alter_table("letters") as table:
        table.add_column(sa.Column("record", sa.LargeBinary(16), nullable=True))
        table.add_column(sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("letters") as table:
        table.alter_column("again", server_default=None)
    with op.batch_alter_table("certificate_batches") as table:
        table.add_column(sa.Column("office", sa.String(20), nullable=False, server_default=""))
    op.execute(OWNER)
    with op.batch_alter_table("certificate_batches") as table:
        table.alter_column("office", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("certificate_batches") as table:
        table.drop_column("office")
    with op.batch_alter_table("letters") as table:
        table.drop_column("again")
        table.drop_column("record")
