"""What a visit needs to know of many applications at once: one read for a whole rush."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import rules
from portal.applications.models import Application, ApplicationEvent
from portal.applications.procedures import catalogue
from portal.applications.rules import Kind
from portal.core import clock
from portal.core.among import Among
from portal.core.writing import NewRows

VISIT_KINDS = (Kind.BOOKED, Kind.BOOKING_CHANGED, Kind.BOOKING_CANCELLED)
LINES_WHAT = "applications.timeline"
_APPLICATIONS = Application.__table__.c
_ASKED = Among(
    select(
        _APPLICATIONS.id,
        _APPLICATIONS.reference,
        _APPLICATIONS.resident_id,
        _APPLICATIONS.procedure,
        _APPLICATIONS.version,
        _APPLICATIONS.state,
        _APPLICATIONS.answers,
    ),
    _APPLICATIONS.id,
)
_LINES = NewRows(ApplicationEvent.__table__, "application_id", "at", "kind", "actor_label", "text", "facts")


@dataclass(frozen=True, slots=True)
class VisitNeeds:
    """The visit an application asks for: minutes at the window, offices (codes; none: any), whether it makes sense now."""

    application_id: UUID
    reference: str
    resident_id: UUID
    procedure: str
    minutes: int
    offices: tuple[str, ...]
    may_be_booked: bool


def visit_needs(session: Session, application_ids: Sequence[UUID]) -> dict[UUID, VisitNeeds]:
    """By id; who is not there has no application."""
    return {row[0]: _needs(*row) for row in _ASKED.rows(session, application_ids)}


def _needs(
    id: UUID, reference: str, resident_id: UUID, name: str, version: int, state: str, answers: dict[str, Any]
) -> VisitNeeds:
    procedure = catalogue.version(name, version)
    return VisitNeeds(
        application_id=id,
        reference=reference,
        resident_id=resident_id,
        procedure=name,
        minutes=procedure.minutes_needed(answers),
        offices=procedure.offices,
        may_be_booked=procedure.visit and state in rules.OPEN,
    )


def add_lines(session: Session, kind: str, facts: Sequence[tuple[UUID, dict[str, Any]]]) -> None:
    """One line of *kind* (rules.Kind) in the timeline of each application; the caller notes `LINES_WHAT` on record."""
    now, text = clock.now(), rules.KIND_WORDS[Kind(kind)]
    rows = [
        {"application_id": id, "at": now, "kind": kind, "actor_label": "", "text": text, "facts": about}
        for id, about in facts
    ]
    _LINES.many(session, rows)


def reserved(session: Session, application_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """The facts (starts_at, office) of the visit of today or a later day, by application, as far as the timelines tell."""
    lines = (
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id.in_(application_ids), ApplicationEvent.kind.in_(VISIT_KINDS))
        .order_by(ApplicationEvent.at, ApplicationEvent.id)
    )
    newest = {line.application_id: line for line in session.scalars(lines)}
    return {
        id: line.facts
        for id, line in newest.items()
        if line.kind != Kind.BOOKING_CANCELLED and _day(line) >= clock.today()
    }


def _day(line: ApplicationEvent) -> date:
    return datetime.fromisoformat(line.facts["starts_at"]).astimezone(clock.JST).date()
