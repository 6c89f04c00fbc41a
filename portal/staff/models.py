"""Offices of the city, their sections, and the people who work there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.db import Base


class Office(Base):
    """A place with doors: six ward offices, the city hall, the processing centre. `ward` is empty for the last two. `body`
    is the public body whose house it is, where that is not the city: its sections may be called as the city's are."""

    __tablename__ = "offices"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    ward: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(String(20), default="")


class Section(Base):
    """A section (課) of one office."""

    __tablename__ = "sections"
    __table_args__ = (UniqueConstraint("office", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    office: Mapped[str] = mapped_column(String(20), ForeignKey("offices.code"))
    name: Mapped[str] = mapped_column(String(80))
    house: Mapped[Office] = relationship()

    @property
    def office_name(self) -> str:
        """What stands on the door of its office."""
        return self.house.name


class Member(Base):
    """A member of staff. `number` is what records show; the name stays inside this table and the person's own pages."""

    __tablename__ = "staff_members"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(10), unique=True)
    login_id: Mapped[str] = mapped_column(String(60), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(100))
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"))
    roles: Mapped[list[str]] = mapped_column(JSON)
    active: Mapped[bool]
    created_at: Mapped[datetime]
    section: Mapped[Section] = relationship()
