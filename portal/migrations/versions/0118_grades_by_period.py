"""A body's grades stand side by side by their first day; objections to a registration are kept when it changes."""

import sqlalchemy as sa
from alembic import op

revision = "0118"
down_revision = "0117"

KEY = ["company_id", "agency_code", "category"]
# Of several periods only one can stay: the one begun last, else the first to come.
BACK = (
    """DELETE FROM qualifications WHERE valid_from > CURRENT_DATE AND EXISTS (SELECT 1 FROM qualifications o
    WHERE o.company_id = qualifications.company_id AND o.agency_code = qualifications.agency_code
    AND o.category = qualifications.category AND o.valid_from < qualifications.valid_from)""",
    """DELETE FROM qualifications WHERE valid_from <= CURRENT_DATE AND EXISTS (SELECT 1 FROM qualifications o
    WHERE o.company_id = qualifications.company_id AND o.agency_code = qualifications.agency_code
    AND o.category = qualifications.category AND o.valid_from > qualifications.valid_from)""",
)


def upgrade() -> None:
    _key([*KEY, "valid_from"])
    with op.batch_alter_table("registrations") as table:
        table.add_column(sa.Column("earlier", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("registrations") as table:
        table.alter_column("earlier", server_default=None)


def _key(columns: list[str]) -> None:
    with op.batch_alter_table("qualifications") as table:
        table.drop_constraint(op.f("pk_qualifications"), type_="primary")
        table.create_primary_key(op.f("pk_qualifications"), columns)


def downgrade() -> None:
    with op.batch_alter_table("registrations") as table:
        table.drop_column("earlier")
    for statement in BACK:
        op.execute(statement)
    _key(KEY)
