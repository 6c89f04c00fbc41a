"""The tables of labels and of words to find notices by."""

from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Label(Base):
    """A word of the owner's for some of their notices; `number` counts from 1 within one mailbox."""

    __tablename__ = "mailbox_labels"
    __subject__ = "resident_id"
    __table_args__ = (UniqueConstraint("resident_id", "name"),)

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(20))


class Findable(Base):
    """All words of a section's notice in the form they are compared in (`rules.comparable`): `head` is what stands open
    (the section), `texts` what needs the notice's strength of sign-in."""

    __tablename__ = "notice_words"

    notice_number: Mapped[int] = mapped_column(ForeignKey("notices.number"), primary_key=True, autoincrement=False)
    head: Mapped[str] = mapped_column(String(200))
    texts: Mapped[str] = mapped_column(Text)
