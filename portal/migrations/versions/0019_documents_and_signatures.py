"""Documents that are handed in, sealed; and what a card signed, with all that shows later that it was good."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0019"
down_revision = "0018"

IN_FORCE = sa.text("voided_at IS NULL")


def upgrade() -> None:
    _files()
    _signatures()


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("case_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(80), nullable=False),
        sa.Column("preview", sa.LargeBinary, nullable=False),
        sa.Column("checked", sa.String(10), nullable=False),
        sa.Column("added_at", Instant, nullable=False),
        sa.CheckConstraint("size > 0 AND parts > 0", name=op.f("ck_files_content")),
        sa.ForeignKeyConstraint(["owner_id"], ["residents.id"], name=op.f("fk_files_owner_id_residents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index("ix_files_case_id", "files", ["case_id"])
    op.create_index("ix_files_checked", "files", ["checked"])
    op.create_index("ix_files_key_id", "files", ["key_id"])
    op.create_table(
        "file_parts",
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_file_parts_file_id_files"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_file_parts")),
    )


def _signatures() -> None:
    op.create_table(
        "application_signatures",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("application_id", sa.Uuid, nullable=False),
        sa.Column("resident_id", sa.Uuid, nullable=False),
        sa.Column("checked_at", Instant, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary(1024), nullable=False),
        sa.Column("certificate", sa.LargeBinary(8192), nullable=False),
        sa.Column("issuer", sa.LargeBinary(8192), nullable=False),
        sa.Column("status_answer", sa.LargeBinary, nullable=False),
        sa.Column("voided_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_application_signatures_application_id_applications"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["residents.id"], name=op.f("fk_application_signatures_resident_id_residents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_signatures")),
    )
    op.create_index("ix_application_signatures_application_id", "application_signatures", ["application_id"])
    op.create_index(
        "uq_application_signatures_in_force",
        "application_signatures",
        ["application_id"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )


def downgrade() -> None:
    op.drop_table("application_signatures")
    op.drop_table("file_parts")
    op.drop_table("files")
