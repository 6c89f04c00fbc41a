"""Reading the audit records as the person they are about."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.actor import Kind
from portal.core.audit import Record

PAGE_SIZE = 20


@dataclass(frozen=True, slots=True)
class Look:
    """One use of a person's data. `who` is an office, section or machine, never a private name."""

    at: datetime
    who: str
    who_kind: str
    action: str
    what: str
    why: str
    case_ref: str


@dataclass(frozen=True, slots=True)
class Looks:
    """One page of uses, newest first, and how many pages there are."""

    rows: list[Look]
    page: int
    pages: int


def looks_at(session: Session, resident_id: UUID, *, page: int = 1, why: str = "", by_others: bool = True) -> Looks:
    """Uses of *resident_id*'s data, by the city and its machines, or (`by_others=False`) their own too.

    *why* keeps one purpose only. Pages count from 1; a page past the end is the last one.
    """
    mine = [Record.subject == resident_id]
    if by_others:
        mine.append(Record.actor_kind.in_([Kind.STAFF, Kind.CLIENT]))
    if why:
        mine.append(Record.why == why)
    total = session.scalar(select(func.count()).select_from(Record).where(*mine)) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    query = (
        select(
            Record.at,
            Record.actor_label,
            Record.actor_kind,
            Record.action,
            Record.what,
            Record.why,
            Record.case_ref,
        )
        .where(*mine)
        .order_by(Record.at.desc(), Record.chain, Record.seq.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Looks([Look(*row) for row in session.execute(query)], page, pages)
