"""The file of a case: which office it belongs to and when it is due. Started, stopped and resumed with the case."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.applications import cases
from portal.applications.casework import statutory
from portal.applications.casework.models import CaseFile
from portal.applications.casework.statutory import Pause, Reading
from portal.applications.models import Application, CorrectionRequest
from portal.applications.procedures.schema import Procedure
from portal.core import clock
from portal.core.db import insert_once
from portal.residents import service as residents
from portal.staff import service as staff


def begin(session: Session, case: Application) -> None:
    """The application arrived: the clock starts."""
    procedure = cases.procedure_of(case)
    row = {
        "application_id": case.id,
        "office": _office_of(session, case, procedure),
        "due_on": _due_on(procedure, case.submitted_at, ()),
        "paused_at": None,
    }
    insert_once(session, CaseFile.__table__, row)  # type: ignore[arg-type]


def _office_of(session: Session, case: Application, procedure: Procedure) -> str:
    """The ward office of the applicant, where it takes this procedure; else the first that does."""
    standing = residents.standing_of(session, case.resident_id) if case.resident_id else None
    own = staff.office_of_ward(session, standing.ward) if standing else ""
    return own if own in procedure.offices else procedure.offices[0]


def pause(session: Session, case: Application) -> None:
    """The person was asked: from now on no day counts."""
    begin(session, case)  # cases sent before there were files have none
    session.execute(
        update(CaseFile).where(CaseFile.application_id == case.id).values(due_on=None, paused_at=clock.now()),
        execution_options={"synchronize_session": False},
    )


def resume(session: Session, case: Application) -> None:
    """The answer is here: the clock goes on with the days that are left."""
    due_on = _due_on(cases.procedure_of(case), case.submitted_at, pauses_of(session, [case.id])[case.id])
    session.execute(
        update(CaseFile).where(CaseFile.application_id == case.id).values(due_on=due_on, paused_at=None),
        execution_options={"synchronize_session": False},
    )


def _due_on(procedure: Procedure, arrived: datetime | None, pauses: Iterable[Pause]) -> date | None:
    if procedure.processing_days is None or arrived is None:
        return None
    return statutory.due(_day(arrived), procedure.processing_days, procedure.processing_in, tuple(pauses))


def pauses_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[Pause, ...]]:
    """When the clock of each case stood still: one pause a round of corrections."""
    found: defaultdict[UUID, dict[Pause, None]] = defaultdict(dict)
    asked = select(CorrectionRequest.application_id, CorrectionRequest.asked_at, CorrectionRequest.resolved_at)
    for row in session.execute(asked.where(CorrectionRequest.application_id.in_(list(ids)))):
        end = _day(row.resolved_at) if row.resolved_at else None
        found[row.application_id][_day(row.asked_at), end] = None
    return defaultdict(tuple, {case_id: tuple(pauses) for case_id, pauses in found.items()})


def reading(case: Application, pauses: tuple[Pause, ...]) -> Reading:
    """What the clock shows for the case; on the day it ended, where it has ended."""
    procedure, until = cases.procedure_of(case), case.ended_at or clock.now()
    arrived = case.submitted_at or case.saved_at
    return statutory.read(_day(arrived), procedure.processing_days, procedure.processing_in, pauses, _day(until))


def _day(at: datetime) -> date:
    return at.astimezone(clock.JST).date()
