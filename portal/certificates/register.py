"""What this room needs to know from the resident register, and nothing more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.certificates.rules import Applicant, Barrier
from portal.certificates.sheets import PersonOnRecord
from portal.core.ids import ResidentId


@dataclass(frozen=True, kw_only=True)
class Member:
    """One person of a household; `left_on` is the day of moving out or death, `barriers` their own."""

    resident_id: ResidentId
    person: PersonOnRecord
    left_on: date | None = None
    barriers: frozenset[Barrier] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Household:
    """The household of one resident, members in the order of the record; `ward` is 中央区 and so on."""

    ward: str
    address: str
    head: str
    members: tuple[Member, ...]

    def member(self, resident_id: ResidentId) -> Member | None:
        return next((member for member in self.members if member.resident_id == resident_id), None)

    def present(self, day: date) -> tuple[Member, ...]:
        """Those who still belong to the household on *day*."""
        return tuple(member for member in self.members if member.left_on is None or member.left_on > day)

    def applicant(self, resident_id: ResidentId) -> Applicant | None:
        """The facts on which `rules.check_may_have` decides; None if the person is not in this household."""
        found = self.member(resident_id)
        if found is None:
            return None
        barriers = frozenset[Barrier]().union(*(member.barriers for member in self.members))
        return Applicant(born_on=found.person.born_on, left_on=found.left_on, barriers=barriers)


Register = Callable[[Session, ResidentId], Household | None]
"""Reads one household from the register; the room `residents` answers, the roof connects (see `service.Desk`)."""
