"""A resident's mailbox, one page of it, in one query."""

import json
from collections.abc import Callable
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Engine,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.reading import IdText, Read, Reading, Row
from portal.mailbox.models import Dealing, Delivery, Notice
from portal.mailbox.rules import WITHDRAWN, Kind

PAGE_SIZE = 20
# One page looks through no more than so many notices: it costs the same in a mailbox of 73,000 as in one of 860,000.
WINDOW = 2_000
# Unread and overdue are counted among so many of the newest.
COUNTED = 500
NEWEST = 2**31 - 1


class Item(NamedTuple):
    """One line of a mailbox. `title` is in `language`; a notice of the system's own is of no language: its title is a
    msgid with `facts` for its places. `facts` is None of what a section wrote for many, and of nothing else. `kind` is
    a rules.Kind or rules.WITHDRAWN."""

    id: str
    is_read: bool
    kind: str
    strength: int
    is_settled: bool
    section: str
    due_on: date | None
    delivered_at: datetime
    title: str
    language: str | None
    facts: dict[str, Any] | None

    def is_overdue(self, today: date) -> bool:
        asks = self.kind not in (Kind.INFORMATION, WITHDRAWN) and not self.is_settled
        return asks and self.due_on is not None and self.due_on < today


class Lines(NamedTuple):
    """One page: `before` leads to the older ones (None: there are none; `is_cut`: this page looked no further back)."""

    drawn: list[str]
    before: int | None
    is_cut: bool
    unread: int
    overdue: int


Draw = Callable[[Item], str]


def languages_for(reader: str) -> tuple[str, ...]:
    """The languages in which a notice may be shown to *reader*, the best first."""
    return ("ja",) if reader == "ja" else (reader, "en", "ja")


OWNER: Any = bindparam("resident")
BEFORE: Any = bindparam("before", type_=Integer)
SAME = and_(Dealing.resident_id == Delivery.resident_id, Dealing.notice_number == Delivery.notice_number)
IS_OVERDUE = and_(
    Notice.kind != str(Kind.INFORMATION),
    Notice.state != WITHDRAWN,
    Notice.due_on < bindparam("today"),
    Dealing.settled_at.is_(None),
)


def floor() -> ColumnElement[int]:
    """The number below which a page does not look; 0 when all of the mailbox is looked through."""
    passed = (
        select(Delivery.notice_number)
        .where(Delivery.resident_id == OWNER, Delivery.notice_number < BEFORE)
        .order_by(Delivery.notice_number.desc())
        .limit(1)
        .offset(WINDOW)
    )
    return func.coalesce(passed.scalar_subquery(), 0)


IS_FOR_NAMED = Notice.section_id.is_(None)


def title_in(language: str) -> ColumnElement[str]:
    """The title as "ko:…", ":…" for a msgid: asking for the language beside it would open the texts once more."""
    titles = [f"{code}:" + Notice.texts[(code, "title")].as_string() for code in languages_for(language)]
    own = ":" + Notice.texts[("msgid", "title")].as_string()
    return case((Notice.key.is_not(None), own), else_=func.coalesce(*titles, None))


def columns(title: ColumnElement[Any]) -> list[Any]:
    """Of an `Item`, after the floor and the notice's number; the texts themselves stay in the database."""
    return [
        floor(),
        Delivery.notice_number,
        type_coerce(cast(Notice.id, String), IdText()),
        Delivery.read_at.is_not(None),
        case((Notice.state == WITHDRAWN, literal(WITHDRAWN)), else_=Notice.kind),
        Notice.strength,
        Dealing.settled_at.is_not(None),
        Notice.section,
        Notice.due_on,
        Delivery.delivered_at,
        title,
        case((IS_FOR_NAMED, cast(Notice.facts, String))),
    ]


def page_of(title: ColumnElement[Any]) -> Select[Any]:
    """Notices of one mailbox below the number `before`, newest first, one more than a page holds; not yet filtered."""
    return (
        select(*columns(title))
        .join(Notice, Notice.number == Delivery.notice_number)
        .outerjoin(Dealing, SAME)
        .where(Delivery.resident_id == OWNER, Delivery.notice_number < BEFORE, Delivery.notice_number >= floor())
        .order_by(Delivery.notice_number.desc())
        .limit(PAGE_SIZE + 1)
    )


@cache
def _list_in(language: str) -> Reading:
    """Without the titles of what a section wrote for many: a sent text never changes, and is read when first drawn."""
    title = case((IS_FOR_NAMED, title_in(language)))
    return Reading(page_of(title).where(Dealing.archived_at.is_(None)))


@cache
def _title_in(language: str) -> Reading:
    return Reading(select(title_in(language)).where(Notice.number == bindparam("number")))


