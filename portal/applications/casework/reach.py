"""Whose cases a member of staff may open: the processing centre every procedure's, a section those that name it."""

from sqlalchemy.orm import Session

from portal.applications.casework.rules import CENTRE
from portal.applications.models import Application
from portal.applications.procedures import catalogue
from portal.applications.rules import ApplicationNotFound, State
from portal.core.actor import Actor
from portal.staff import service as staff


def procedures_of(session: Session, clerk: Actor) -> frozenset[str] | None:
    """Names of the procedures *clerk* works on; None for all."""
    if clerk.office == CENTRE:
        return None
    section = staff.city_section(session, clerk.section) if clerk.section else ""
    if not section:  # another body's: the procedures are the city's
        return frozenset()
    return frozenset(one.name for one in catalogue.every_version() if one.responsible == section)


def check(session: Session, clerk: Actor, case: Application) -> None:
    """Raise ApplicationNotFound for a draft and for a case of another section: a closed door tells nothing."""
    allowed = procedures_of(session, clerk)
    if case.state == State.DRAFT or (allowed is not None and case.procedure not in allowed):
        raise ApplicationNotFound
