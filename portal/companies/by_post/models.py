"""One letter, from the request to the sign-in it opens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index

OPEN = text("state IN ('waiting', 'printed', 'posted')")


class SignInLetter(Base):
    """A request for a code by post. `reference` is told to who asked, and later signs in with `password_hash`; `address` is
    that of the national register, to which alone it goes. `issue` counts codes: a newer one ends the older. `ended` says
    why nothing can come of it any more ("": something can, or it was used). Those of a `batch` were printed together,
    `place` stands on each; who printed (`printer_id`) saw the codes, so somebody else posts. `person_id` is whom it let
    in."""

    __tablename__ = "sign_in_letters"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("batch", "place"),
        Index("ix_sign_in_letters_number_asked_at", "number", "asked_at"),
        Index("ix_sign_in_letters_state_asked_at", "state", "asked_at"),
        partial_index("uq_sign_in_letters_open", "number", unique=True, where=OPEN),
        CheckConstraint("state IN ('waiting', 'printed', 'posted', 'used', 'over')", name="state"),
        CheckConstraint("tries >= 0", name="tries"),
        CheckConstraint("poster_id IS NULL OR poster_id <> printer_id", name="four_eyes"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(14))
    number: Mapped[str] = mapped_column(String(13))
    company: Mapped[str] = mapped_column(String(150))
    address: Mapped[str] = mapped_column(String(400))
    postal_code: Mapped[str] = mapped_column(String(7))
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    ended: Mapped[str] = mapped_column(String(10))
    issue: Mapped[int]
    tries: Mapped[int]
    asked_at: Mapped[datetime]
    batch: Mapped[UUID | None]
    place: Mapped[int | None]
    printed_at: Mapped[datetime | None]
    printed_by: Mapped[str] = mapped_column(String(200))
    printer_id: Mapped[UUID | None]
    posted_at: Mapped[datetime | None]
    poster_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("business_people.id"))

    def __repr__(self) -> str:
        """Only the id: who asked is private."""
        return f"<SignInLetter {self.id}>"
