"""What confidential notices are about, grants for some of them until a day, and lists of notices by index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0107"
down_revision = "0106"

TABLE = "business_deliveries"
KEYS = ["company_id", "sent_at"]
WHERE = {
    "in_mailbox": ([], sa.text("archived_at IS NULL")),
    "unread": (["read_at"], sa.text("archived_at IS NULL AND read_at IS NULL")),
    "waits": (["waits"], sa.text("archived_at IS NULL AND waits")),
    "put_away": ([], sa.text("archived_at IS NOT NULL")),
}
WHERE_BEFORE = {
    "unread": sa.text("read_at IS NULL"), "waits": sa.text("waits"), "put_away": sa.text("archived_at IS NOT NULL"),
}  # fmt: skip
TOPICS = {"business_notices": "other", "company_sendings": "other", TABLE: ""}


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(f"ix_{TABLE}_{name}", TABLE, columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    for name in ("put_away", "waits", "unread", "company_id_sent_at"):
        op.drop_index(f"ix_{TABLE}_{name}", TABLE)
    for table, default in TOPICS.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("topic", sa.String(12), nullable=False, server_default=default))
        with op.batch_alter_table(table) as batch:
            batch.alter_column("topic", server_default=None)
    op.execute(
        "UPDATE business_deliveries SET topic = 'other'"
        " WHERE notice_id IN (SELECT id FROM business_notices WHERE confidential)"
    )
    for name, (also, where) in WHERE.items():
        _index(name, [*KEYS, "notice_id", "topic", "archived_at", *also], where)
    with op.batch_alter_table("company_mail_addresses") as batch:
        batch.add_column(sa.Column("language", sa.String(5), nullable=False, server_default="ja"))
    with op.batch_alter_table("company_mail_addresses") as batch:
        batch.alter_column("language", server_default=None)
    with op.batch_alter_table("company_grants") as batch:
        batch.add_column(sa.Column("topics", sa.JSON, nullable=False, server_default="[]"))
        batch.add_column(sa.Column("ends_on", sa.Date))
    with op.batch_alter_table("company_grants") as batch:
        batch.alter_column("topics", server_default=None)


def downgrade() -> None:
    # A grant of some topics, or until a day, would be one of all of them for good: it ends instead.
    narrow = "ends_on IS NOT NULL OR CAST(topics AS VARCHAR(200)) <> '[]'"
    op.execute(f"UPDATE company_grants SET revoked_at = given_at WHERE revoked_at IS NULL AND ({narrow})")  # noqa: S608
    with op.batch_alter_table("company_grants") as batch:
        batch.drop_column("ends_on")
        batch.drop_column("topics")
    with op.batch_alter_table("company_mail_addresses") as batch:
        batch.drop_column("language")
    for name in reversed(WHERE):
        op.drop_index(f"ix_{TABLE}_{name}", TABLE)
    for table in reversed(TOPICS):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("topic")
    op.create_index(f"ix_{TABLE}_company_id_sent_at", TABLE, [*KEYS, "notice_id"])
    for name, where in WHERE_BEFORE.items():
        _index(name, KEYS, where)
