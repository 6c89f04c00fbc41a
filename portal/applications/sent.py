"""What was sent, as conditions of a query about residents; opens nobody's data."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists
from sqlalchemy.orm import aliased

from portal.applications.models import Application
from portal.applications.rules import State

IN_VAIN = (State.WITHDRAWN, State.REJECTED)


def has_sent(procedure: str | ColumnElement[str], *, of: Any, since: datetime) -> ColumnElement[bool]:
    """Whether the person of the column *of* sent an application since then that did not end in vain."""
    case = aliased(Application)
    return exists().where(
        case.resident_id == of,
        case.procedure == procedure,
        case.submitted_at >= since,
        case.state.not_in(IN_VAIN),
    )


def sent_of(
    procedure: str, *, of: Any, since: datetime, until: datetime
) -> tuple[Any, tuple[Any, ColumnElement[bool]]]:
    """(when it was sent, what to join a query with) for applications of the person of the column *of* in that time."""
    case = aliased(Application)
    on = and_(
        case.resident_id == of,
        case.procedure == procedure,
        case.submitted_at >= since,
        case.submitted_at < until,
        case.state.not_in(IN_VAIN),
    )
    return case.submitted_at, (case, on)
