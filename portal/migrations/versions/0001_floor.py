"""The floor and the hall: outbox, audit chains, sessions, throttles, idempotency."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0001"
down_revision = None

CHAINS = 8
WAITING = sa.text("done_at IS NULL AND failed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(120), nullable=False),
        sa.Column("key", sa.String(200)),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("lane", sa.Integer, nullable=False),
        sa.Column("available_at", Instant, nullable=False),
        sa.Column("lease_until", Instant),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("done_at", Instant),
        sa.Column("failed_at", Instant),
        sa.Column("error", sa.Text),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index("ix_outbox_waiting", "outbox", ["lane", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_table(
        "audit_records",
        sa.Column("chain", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor_label", sa.String(200), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("subject", sa.Uuid),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("why", sa.String(40), nullable=False),
        sa.Column("case_ref", sa.String(80), nullable=False),
        sa.Column("mac", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_audit_records")),
    )
    op.create_index("ix_audit_records_subject_at", "audit_records", ["subject", "at"])
    heads = op.create_table(
        "audit_heads",
        sa.Column("chain", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("mac", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_heads")),
    )
    op.bulk_insert(heads, [{"chain": chain, "seq": 0, "mac": bytes(32)} for chain in range(CHAINS)])
    op.create_table(
        "web_sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("who", sa.JSON, nullable=False),
        sa.Column("assurance", sa.Integer, nullable=False),
        sa.Column("device", sa.String(120), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.Column("ends_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_sessions")),
    )
    op.create_index("ix_web_sessions_actor_id", "web_sessions", ["actor_id"])
    op.create_table(
        "throttles",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttles")),
    )
    op.create_table(
        "idempotency",
        sa.Column("actor_id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("actor_id", "key", name=op.f("pk_idempotency")),
    )


def downgrade() -> None:
    for table in ("idempotency", "throttles", "web_sessions", "audit_heads", "audit_records", "outbox"):
        op.drop_table(table)
