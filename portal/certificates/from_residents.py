"""The resident register, and whose card is whose, as this room reads it: only the people a copy shows, each look on
record once an order."""

from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.certificates.register import Household, Member, Standing, Wish
from portal.certificates.rules import Applicant, Barrier
from portal.certificates.sheets import ForeignStatus, PersonOnRecord, Scope
from portal.core.ids import ResidentId
from portal.residents import service as residents

CITIZEN = "日本"
SEXES = {"female": "女", "male": "男"}


def standing(session: Session, resident_id: ResidentId) -> Standing | None:
    """Age, moving out and 支援措置 of the household, as one yes or no needs them."""
    found = residents.standing_of(session, resident_id)
    if found is None:
        return None
    barriers = frozenset({Barrier.PROTECTED}) if found.guarded else frozenset[Barrier]()
    return Standing(applicant=Applicant(found.birth_date, found.moved_out, barriers), ward=found.ward)


def household(session: Session, resident_id: ResidentId, wish: Wish) -> Household | None:
    """The applicant, or all who live with them now; the head's name when the copy prints it."""
    whole = wish.scope is Scope.HOUSEHOLD
    try:
        people = residents.records_for_copy(
            session, resident_id, household=whole, head=wish.head, what=wish.what, case_ref=wish.case_ref
        )
    except residents.ResidentUnknown:
        return None
    applicant = next(person for person in people if person.id == resident_id)
    head = residents.head_of(people) or people[0]
    return Household(
        ward=applicant.ward,
        address=applicant.address,
        head=head.name if wish.head else "",
        members=tuple(_member(person) for person in people if whole or person.id == resident_id),
    )


def holds_card(session: Session, resident_id: ResidentId, card: str) -> bool:
    """As the bond between cards and people says, which this room never writes."""
    return accounts.card_was_of(session, resident_id, card)


def _member(person: residents.Person) -> Member:
    """Where the register names no day of the address, the person has lived at it since they came to the city."""
    return Member(
        resident_id=person.resident_id,
        left_on=person.moved_out,
        person=PersonOnRecord(
            name=person.name,
            kana=person.kana,
            born_on=person.birth_date,
            sex=SEXES[person.sex],
            relation=person.relation,
            resident_since=person.moved_in,
            address_since=person.address_since or person.moved_in,
            notified_on=person.notified_on,
            previous_address=person.previous_address,
            domicile=person.domicile,
            head_of_register=person.domicile_head,
            alias=person.alias,
            former_name=person.former_name,
            who=person.id,
            foreign=None if person.nationality == CITIZEN else _status(person),
        ),
    )


def _status(person: residents.Person) -> ForeignStatus:
    return ForeignStatus(
        nationality=person.nationality,
        category=person.residence_category,
        residence_status=person.residence_status,
        period=person.residence_period,
        expires_on=person.residence_until,
        card_number=person.residence_card,
    )
