"""What this room needs to know from the resident register, and nothing more."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy.orm import Session

from portal.certificates.rules import Applicant
from portal.certificates.sheets import PersonOnRecord, Scope
from portal.core.ids import ResidentId


@dataclass(frozen=True, kw_only=True)
class Member:
    """One person of a household; `left_on` is the day of moving out or death."""

    resident_id: ResidentId
    person: PersonOnRecord
    left_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Household:
    """Those of a household whom one copy shows, in the order of the record; `head` is "" where it is not printed."""

    ward: str
    address: str
    head: str
    members: tuple[Member, ...]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Whether somebody may have a copy, and whose ward attests it."""

    applicant: Applicant
    ward: str


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a copy needs of the register: how many people, the head's name, and the case it is opened for."""

    scope: Scope
    head: bool
    what: str
    case_ref: str


class Register(Protocol):
    """The rooms below answer; a test may put a small town in its place."""

    def standing(self, session: Session, resident_id: ResidentId) -> Standing | None:
        """What decides over a copy, without opening anybody's data. None for somebody unknown."""

    def household(self, session: Session, resident_id: ResidentId, wish: Wish) -> Household | None:
        """The people on the copy and nobody else; each look on record once a case. None for somebody unknown."""

    def holds_card(self, session: Session, resident_id: ResidentId, card: str) -> bool:
        """Whether the card of this fingerprint is, or was, this resident's."""