@cache
def _counts() -> Reading:
    """How many of the newest are unread, and how many overdue; what was put away is not counted."""
    newest = (
        select(Delivery.resident_id, Delivery.notice_number, Delivery.read_at)
        .where(Delivery.resident_id == OWNER)
        .order_by(Delivery.notice_number.desc())
        .limit(COUNTED)
        .subquery()
    )
    same = and_(Dealing.resident_id == newest.c.resident_id, Dealing.notice_number == newest.c.notice_number)
    return Reading(
        select(
            func.coalesce(func.sum(case((newest.c.read_at.is_(None), 1), else_=0)), 0),
            func.coalesce(func.sum(case((IS_OVERDUE, 1), else_=0)), 0),
        )
        .select_from(newest)
        .join(Notice, Notice.number == newest.c.notice_number)
        .outerjoin(Dealing, same)
        .where(Dealing.archived_at.is_(None))
    )


def lines(
    session: Session,
    resident_id: UUID,
    *,
    language: str,
    draw: Draw,
    before: int | None = None,
) -> Lines:
    """One page of the mailbox, newest first; *before* is the number the page before ended with.

    One query for a mailbox that fits on a page, of what is committed. *draw* writes a line. What a section
    sent to many is the same in many mailboxes: it is read and drawn once. What is for people by name is not kept.
    """
    engine: Any = session.get_bind()
    reading = _list_in(language)
    found = reading.raw(engine, resident=resident_id, before=before or NEWEST)
    read = reading.reader(engine)
    drawn = [
        _line_of_many(engine, language, read, draw, row[1:-2]) if row[_FACTS] is None else draw(item(read, row))
        for row in found[:PAGE_SIZE]
    ]
    is_cut, older = _rest(session, resident_id, found, before or NEWEST)
    if older is None and before is None:
        return Lines(drawn, None, False, *_counted(found))
    return Lines(drawn, older, is_cut, *counts(session, resident_id))


def _rest(session: Session, resident_id: UUID, found: list[Row], before: int) -> tuple[bool, int | None]:
    """(whether the page looked no further back, where the older ones begin or None)."""
    if len(found) > PAGE_SIZE:
        return False, found[PAGE_SIZE - 1][_NUMBER]
    lowest = found[0][_FLOOR] if found else session.scalar(select(floor()), {"resident": resident_id, "before": before})
    return bool(lowest), lowest or None


_FLOOR, _NUMBER, _READ, _KIND, _SETTLED, _DUE, _FACTS = 0, 1, 3, 4, 6, 8, -1
_TITLE = -2


def _counted(found: list[Row]) -> tuple[int, int]:
    """(unread, overdue) of a mailbox that is all here; days are texts that compare as days do."""
    today = clock.today().isoformat()
    unread = overdue = 0
    for row in found:
        unread += not row[_READ]
        if row[_DUE] is not None and row[_DUE] < today and row[_KIND] not in _NOT_ASKING and not row[_SETTLED]:
            overdue += 1
    return unread, overdue


_NOT_ASKING = (str(Kind.INFORMATION), WITHDRAWN)


_read_json = json.JSONDecoder().raw_decode  # the driver puts nothing around it that `loads` would look for


def item(read: Read, row: Row) -> Item:
    """A raw row (after the floor and the number: `row[2:]` or the whole) as a line."""
    spoken, _, title = row[_TITLE].partition(":")
    facts = row[_FACTS]
    return Item._make((*read(row)[2:-2], title, spoken or None, facts and _read_json(facts, 0)[0]))


@lru_cache(maxsize=8192)
def _line_of_many(engine: Engine, language: str, read: Read, draw: Draw, row: Row) -> str:
    """A row holds the notice's own id: no line is another notice's."""
    [(title,)] = _title_in(language).raw(engine, number=row[0])
    return draw(item(read, (None, *row, title, None)))


def counts(session: Session, resident_id: UUID) -> tuple[int, int]:
    """(unread, overdue) among the newest of the mailbox."""
    engine: Any = session.get_bind()
    [(unread, overdue)] = _counts().rows(engine, resident=resident_id, today=clock.today())
    return int(unread), int(overdue)


def unread_count(session: Session, resident_id: UUID) -> int:
    """Among the newest; through the session, which sees what it has written itself."""
    newest = (
        select(Delivery.notice_number, Delivery.read_at)
        .where(Delivery.resident_id == resident_id)
        .order_by(Delivery.notice_number.desc())
        .limit(COUNTED)
        .subquery()
    )
    away = and_(Dealing.resident_id == resident_id, Dealing.notice_number == newest.c.notice_number)
    query = (
        select(func.count())
        .select_from(newest)
        .outerjoin(Dealing, away)
        .where(newest.c.read_at.is_(None), Dealing.archived_at.is_(None))
    )
    return session.scalar(query) or 0
