"""A resident's mailbox, one page of it, in one query."""

from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Engine, Integer, bindparam, case, func, null, select, type_coerce
from sqlalchemy.orm import Session

from portal.core.reading import IdText, Read, Reading, Row
from portal.mailbox.models import Delivery, Notice

PAGE_SIZE = 20


class Item(NamedTuple):
    """One line of a mailbox. `title` is in `language`; a notice of the system's own is of no language: its title is a
    msgid with `facts` for its places. `facts` is None of what a section wrote for many, and of nothing else."""

    id: str
    is_read: bool
    kind: str
    section: str
    due_on: date | None
    delivered_at: datetime
    title: str
    language: str | None
    facts: dict[str, Any] | None


def languages_for(reader: str) -> tuple[str, ...]:
    """The languages in which a notice may be shown to *reader*, the best first."""
    return ("ja",) if reader == "ja" else (reader, "en", "ja")


_UNREAD = select(func.count()).where(Delivery.resident_id == bindparam("resident"), Delivery.read_at.is_(None))


@cache
def _list_in(language: str) -> Reading:
    """One page of the list; the texts themselves stay in the database."""
    is_own, is_for_named = Notice.key.is_not(None), Notice.section_id.is_(None)
    codes = languages_for(language)
    titles = {code: Notice.texts[(code, "title")].as_string() for code in codes}
    known = [(titles[code].is_not(None), code) for code in codes[:-1]]
    found = (
        select(
            _UNREAD.scalar_subquery(),
            type_coerce(Notice.id, IdText()),
            Delivery.read_at.is_not(None),
            Notice.kind,
            Notice.section,
            Notice.due_on,
            Delivery.delivered_at,
            case((is_own, Notice.texts[("msgid", "title")].as_string()), else_=func.coalesce(*titles.values(), None)),
            case((is_own, null()), *known, else_=codes[-1]),
            case((is_for_named, Notice.facts)),
        )
        .join(Notice, Notice.number == Delivery.notice_number)
        .where(Delivery.resident_id == bindparam("resident"))
        .order_by(Delivery.notice_number.desc())
        .limit(PAGE_SIZE + 1)
        .offset(bindparam("skip", type_=Integer))
    )
    return Reading(found)


def items(session: Session, resident_id: UUID, *, language: str, page: int = 1) -> tuple[list[Item], bool, int]:
    """One page of the mailbox, newest first, whether there is a next one, and how many notices are unread.

    Pages count from 1; one query, of what is committed.
    """
    engine, reading = cast(Engine, session.get_bind()), _list_in(language)
    found = reading.raw(engine, resident=resident_id, skip=(page - 1) * PAGE_SIZE)
    unread = found[0][0] if found else unread_count(session, resident_id)
    read = reading.reader(engine)
    lines = [_line(read, row) if row[_FACTS] is None else _own_line(read, row) for row in found[:PAGE_SIZE]]
    return lines, len(found) > PAGE_SIZE, unread


_FACTS = -1


def _own_line(read: Read, row: Row) -> Item:
    return Item._make(read(row)[1:])


def _line(read: Read, row: Row) -> Item:
    return _line_of_many(read, row[1:])


@lru_cache(maxsize=8192)
def _line_of_many(read: Read, row: Row) -> Item:
    """A section's notice is the same in many mailboxes: read once; what is for people by name is not kept."""
    return _own_line(read, (None, *row))


def unread_count(session: Session, resident_id: UUID) -> int:
    return session.scalar(_UNREAD, {"resident": resident_id}) or 0
