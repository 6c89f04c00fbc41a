"""Table: what was signed by card, and what showed at that moment that the card was good."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index
from portal.core.ids import new_id

IN_FORCE = text("voided_at IS NULL")


class Signature(Base):
    """One signature. `content` is exactly the bytes that were signed (content.py), `certificate` and `issuer` are DER,
    `status_answer` the responder's answer (DER, RFC 6960) or empty where the issuer's list cleared the certificate.
    `voided_at` says that the answers were changed afterwards; at most one signature of a case is in force.
    """

    __tablename__ = "application_signatures"
    __subject__ = "resident_id"
    __table_args__ = (
        Index("ix_application_signatures_application_id", "application_id"),
        partial_index(
            "uq_application_signatures_in_force",
            "application_id",
            unique=True,
            where=IN_FORCE,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id", ondelete="CASCADE"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    checked_at: Mapped[datetime]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes] = mapped_column(LargeBinary(1024))
    certificate: Mapped[bytes] = mapped_column(LargeBinary(8192))
    issuer: Mapped[bytes] = mapped_column(LargeBinary(8192))
    status_answer: Mapped[bytes] = mapped_column(LargeBinary)
    voided_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        """Only the id: the certificate holds a name and an address."""
        return f"<Signature {self.id}>"
