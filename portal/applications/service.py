"""Pre-applications: the door of this room."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import cases, drafts, retention, review, rules, sheet
from portal.applications.events import ApplicationCompleted, ApplicationWithdrawn
from portal.applications.models import Application, ApplicationEvent
from portal.applications.procedures import answers as reading
from portal.applications.procedures import catalogue
from portal.applications.procedures.answers import Reading, Typed
from portal.applications.procedures.schema import FormField
from portal.applications.rules import Kind, NotComplete, NotPossibleNow, State
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.events import emit
from portal.core.reference import read_reference
from portal.staff import service as staff

start_draft = drafts.start_draft
find_draft = drafts.find_draft
save_page = drafts.save_page
autosave = drafts.autosave
discard = drafts.discard
forget_expired = drafts.forget_expired
pages = drafts.pages
forget_contents = retention.forget_contents
warn_of_expiry = retention.warn_of_expiry
is_draft = retention.is_draft
hold = retention.hold
lift_hold = retention.lift_hold
claim = review.claim
release = review.release
ask_correction = review.ask_correction
mark_ready = review.mark_ready
reject = review.reject
worklist = review.worklist
Asked = review.Asked
rows_of = sheet.rows_of
Row = sheet.Row

__all__ = [
    "ApplicationSummary",
    "Asked",
    "Row",
    "TimelineEntry",
    "add_to_timeline",
    "ask_correction",
    "autosave",
    "claim",
    "complete",
    "correct",
    "discard",
    "find_by_reference",
    "find_draft",
    "forget_contents",
    "forget_expired",
    "hold",
    "is_draft",
    "lift_hold",
    "mark_ready",
    "minutes_needed",
    "of_resident",
    "open_sheet",
    "pages",
    "reject",
    "release",
    "rows_of",
    "save_page",
    "start_draft",
    "submit",
    "summary",
    "timeline",
    "warn_of_expiry",
    "withdraw",
    "worklist",
]


@dataclass(frozen=True, slots=True)
class ApplicationSummary:
    """A case without its answers. `title` and `bring` are msgids, `window` and `offices` codes.

    `due_on` is the last day of the statutory period: the visit should be on or before it.
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

    @property
    def is_ready(self) -> bool:
        """Checked before the visit: the express window (優先窓口) may serve it."""
        return self.state is State.READY

    @property
    def may_be_booked(self) -> bool:
        """A visit makes sense from the moment it is sent until it ends, unless nobody need come at all."""
        return self.visit and self.state in rules.OPEN


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line: `text` is a msgid, `facts` what belongs to it (office, starts_at, comment …)."""

    at: datetime
    kind: str
    actor_label: str
    text: str
    facts: dict[str, Any]


def submit(session: Session, actor: Actor, application_id: UUID) -> Application:
    """Send the draft. Sending twice is one application: the second time changes nothing and gives the same."""
    case = cases.locked(session, application_id, owner=cases.owner_of(actor))
    if case.state != State.DRAFT:
        return case
    if any(page.state != "done" for page in drafts.pages(case)):
        raise NotComplete
    _check_again(case)
    answers = _asked_only(case)
    case = cases.move(
        session, case, State.SUBMITTED, answers=answers, typed={}, submitted_at=clock.now(), expires_at=None
    )
    cases.tell(session, case, Kind.SUBMITTED, actor)
    return case


def _check_again(case: Application) -> None:
    """Days move on while a draft lies: what was allowed when typed must be allowed when sent."""
    for section in cases.procedure_of(case).asked(case.answers):
        typed: dict[str, list[str]] = {}
        for field in section.fields:
            typed |= reading.typed_again(field, case.answers.get(field.name), {})
        if reading.read_fields(section.fields, typed, case.known).faults:
            raise NotComplete


def _asked_only(case: Application) -> dict[str, Any]:
    """Answers to questions this person was asked in the end; others (a changed mind) are dropped."""
    return cases.procedure_of(case).told(case.answers)


def correct(session: Session, actor: Actor, application_id: UUID, typed: Typed) -> Reading:
    """Correct exactly what was asked; with faults nothing moves and what was typed is kept."""
    case = cases.locked(session, application_id, owner=cases.owner_of(actor))
    if case.state != State.CORRECTION_ASKED:
        raise NotPossibleNow
    fields = correction_fields(session, case, typed)
    read = reading.read_fields(fields, typed, case.known)
    if read.faults:
        # The sent answers stand until all of the correction is understood; what was typed is kept beside them.
        inputs = [name for field in fields for name in reading.inputs_of(field)]
        case.typed = {name: list(typed.get(name, ())) for name in inputs}
    else:
        drafts.keep(case, fields, read)
        case.answers = _asked_only(case)
        session.flush()
        cases.resolve_requests(session, case.id)
        case = cases.move(session, case, State.CORRECTED)
        cases.tell(session, case, Kind.CORRECTED, actor)
    return read


def correction_fields(session: Session, case: Application, typed: Typed) -> tuple[FormField, ...]:
    """What a clerk asked to correct, and questions that arise only from the new answers."""
    procedure = cases.procedure_of(case)
    found = (procedure.field(request.field) for request in cases.open_requests(session, case.id))
    fields = [field for field in found if field]
    while True:
        answers = case.answers | reading.read_fields(fields, typed, case.known).answers
        more = [
            field
            for section in procedure.asked(answers)
            for field in section.fields
            if field.required and answers.get(field.name) in (None, []) and field not in fields
        ]
        if not more:
            return tuple(fields)
        fields += more


def withdraw(session: Session, actor: Actor, application_id: UUID) -> None:
    """The person changed their mind, any time before the window finished it."""
    case = cases.open_case(session, application_id, owner=cases.owner_of(actor))
    case = cases.move(session, case, State.WITHDRAWN)
    cases.resolve_requests(session, case.id)
    cases.tell(session, case, Kind.WITHDRAWN, actor)
    emit(session, ApplicationWithdrawn(**_facts(case)))


def complete(session: Session, application_id: UUID, actor: Actor) -> None:
    """The window verified the person and finished the case. A second time is refused (NotPossibleNow)."""
    case = cases.open_case(session, application_id)
    case = cases.move(session, case, State.COMPLETED)
    cases.resolve_requests(session, case.id)
    cases.tell(session, case, Kind.COMPLETED, actor, office=staff.office_name(session, actor.office))
    emit(session, ApplicationCompleted(**_facts(case), points=cases.procedure_of(case).points))


def find_by_reference(session: Session, typed: str) -> ApplicationSummary | None:
    """The case of a reference number as somebody typed or scanned it; TextRefused if it is none."""
    found = session.scalars(select(Application).where(Application.reference == read_reference(typed))).one_or_none()
    return _summary(found) if found else None


def summary(session: Session, application_id: UUID) -> ApplicationSummary:
    """The case without its answers."""
    return _summary(cases.open_case(session, application_id))


def of_resident(session: Session, resident_id: UUID) -> list[ApplicationSummary]:
    """All cases of one person, drafts first, then the newest."""
    query = select(Application).where(Application.resident_id == resident_id)
    found = session.scalars(query.order_by(Application.submitted_at.is_not(None), Application.saved_at.desc()))
    return [_summary(case) for case in found]


def open_sheet(session: Session, application_id: UUID) -> list[sheet.Row]:
    """The answers beside what the register said, for a member of staff; who opened them is on record."""
    case = cases.open_case(session, application_id)
    audit.looked(session, whose=case.resident_id, what="applications.answers", case_ref=case.reference)
    return sheet.rows_of(case)


def procedure_titles() -> list[tuple[str, str]]:
    """(name, title as msgid) of every procedure offered now."""
    return [(procedure.name, procedure.title) for procedure in catalogue.newest()]


def procedure_title(name: str) -> str | None:
    """The title (msgid) of a procedure, or None when it is not offered any more."""
    procedure = catalogue.find(name)
    return procedure.title if procedure else None


def minutes_needed(session: Session, application_id: UUID) -> int:
    """Minutes at the window for these answers."""
    case = cases.open_case(session, application_id)
    return cases.procedure_of(case).minutes_needed(case.answers)


def add_to_timeline(
    session: Session, application_id: UUID, kind: str, facts: Mapping[str, Any], *, text: str = "", actor: str = ""
) -> None:
    """One more line in the timeline that application, booking and visit share.

    `kind` is one of rules.Kind, or any other word together with *text* (a msgid). Facts are JSON values; the
    pages know `starts_at` (ISO instant), `office`, `window`, `number`, `points` and `comment`. *actor* is shown
    to the person: an office or a machine, never a name.
    """
    case = cases.open_case(session, application_id)
    words = text or rules.KIND_WORDS[Kind(kind)]
    cases.write_timeline(session, application_id, kind, text=words, facts=facts, label=actor)
    audit.did(session, Action.CHANGE, whose=case.resident_id, what="applications.timeline", case_ref=case.reference)


def timeline(session: Session, application_id: UUID) -> list[TimelineEntry]:
    """Everything that happened, oldest first."""
    lines = session.scalars(
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id == application_id)
        .order_by(ApplicationEvent.at, ApplicationEvent.id)
    )
    return [TimelineEntry(line.at, line.kind, line.actor_label, line.text, line.facts) for line in lines]


def _facts(case: Application) -> dict[str, Any]:
    return review.facts_of(case)


def _summary(case: Application) -> ApplicationSummary:
    procedure = cases.procedure_of(case)
    return ApplicationSummary(
        id=case.id,
        reference=case.reference,
        resident_id=case.resident_id,
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
    )
