"""Reading the audit records as the person they are about, and for which notices a section chose them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from portal.core.actor import Kind
from portal.core.audit import Record
from portal.mailbox import service as mailbox
from portal.mydata import rules

PAGE_SIZE = 20

what_words = rules.what_words


@dataclass(frozen=True, slots=True)
class Look:
    """One use of a person's data. `who` is an office, section or machine, never a private name."""

    at: datetime
    who: str
    action: str
    what: str
    why: str
    case_ref: str


def told_once(looks: list[Look]) -> list[tuple[Look, int]]:
    """(look, how often) in the same order: what one office did several times within a minute is one line.

    One page at a window reads several things of a person; the records keep each of them."""
    found: dict[tuple[object, ...], tuple[Look, int]] = {}
    for look in looks:
        minute = look.at.replace(second=0, microsecond=0)
        key = (minute, look.who, look.action, rules.what_words(look.what, look.action), look.why, look.case_ref)
        first, times = found.get(key, (look, 0))
        found[key] = first, times + 1
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Looks:
    """One page of uses, newest first, and how many pages there are."""

    rows: list[Look]
    page: int
    pages: int


def looks_at(session: Session, resident_id: UUID, *, page: int = 1, why: str = "") -> Looks:
    """Uses of *resident_id*'s data by the city and its machines.

    *why* keeps one purpose only. Pages count from 1; a page past the end is the last one.
    """
    mine = select(
        Record.at.label("at"),
        Record.actor_label.label("actor_label"),
        Record.action.label("action"),
        Record.what.label("what"),
        Record.why.label("why"),
        Record.case_ref.label("case_ref"),
    ).where(Record.subject == resident_id, Record.actor_kind.in_([Kind.STAFF, Kind.CLIENT]))
    uses = union_all(mine, mailbox.uses_of(resident_id)).subquery()
    wanted = select(uses) if not why else select(uses).where(uses.c.why == why)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    query = wanted.order_by(uses.c.at.desc()).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return Looks([Look(*row) for row in session.execute(query)], page, pages)
