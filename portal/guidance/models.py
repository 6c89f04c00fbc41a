"""The tables of guidance."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class Advice(Base):
    """One rule for one person (`resident_id`) about one person (`subject_id`: a child, or the same) on one occasion: found
    by a run, told on `told_on` (None: it waits for a quieter day). The unique key is why nobody is told twice.

    `occasion` is the day the rule counts from as text (the birth date itself for birthdays), "" where there is none.

    The first night writes a row for every third resident, so each index is paid for a million times: the unique key
    begins with the rule (a run asks for one rule after the other), the other index with the person. The people have no
    foreign keys: every row comes out of `residents` by the statement that writes it, nobody is ever deleted there, and
    two look-ups a row were two thirds of the night (decision 38).
    """

    __tablename__ = "guidance_advice"
    __subject__ = "resident_id"
    __table_args__ = (
        UniqueConstraint("rule", "resident_id", "subject_id", "occasion", name="uq_guidance_advice_once"),
        Index("ix_guidance_advice_resident_id_told_on", "resident_id", "told_on"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    resident_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    rule: Mapped[str] = mapped_column(String(40))
    occasion: Mapped[str] = mapped_column(String(10))
    weight: Mapped[int]
    found_at: Mapped[datetime]
    told_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(10), default="open")
    snoozed_until: Mapped[date | None]

    def __repr__(self) -> str:
        """Only the number: rows end up in tracebacks and logs."""
        return f"<Advice {self.number}>"


class Switch(Base):
    """A rule that is off, since when, by whose office and why. No row: it is on."""

    __tablename__ = "guidance_switches"

    rule: Mapped[str] = mapped_column(String(40), primary_key=True)
    off_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(200))


class Declaration(Base):
    """Something the city declared for a ward ("": the whole city): a disaster of a day. Rules tell while it stands."""

    __tablename__ = "guidance_declarations"
    __table_args__ = (UniqueConstraint("kind", "day", "ward", name="uq_guidance_declarations_kind_day_ward"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    ward: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(200))
    declared_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Vaccination(Base):
    """One dose somebody got, as the section's system or the paper record says. `source` names the file's section."""

    __tablename__ = "vaccinations"
    __subject__ = "resident_id"

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    vaccine: Mapped[str] = mapped_column(String(40), primary_key=True)
    dose: Mapped[int] = mapped_column(primary_key=True)
    given_on: Mapped[date]
    place: Mapped[str] = mapped_column(String(100), default="")
    source: Mapped[str] = mapped_column(String(120), default="")


class VaccinationCorrection(Base):
    """What a dose's record said before `corrected_by` (a section) put it right; `source` had told it so."""

    __tablename__ = "vaccination_corrections"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_vaccination_corrections_resident_id", "resident_id"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    vaccine: Mapped[str] = mapped_column(String(40))
    dose: Mapped[int]
    given_on: Mapped[date]
    place: Mapped[str] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(120))
    corrected_by: Mapped[str] = mapped_column(String(120))
    corrected_at: Mapped[datetime]
