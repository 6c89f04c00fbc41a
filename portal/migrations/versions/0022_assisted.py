"""Applications that the office fills in with somebody: who did, how they were confirmed, and the numbers they belong to."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("applications", sa.Column("channel", sa.String(10), nullable=False, server_default="online"))
    op.create_table(
        "assisted_applications",
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("office", sa.String(20), nullable=False),
        sa.Column("verified_how", sa.String(30), nullable=False),
        sa.Column("verified_at", Instant, nullable=False),
        sa.Column("begun_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.Column("confirmed_how", sa.String(20), nullable=False),
        sa.Column("sent_at", Instant),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_assisted_applications_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_assisted_applications")),
    )
    op.create_index("ix_assisted_applications_member_id", "assisted_applications", ["member_id"])
    op.create_index("ix_assisted_applications_office_sent_at", "assisted_applications", ["office", "sent_at"])
    op.add_column("tickets", sa.Column("assisted", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "ticket_applications",
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("ticket_id", sa.Uuid, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_ticket_applications_application_id_applications")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_ticket_applications_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_ticket_applications")),
    )
    op.create_index("ix_ticket_applications_ticket_id", "ticket_applications", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("ticket_applications")
    op.drop_column("tickets", "assisted")
    op.drop_table("assisted_applications")
    op.drop_column("applications", "channel")
