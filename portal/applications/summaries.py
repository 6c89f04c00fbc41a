"""Cases as other rooms see them: without their answers."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import cases, rules
from portal.applications.models import Application
from portal.applications.rules import State
from portal.core.reference import read_reference


@dataclass(frozen=True, slots=True)
class ApplicationSummary:
    """A case without its answers. `title` and `bring` are msgids, `window` and `offices` codes.

    `due_on` is the last day of the statutory period: the visit should be on or before it. Where a company sent it, or
    somebody without an account, `resident_id` is the case's own id: nobody in the register has it.
    """

    id: UUID
    reference: str
    resident_id: UUID
    procedure: str
    version: int
    title: str
    state: State
    submitted_at: datetime | None
    saved_at: datetime
    expires_at: datetime | None
    minutes: int
    visit: bool
    window: str
    offices: tuple[str, ...]
    points: int
    bring: tuple[str, ...]
    due_on: date | None
    channel: str

    @property
    def is_ready(self) -> bool:
        """Checked before the visit: the express window (優先窓口) may serve it."""
        return self.state is State.READY

    @property
    def may_be_held(self) -> bool:
        """A time may be held while the form is being finished."""
        return self.visit and self.state is State.DRAFT

    @property
    def may_be_booked(self) -> bool:
        """A visit makes sense from the moment it is sent until it ends, unless nobody need come at all."""
        return self.visit and self.state in rules.OPEN


def find_by_reference(session: Session, typed: str) -> ApplicationSummary | None:
    """The resident's case of a reference number as somebody typed or scanned it; TextRefused if it is none.

    What a company sent, or what was filed without an account, belongs to nobody other rooms know: staff who work on it
    find it in their own list.
    """
    query = select(Application).where(Application.reference == read_reference(typed))
    found = session.scalars(query.where(Application.resident_id.is_not(None))).one_or_none()
    return _summary(found) if found else None


def summary(session: Session, application_id: UUID) -> ApplicationSummary:
    """The case without its answers."""
    return _summary(cases.open_case(session, application_id))


def of_resident(session: Session, resident_id: UUID) -> list[ApplicationSummary]:
    """All cases of one person, drafts first, then the newest."""
    query = select(Application).where(Application.resident_id == resident_id)
    found = session.scalars(query.order_by(Application.submitted_at.is_not(None), Application.saved_at.desc()))
    return [_summary(case) for case in found]


def of_company(session: Session, company_id: UUID) -> list[ApplicationSummary]:
    """The same of a company."""
    query = select(Application).where(Application.company_id == company_id)
    found = session.scalars(query.order_by(Application.submitted_at.is_not(None), Application.saved_at.desc()))
    return [_summary(case) for case in found]


def drafts_of(session: Session, resident_id: UUID) -> list[ApplicationSummary]:
    """What one person began and has not sent, the newest first."""
    mine = select(Application).where(Application.resident_id == resident_id, Application.state == str(State.DRAFT))
    return [_summary(case) for case in session.scalars(mine.order_by(Application.saved_at.desc()))]


def waiting_to_check(session: Session) -> list[UUID]:
    """Ids of everything that waits to be checked, the oldest first."""
    query = select(Application.id).where(Application.state.in_(rules.TO_CHECK))
    return list(session.scalars(query.order_by(Application.submitted_at)))


def _summary(case: Application) -> ApplicationSummary:
    procedure = cases.procedure_of(case)
    return ApplicationSummary(
        id=case.id,
        reference=case.reference,
        resident_id=cases.told_as(case),
        procedure=case.procedure,
        version=case.version,
        title=procedure.title,
        state=State(case.state),
        submitted_at=case.submitted_at,
        saved_at=case.saved_at,
        expires_at=case.expires_at,
        minutes=procedure.minutes_needed(case.answers),
        visit=procedure.visit,
        window=str(procedure.window),
        offices=procedure.offices,
        points=procedure.points,
        bring=tuple(procedure.to_bring(case.answers)),
        due_on=procedure.due_on(case.answers),
        channel=case.channel,
    )
