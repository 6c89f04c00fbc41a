"""Correction, field by field and round by round: what was asked, what stood there, what came back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import cases
from portal.applications.casework import decisions, files, reach
from portal.applications.events import CorrectionAsked
from portal.applications.models import Application, CorrectionRequest
from portal.applications.rules import Kind, NothingAsked, Reason, State
from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.events import emit
from portal.core.text import TextRefused

LONGEST_COMMENT = 500
LONGEST_REPLY = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """One field to correct, with what the person should do."""

    field: str
    reason: Reason
    comment: str


@dataclass(frozen=True, slots=True)
class Round:
    """Everything asked at one time, and when the answer came (None: it has not)."""

    asked_at: datetime
    resolved_at: datetime | None
    requests: tuple[CorrectionRequest, ...]


def ask(session: Session, application_id: UUID, clerk: Actor, asked: list[Asked]) -> None:
    """Ask the person to correct single fields; each needs a reason and a comment. The clock stops.

    Only of questions the person was asked: the answer to any other would be dropped when it comes.
    """
    case = cases.open_case(session, application_id)
    reach.check(session, clerk, case)
    before = case.answers
    theirs = {field.name for section in cases.procedure_of(case).asked(before) for field in section.fields}
    asked = [Asked(one.field, one.reason, _words(one.comment)) for one in asked]
    if not asked or any(not one.comment or one.field not in theirs for one in asked):
        raise NothingAsked
    case = cases.move(session, case, State.CORRECTION_ASKED, claimed_by=clerk.id)
    decisions.void(session, case)
    now = clock.now()
    for one in asked:
        session.add(
            CorrectionRequest(
                application_id=case.id,
                field=one.field,
                reason=str(one.reason),
                comment=one.comment,
                asked_at=now,
                asked_by=clerk.id,
                before=before.get(one.field),
            )
        )
    files.pause(session, case)
    cases.tell(session, case, Kind.CORRECTION_ASKED, clerk)
    emit(session, CorrectionAsked(**cases.facts_of(case), fields=tuple(one.field for one in asked)))


def _words(comment: str) -> str:
    try:
        return text.free_text(comment, longest=LONGEST_COMMENT)
    except TextRefused as refused:
        raise NothingAsked from refused


def settle(session: Session, case: Application, typed: Mapping[str, Sequence[str]]) -> None:
    """The person answered: keep what each field says now and what they wrote to us beside it. The clock goes on."""
    now = clock.now()
    for request in cases.open_requests(session, case.id):
        request.after = case.answers.get(request.field)
        request.reply = reply_of(request.field, typed)
        request.resolved_at = now
    session.flush()
    files.resume(session, case)


def reply_input(field: str) -> str:
    """The input for what the person wants to say to us beside the answer."""
    return f"reply-{field}"


def reply_of(field: str, typed: Mapping[str, Sequence[str]]) -> str:
    """What cannot be kept (a control sign) is left out rather than losing the correction."""
    texts = typed.get(reply_input(field), ())
    return text.shown_again(texts[0] if texts else "", longest=LONGEST_REPLY, lines=True).strip()


def rounds(session: Session, application_id: UUID) -> list[Round]:
    """Every round, the oldest first."""
    found: dict[datetime, list[CorrectionRequest]] = {}
    query = select(CorrectionRequest).where(CorrectionRequest.application_id == application_id)
    for request in session.scalars(query.order_by(CorrectionRequest.asked_at, CorrectionRequest.id)):
        found.setdefault(request.asked_at, []).append(request)
    return [Round(at, requests[0].resolved_at, tuple(requests)) for at, requests in found.items()]


def changed(request: CorrectionRequest) -> bool:
    """Whether the answer is another than the one asked about."""
    value: Any = request.after
    return request.resolved_at is not None and value != request.before
