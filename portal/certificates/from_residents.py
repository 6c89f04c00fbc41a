"""The resident register as this room reads it: the household of one resident, opened on record."""

from sqlalchemy.orm import Session

from portal.certificates.register import Household, Member
from portal.certificates.rules import Barrier
from portal.certificates.sheets import ForeignStatus, PersonOnRecord
from portal.core.ids import ResidentId
from portal.residents import service as residents

CITIZEN = "日本"
SEXES = {"female": "女", "male": "男"}


def household(session: Session, resident_id: ResidentId) -> Household | None:
    """The applicant and everybody who lives with them now; the applicant also after moving out. None if unknown."""
    try:
        applicant = residents.look_up(session, resident_id)
    except residents.ResidentUnknown:
        return None
    people = residents.household_of(session, applicant)
    if applicant.id not in {person.id for person in people}:
        people = [applicant]  # moved out: the household has gone on without them
    head = residents.head_of(people) or people[0]
    return Household(
        ward=applicant.ward,
        address=applicant.address,
        head=head.name,
        members=tuple(_member(person) for person in people),
    )


def _member(person: residents.Person) -> Member:
    """The register keeps one day of moving in: it stands for 住民となった日 and 住所を定めた日 alike."""
    return Member(
        resident_id=person.resident_id,
        left_on=person.moved_out,
        barriers=frozenset({Barrier.PROTECTED}) if person.protected else frozenset(),
        person=PersonOnRecord(
            name=person.name,
            kana=person.kana,
            born_on=person.birth_date,
            sex=SEXES[person.sex],
            relation=person.relation,
            resident_since=person.moved_in,
            address_since=person.moved_in,
            previous_address=person.previous_address,
            domicile=person.domicile,
            head_of_register=person.domicile_head,
            alias=person.alias,
            foreign=None if person.nationality == CITIZEN else ForeignStatus(nationality=person.nationality),
        ),
    )
