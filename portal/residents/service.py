"""Who the city knows: the door of this room. Opening a person's data is put on record, with the purpose of the unit."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CompoundSelect, Integer, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core import audit, clock, text
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.residents import columns, guarding, parts, register, rules
from portal.residents.models import Resident

PERSON = "residents.person"
FOUND_AT_ONCE = 50

BATCH = register.BATCH
take = register.take
compare = register.compare
RegisterRow = register.RegisterRow
Taken = register.Taken
write_register = columns.write_register
Person = Resident
is_guarded_by = guarding.is_guarded_by
ADULT = rules.ADULT
GUARDED = rules.GUARDED
RELATIONS = rules.RELATIONS
read_number = rules.read_number
years_before = rules.years_before
guardian_relations = rules.guardian_relations


class ResidentUnknown(Refusal):
    code = "resident-unknown"
    status = 404
    message = N_("The city knows no such resident.")
    next_step = N_("Check the number, or search by name in kana and date of birth.")


def look_up(session: Session, resident_id: UUID, *, case_ref: str = "") -> Resident:
    """Open one person's data; who, when and why is recorded before the answer leaves."""
    resident = session.get(Resident, resident_id)
    if resident is None:
        raise ResidentUnknown
    return _opened(session, [resident], case_ref)[0]


def find_by_number(session: Session, addressee_number: str, *, case_ref: str = "") -> Resident | None:
    """The resident of a 統合宛名番号, in any width, or None."""
    number = rules.read_number(addressee_number)
    found = session.scalars(select(Resident).where(Resident.addressee_number == number)).all()
    return next(iter(_opened(session, found, case_ref)), None)


def household_of(session: Session, resident: Resident, *, case_ref: str = "") -> list[Resident]:
    """Everybody living in the resident's household now, the head first, then by age; includes the resident."""
    members = session.scalars(
        select(Resident)
        .where(Resident.household_number == resident.household_number, Resident.moved_out.is_(None))
        .order_by(Resident.relation != rules.HEAD, Resident.birth_date, Resident.addressee_number)
    ).all()
    return _opened(session, members, case_ref)


def housemates(session: Session, resident_id: UUID) -> list[UUID]:
    """Ids of the others who live in the resident's household now; opens nobody's data."""
    own = select(Resident.household_number).where(Resident.id == resident_id).scalar_subquery()
    wanted = select(Resident.id).where(
        Resident.household_number == own, Resident.moved_out.is_(None), Resident.id != resident_id
    )
    return list(session.scalars(wanted))


def number_of(session: Session, resident_id: UUID) -> str:
    """The 統合宛名番号 by which the city's systems name somebody; opens nothing else."""
    return session.scalar(select(Resident.addressee_number).where(Resident.id == resident_id)) or ""


def ids_gone(session: Session, among: Select[UUID] | CompoundSelect[UUID]) -> list[UUID]:
    """Who of *among* (a query for ids) does not live in the city any more; opens nobody's data."""
    query = select(Resident.id).where(Resident.id.in_(among), Resident.moved_out <= clock.today())
    return list(session.scalars(query.order_by(Resident.id)))


def ids_dead(session: Session, among: Collection[UUID]) -> set[UUID]:
    """Who of *among* died, as the register says; opens nobody's data."""
    return set(
        session.scalars(select(Resident.id).where(Resident.id.in_(among), Resident.left_because == rules.Left.DIED))
    )


def head_of(household: Sequence[Resident]) -> Resident | None:
    """Who is 世帯主 of these; None where the register names nobody."""
    return next((person for person in household if person.relation == rules.HEAD), None)


def partner_of(person: Resident, household: Sequence[Resident]) -> Resident | None:
    """The head's partner is the head for the partner and the other way round (続柄 are written from the head)."""
    if person.relation == rules.HEAD:
        return next((one for one in household if one.relation in rules.PARTNERS), None)
    return head_of(household) if person.relation in rules.PARTNERS else None


class Standing(NamedTuple):
    """What decides whether somebody may have a copy of a record. `guarded`: 支援措置 for anybody who lives there."""

    birth_date: date
    moved_out: date | None
    ward: str
    guarded: bool


def standing_of(session: Session, resident_id: UUID) -> Standing | None:
    """The facts a machine is refused by, or None for somebody unknown. Opens nobody's data: the answer that leaves
    the city is yes or no."""
    return standings_of(session, [resident_id]).get(resident_id)


def standings_of(session: Session, ids: Collection[UUID]) -> dict[UUID, Standing]:
    """The same of many, by one statement; those unknown are left out."""
    housemate = aliased(Resident)
    guarded = exists().where(
        housemate.protected,
        or_(
            housemate.id == Resident.id,
            and_(
                housemate.household_number == Resident.household_number,
                housemate.moved_out.is_(None),
                Resident.moved_out.is_(None),
            ),
        ),
    )
    query = select(Resident.id, Resident.birth_date, Resident.moved_out, Resident.ward, guarded)
    return {row[0]: Standing(*row[1:]) for row in session.execute(query.where(Resident.id.in_(ids)))}


