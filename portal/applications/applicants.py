"""Whose a case is: a resident's, a company's, or of whoever holds its key. Always one of the three (decision 0076).

An id alone opens nothing: who owns a case is asked together with what kind of owner that is, so that no id of one kind
ever opens what belongs to another.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from portal.applications.models import Application
from portal.applications.rules import ApplicationNotFound
from portal.companies import service as companies
from portal.companies.service import PowerOf
from portal.core.actor import Actor, Kind


@dataclass(frozen=True, slots=True)
class OfResident:
    """A case of somebody in the register."""

    id: UUID

    @property
    def theirs(self) -> ColumnElement[bool]:
        return Application.resident_id == self.id

    def owns(self, case: Application) -> bool:
        return case.resident_id == self.id


@dataclass(frozen=True, slots=True)
class OfCompany:
    """A case of a company, whoever of its people began it."""

    id: UUID

    @property
    def theirs(self) -> ColumnElement[bool]:
        return Application.company_id == self.id

    def owns(self, case: Application) -> bool:
        return case.company_id == self.id


@dataclass(frozen=True, slots=True)
class OfKey:
    """A case filed without an account: `id` is its own (guests.py)."""

    id: UUID

    @property
    def theirs(self) -> ColumnElement[bool]:
        return and_(Application.id == self.id, Application.resident_id.is_(None), Application.company_id.is_(None))

    def owns(self, case: Application) -> bool:
        return case.id == self.id and case.resident_id is None and case.company_id is None


Applicant = OfResident | OfCompany | OfKey


def of_actor(session: Session, actor: Actor) -> Applicant:
    """As whom *actor* may open cases. Whether somebody still acts for a company, and may apply for it, is asked each
    time (NoStanding, PowerMissing)."""
    if actor.kind is Kind.BUSINESS:
        return OfCompany(companies.standing(session, actor, PowerOf.APPLICATIONS).company_id)
    if actor.kind is Kind.STRANGER and actor.id is not None:
        return OfKey(actor.id)
    return OfResident(resident_of(actor))


def resident_of(actor: Actor) -> UUID:
    """The resident *actor* is, or stands for; ApplicationNotFound for anybody else."""
    found = actor.stands_for or (actor.id if actor.kind is Kind.RESIDENT else None)
    if found is None:
        raise ApplicationNotFound
    return found


def of_case(case: Application) -> Applicant:
    """Whose the case is."""
    if case.resident_id is not None:
        return OfResident(case.resident_id)
    return OfCompany(case.company_id) if case.company_id is not None else OfKey(case.id)


def columns(applicant: Applicant) -> dict[str, Any]:
    """How a new row says whose it is."""
    return {
        "resident_id": applicant.id if isinstance(applicant, OfResident) else None,
        "company_id": applicant.id if isinstance(applicant, OfCompany) else None,
    }
