"""Reading the audit records as the auditor and the security manager."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.actor import Kind
from portal.core.audit import Action, Record, looked

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One record. Whose data it was is told by the beginning of the id only: enough to see that it was the same
    person again, too little to know who."""

    at: datetime
    who: str
    action: str
    what: str
    why: str
    case_ref: str
    subject: str


def records(
    session: Session, *, who: str = "", why: str = "", refused_only: bool = False, page: int = 1
) -> tuple[list[Line], bool]:
    """Uses of data by staff and machines, newest first; one page and whether there is a next one.

    *who* is the beginning of an office, section or machine. Reading the records is itself on record.
    """
    query = select(Record).where(Record.actor_kind.in_([Kind.STAFF, Kind.CLIENT]))
    if who:
        query = query.where(Record.actor_label.startswith(who, autoescape=True))
    if why:
        query = query.where(Record.why == why)
    if refused_only:
        query = query.where(Record.action == Action.REFUSED)
    query = query.order_by(Record.at.desc(), Record.chain, Record.seq.desc())
    found = session.scalars(query.limit(PAGE_SIZE + 1).offset((page - 1) * PAGE_SIZE)).all()
    looked(session, whose=None, what="oversight.records")
    lines = [
        Line(
            row.at,
            row.actor_label,
            row.action,
            row.what,
            row.why,
            row.case_ref,
            str(row.subject)[:8] if row.subject else "",
        )
        for row in found[:PAGE_SIZE]
    ]
    return lines, len(found) > PAGE_SIZE


def busiest(session: Session, *, limit: int = 10) -> list[tuple[str, int]]:
    """Who opened data most often, as (office and section, times)."""
    times = func.count()
    query = (
        select(Record.actor_label, times)
        .where(Record.actor_kind == Kind.STAFF, Record.action == Action.LOOK)
        .group_by(Record.actor_label)
        .order_by(times.desc())
        .limit(limit)
    )
    return [(label, count) for label, count in session.execute(query)]
