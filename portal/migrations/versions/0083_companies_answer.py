"""Companies confirm, answer, write back, attach files, and let others read confidential notices."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0083"
down_revision = "0081"

OPEN = sa.text("revoked_at IS NULL")
UNREAD, WAITS, AWAY = sa.text("read_at IS NULL"), sa.text("waits"), sa.text("archived_at IS NOT NULL")
TO_REMIND = sa.text("remind_days > 0 AND reminded_at IS NULL")
NOTICE = {
    "kind": (sa.String(20), "information"),
    "remind_days": (sa.Integer, "0"),
    "choices": (sa.JSON, "{}"),
    "owner": (sa.String(20), ""),
    "words": (sa.Text, ""),
    "withdrawn_because": (sa.String(500), ""),
}
NOTICE_EMPTY = {"due_on": sa.Date, "reminded_at": Instant, "withdrawn_at": Instant}
DELIVERY_EMPTY = {"settled_at": Instant, "choice": sa.Integer, "archived_at": Instant, "settled_by": sa.Uuid}


def _part(name: str, where: sa.TextClause) -> None:
    op.create_index(
        f"ix_business_deliveries_{name}",
        "business_deliveries",
        ["company_id", "sent_at"],
        sqlite_where=where,
        postgresql_where=where,
    )


def _refers(table: str, column: str, to: str, **more: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"), **more)  # type: ignore[arg-type]


def upgrade() -> None:
    with op.batch_alter_table("business_notices") as table:
        for name, (kind, default) in NOTICE.items():
            table.add_column(sa.Column(name, kind, nullable=False, server_default=default))  # type: ignore[arg-type]
        for name, kind in NOTICE_EMPTY.items():
            table.add_column(sa.Column(name, kind))
    with op.batch_alter_table("business_notices") as table:
        for name in NOTICE:
            table.alter_column(name, server_default=None)
    op.create_index(
        "ix_business_notices_due_on", "business_notices", ["due_on"], sqlite_where=TO_REMIND, postgresql_where=TO_REMIND
    )
    _upgrade_deliveries()
    _acts()
    _threads()
    _files_and_grants()


def _upgrade_deliveries() -> None:
    with op.batch_alter_table("business_deliveries") as table:
        table.add_column(sa.Column("sent_at", Instant))
        table.add_column(sa.Column("waits", sa.Boolean, nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("said", sa.Text, nullable=False, server_default=""))
        for name, kind in DELIVERY_EMPTY.items():
            table.add_column(sa.Column(name, kind))
        table.create_foreign_key(
            op.f("fk_business_deliveries_settled_by_business_people"), "business_people", ["settled_by"], ["id"]
        )
    op.execute(
        "UPDATE business_deliveries SET sent_at ="
        " (SELECT n.sent_at FROM business_notices n WHERE n.id = business_deliveries.notice_id)"
    )
    with op.batch_alter_table("business_deliveries") as table:
        table.alter_column("sent_at", existing_type=Instant(), nullable=False)
        table.alter_column("waits", server_default=None)
        table.alter_column("said", server_default=None)
    op.drop_index("ix_business_deliveries_company_id_notice_id", "business_deliveries")
    op.create_index(
        "ix_business_deliveries_company_id_sent_at", "business_deliveries", ["company_id", "sent_at", "notice_id"]
    )
    _part("unread", UNREAD)
    _part("waits", WAITS)
    _part("put_away", AWAY)


def _acts() -> None:
    op.create_table(
        "business_acts",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("via", sa.Uuid),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("at", Instant, nullable=False),
        _refers("business_acts", "company_id", "companies"),
        _refers("business_acts", "notice_id", "business_notices"),
        _refers("business_acts", "person_id", "business_people"),
        _refers("business_acts", "via", "companies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_acts")),
    )
    op.create_index("ix_business_acts_company_id_notice_id", "business_acts", ["company_id", "notice_id"])


def _threads() -> None:
    op.create_table(
        "business_threads",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("owner", sa.String(20), nullable=False),
        sa.Column("waits", sa.String(10), nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.Column("closed_at", Instant),
        _refers("business_threads", "notice_id", "business_notices"),
        _refers("business_threads", "company_id", "companies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_threads")),
        sa.UniqueConstraint("notice_id", "company_id", name=op.f("uq_business_threads_notice_id_company_id")),
    )
    op.create_index("ix_business_threads_owner", "business_threads", ["owner", "waits", "last_at"])
    op.create_index("ix_business_threads_company_id", "business_threads", ["company_id"])
    op.create_table(
        "business_messages",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("thread_id", sa.Uuid, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("author_id", sa.Uuid),
        sa.Column("author_label", sa.String(200), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        _refers("business_messages", "thread_id", "business_threads"),
        _refers("business_messages", "person_id", "business_people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_messages")),
    )
    op.create_index("ix_business_messages_thread_id", "business_messages", ["thread_id", "at"])


def _files_and_grants() -> None:
    op.create_table(
        "business_files",
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("notice_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        _refers("business_files", "file_id", "files", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_business_files")),
    )
    op.create_index("ix_business_files_case_id", "business_files", ["case_id"])
    op.create_index("ix_business_files_notice_id", "business_files", ["notice_id"])
    op.create_table(
        "company_grants",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("company_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid),
        sa.Column("agent_id", sa.Uuid),
        sa.Column("given_at", Instant, nullable=False),
        sa.Column("given_by", sa.Uuid, nullable=False),
        sa.Column("revoked_at", Instant),
        sa.Column("revoked_by", sa.Uuid),
        sa.CheckConstraint("(person_id IS NULL) <> (agent_id IS NULL)", name=op.f("ck_company_grants_one_of_two")),
        _refers("company_grants", "company_id", "companies"),
        _refers("company_grants", "person_id", "business_people"),
        _refers("company_grants", "agent_id", "companies"),
        _refers("company_grants", "given_by", "business_people"),
        _refers("company_grants", "revoked_by", "business_people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_grants")),
    )
    for name in ("person", "agent"):
        op.create_index(
            f"uq_company_grants_{name}",
            "company_grants",
            ["company_id", f"{name}_id"],
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        )


def downgrade() -> None:
    for gone in ("company_grants", "business_files", "business_messages", "business_threads", "business_acts"):
        op.drop_table(gone)
    for name in ("put_away", "waits", "unread", "company_id_sent_at"):
        op.drop_index(f"ix_business_deliveries_{name}", "business_deliveries")
    with op.batch_alter_table("business_deliveries") as table:
        table.drop_constraint("fk_business_deliveries_settled_by_business_people", type_="foreignkey")
        for name in (*DELIVERY_EMPTY, "said", "waits", "sent_at"):
            table.drop_column(name)
    op.create_index("ix_business_deliveries_company_id_notice_id", "business_deliveries", ["company_id", "notice_id"])
    op.drop_index("ix_business_notices_due_on", "business_notices")
    with op.batch_alter_table("business_notices") as table:
        for name in (*NOTICE_EMPTY, *NOTICE):
            table.drop_column(name)
