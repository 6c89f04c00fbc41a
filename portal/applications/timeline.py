"""The timeline that application, booking and visit share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import cases, rules
from portal.applications.models import ApplicationEvent
from portal.applications.rules import Kind
from portal.core import audit
from portal.core.audit import Action


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line: `text` is a msgid, `facts` what belongs to it (office, starts_at, comment …)."""

    at: datetime
    kind: str
    actor_label: str
    text: str
    facts: dict[str, Any]


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
    audit.did(session, Action.CHANGE, whose=case.whose, what="applications.timeline", case_ref=case.reference)


def timeline(session: Session, application_id: UUID) -> list[TimelineEntry]:
    """Everything that happened, oldest first."""
    lines = session.scalars(
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id == application_id)
        .order_by(ApplicationEvent.at, ApplicationEvent.id)
    )
    return [TimelineEntry(line.at, line.kind, line.actor_label, line.text, line.facts) for line in lines]
