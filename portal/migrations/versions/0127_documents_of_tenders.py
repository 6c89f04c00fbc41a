"""Documents of tenders as files: a row a version, public from a moment on, and then kept."""

import sqlalchemy as sa
from alembic import op

from portal.core.db import Instant

revision = "0127"
down_revision = "0126"


def upgrade() -> None:
    op.create_table(
        "tender_papers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tender_id", sa.Uuid(), nullable=False),
        sa.Column("paper", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("url", sa.String(300), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.CheckConstraint("version > 0", name=op.f("ck_tender_papers_version")),
        sa.ForeignKeyConstraint(["tender_id"], ["tenders.id"], name=op.f("fk_tender_papers_tender_id_tenders")),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_tender_papers_file_id_files"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tender_papers")),
        sa.UniqueConstraint("paper", "version", name=op.f("uq_tender_papers_paper_version")),
    )
    op.create_index(op.f("ix_tender_papers_tender_id"), "tender_papers", ["tender_id"])
    op.create_index(op.f("ix_tender_papers_file_id"), "tender_papers", ["file_id"])


def downgrade() -> None:
    op.drop_table("tender_papers")