def records_for_copy(
    session: Session, resident_id: UUID, *, household: bool, head: bool, what: str, case_ref: str
) -> list[Resident]:
    """Whose record a copy shows, and nobody else: the resident or the *household*, and its *head* if printed.

    One look a person and case, however often the case opens them (order, print, print again).
    """
    resident = session.get(Resident, resident_id)
    if resident is None:
        raise ResidentUnknown
    wanted = Resident.id == resident.id
    if resident.moved_out is None and (household or head):  # who moved out has left the household to the others
        lives_there = and_(Resident.household_number == resident.household_number, Resident.moved_out.is_(None))
        wanted = lives_there if household else or_(wanted, and_(lives_there, Resident.relation == rules.HEAD))
    order = (Resident.relation != rules.HEAD, Resident.birth_date, Resident.addressee_number)
    people = session.scalars(select(Resident).where(wanted).order_by(*order)).all()
    for person in people:
        audit.looked_for_case(session, whose=person.id, what=what, case_ref=case_ref)
    return list(people)


def guardians_of(session: Session, child: Resident, *, case_ref: str = "") -> list[Resident]:
    """The adults of the household who guard a child, as far as 続柄 tells; empty for grown people."""
    today = clock.today()
    if rules.is_adult(child.birth_date, today):
        return []
    wanted = rules.guardian_relations(child.relation)
    members = household_of(session, child, case_ref=case_ref)
    return [person for person in members if person.relation in wanted and rules.is_adult(person.birth_date, today)]


def children_of(session: Session, guardian: Resident, *, case_ref: str = "") -> list[Resident]:
    """Minors of the household whom the resident guards, the eldest first."""
    today = clock.today()
    if not rules.is_adult(guardian.birth_date, today):
        return []
    return [
        person
        for person in household_of(session, guardian, case_ref=case_ref)
        if guardian.relation in rules.guardian_relations(person.relation)
        and not rules.is_adult(person.birth_date, today)
    ]


def ids_of_children(session: Session, guardian_id: UUID) -> list[UUID]:
    """The minors the resident guards, the eldest first. Opens nobody's data: it says whom one may act for."""
    guardian = session.get(Resident, guardian_id)
    today = clock.today()
    if guardian is None or not rules.is_adult(guardian.birth_date, today):
        return []
    members = session.scalars(
        select(Resident)
        .where(Resident.household_number == guardian.household_number, Resident.moved_out.is_(None))
        .order_by(Resident.birth_date)
    )
    return [
        one.id
        for one in members
        if guardian.relation in rules.guardian_relations(one.relation) and not rules.is_adult(one.birth_date, today)
    ]


def guards(session: Session, guardian_id: UUID | None, child_id: UUID) -> bool:
    """Whether the one may act for the other: a minor of the same household, as far as 続柄 tells."""
    return guardian_id is not None and child_id in ids_of_children(session, guardian_id)


def search(
    session: Session, kana: str, *, birth_date: date | None = None, ward: str = "", case_ref: str = ""
) -> list[Resident]:
    """Residents whose kana begins like this, in kana order, at most FOUND_AT_ONCE; every hit is on record."""
    start = rules.kana_key(text.kana_name(kana))
    wanted = select(Resident).where(Resident.kana_key >= start, Resident.kana_key < start + "\U0010ffff")
    if birth_date:
        wanted = wanted.where(Resident.birth_date == birth_date)
    if ward:
        wanted = wanted.where(Resident.ward == ward)
    found = session.scalars(wanted.order_by(Resident.kana_key, Resident.birth_date).limit(FOUND_AT_ONCE)).all()
    return _opened(session, found, case_ref)


def find(session: Session, number: str, kana: str, birth_date: date | None) -> list[Resident]:
    """Who fits what staff typed: the 統合宛名番号 if there is one, or else kana and birthday; every hit is on record."""
    if number:
        person = find_by_number(session, number)
        return [person] if person else []
    return search(session, kana, birth_date=birth_date)


ward_of = parts.ward_of
age_band_of = parts.age_band_of
AGE_BANDS = parts.AGE_BANDS
gone = parts.gone
hidden = parts.hidden
record_mark = parts.record_mark
by_postal_code = parts.by_postal_code


def ids_of_numbers(session: Session, numbers: Sequence[str]) -> dict[str, UUID]:
    """The ids of those who live here, by addressee number as written; opens nobody's data."""
    query = select(Resident.addressee_number, Resident.id)
    found = session.execute(query.where(Resident.addressee_number.in_(numbers), Resident.moved_out.is_(None)))
    return {row.addressee_number: row.id for row in found}


def ids_in_wards(wards: Sequence[str], *, after: UUID | None = None) -> Select[UUID]:
    """The query of those who live in *wards* (none: in the city), in the order of ids; *after* resumes a chunk."""
    wanted = select(Resident.id).where(Resident.moved_out.is_(None)).order_by(Resident.id)
    if after is not None:
        wanted = wanted.where(Resident.id > after)
    return wanted.where(Resident.ward.in_(list(wards))) if wards else wanted


def households_without_head(session: Session) -> int:
    """Households in which nobody is 世帯主: the register was cut or mistyped."""
    heads = func.sum((Resident.relation == rules.HEAD).cast(Integer))
    grouped = select(Resident.household_number).where(Resident.moved_out.is_(None))
    headless = grouped.group_by(Resident.household_number).having(heads == 0).subquery()
    return session.scalar(select(func.count()).select_from(headless)) or 0


def nth_id(session: Session, number: int, *, after: UUID | None = None) -> UUID | None:
    """The id of the *number*-th resident past *after*, in the order of ids; None where there are fewer. Walks the index
    alone: ends of chunks over everybody."""
    query = select(Resident.id).order_by(Resident.id).offset(number - 1).limit(1)
    return session.scalar(query.where(Resident.id > after) if after is not None else query)


def _opened(session: Session, people: Sequence[Resident], case_ref: str = "") -> list[Resident]:
    for person in people:
        audit.looked(session, whose=person.id, what=PERSON, case_ref=case_ref)
    return list(people)
