"""Whoever does something: a stranger, a resident, somebody at a company, a member of staff, a machine, the clockwork."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from portal.core.permissions import Permission


class Kind(StrEnum):
    STRANGER = "stranger"
    RESIDENT = "resident"
    BUSINESS = "business"
    STAFF = "staff"
    CLIENT = "client"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting party of one request, command or job.

    `label` is what records show (office and section, a kiosk's name), never a person's name; the
    person's own name is `display_name` and stays out of repr and records. `assurance` is the strength
    of sign-in: 1 password, 2 passkey or city card, 3 national card (DS-511 当人認証保証レベル).
    `office` is a code; `section` the id of the section a member of staff works in: what a section may see is decided
    by it, never by the words of the label. `stands_for` is the resident a member of staff fills in a form for: what is
    theirs is then open, and it is still the member of staff who acts.
    `company` is the company somebody at a business acts for now; whether they still may is asked at each page.
    """

    kind: Kind
    id: UUID | None = None
    label: str = ""
    assurance: int = 0
    office: str = ""
    section: UUID | None = None
    stands_for: UUID | None = None
    company: UUID | None = None
    permissions: frozenset[Permission] = frozenset()
    scopes: frozenset[str] = frozenset()
    display_name: str = field(default="", repr=False)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


STRANGER = Actor(Kind.STRANGER)


def system(name: str) -> Actor:
    """The city's own clockwork: a command or a job called *name*."""
    return Actor(Kind.SYSTEM, label=name)
