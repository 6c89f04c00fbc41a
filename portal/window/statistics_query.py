"""What past numbers count for, worked out in the database (as statistics_rules says): of 55,000 numbers only sums and
times leave it, by day, kind of window, lane, and with a pre-application or without."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Float, String, and_, case, cast, func, not_, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from portal.window.models import Ticket
from portal.window.rules import NEAR_TIME, Lane, State
from portal.window.statistics_rules import Cell


class Minutes(FunctionElement[float]):
    """Minutes from the first instant to the second; nothing where one of them is not known."""

    type = Float()
    inherit_cache = True


@compiles(Minutes)
def _minutes(element: Minutes, compiler: SQLCompiler, **options: Any) -> str:
    since, until = (compiler.process(one, **options) for one in element.clauses)
    return f"CAST(extract(epoch FROM {until} - {since}) AS double precision) / 60"


@compiles(Minutes, "sqlite")
def _minutes_on_sqlite(element: Minutes, compiler: SQLCompiler, **options: Any) -> str:
    since, until = (compiler.process(one, **options) for one in element.clauses)
    return f"(julianday({until}) - julianday({since})) * 1440"


TABLE = Ticket.__table__.c
NEAR = NEAR_TIME.total_seconds() / 60
SERVED = TABLE.state == State.SERVED
ABSENT = and_(TABLE.state == State.NO_SHOW, TABLE.first_called_at.is_not(None), TABLE.serving_at.is_(None))
ASSISTED = TABLE.assisted
PREPARED = and_(or_(TABLE.application_id.is_not(None), TABLE.lane == Lane.EXPRESS), not_(ASSISTED))
IN_ONE_GO = and_(SERVED, TABLE.parked_at.is_(None), TABLE.forwarded_at.is_(None))
CAME_EARLY = Minutes(TABLE.drawn_at, TABLE.starts_at) > NEAR
WAITED = case(
    (CAME_EARLY, Minutes(TABLE.starts_at, TABLE.first_called_at) + NEAR),
    else_=Minutes(TABLE.drawn_at, TABLE.first_called_at),
)
LAST_CALL = case((TABLE.called_at <= TABLE.serving_at, TABLE.called_at), else_=TABLE.first_called_at)
TIMES = (
    case((WAITED < 0, 0.0), else_=WAITED),
    Minutes(LAST_CALL, TABLE.serving_at),
    case((IN_ONE_GO, Minutes(TABLE.serving_at, TABLE.ended_at))),
)


def cells(session: Session, office: str, days: tuple[date, date]) -> list[Cell]:
    """Every number drawn at *office* from the first to the last of *days*; the index by office and day leads to them."""
    of = (TABLE.day, TABLE.kind, TABLE.lane, _one(PREPARED).label("prepared"), _one(ASSISTED).label("assisted"))
    counts = (func.count(), *(func.sum(_one(what)) for what in (SERVED, ABSENT, TABLE.passed_over > 0)))
    times = (func.aggregate_strings(cast(one, String), " ") for one in TIMES)
    query = select(*of, *counts, *times).where(TABLE.office == office, TABLE.day.between(*days))
    rows = session.execute(query.group_by(*of).order_by(*of)).all()
    return [Cell._make([*row[:3], *map(bool, row[3:5]), *row[5:9], *_read(row[9:])]) for row in rows]


def _one(what: ColumnElement[bool]) -> ColumnElement[int]:
    return case((what, 1), else_=0)


def _read(times: Iterable[str | None]) -> list[list[float]]:
    """Medians are worked out here: the two databases have no function for them in common."""
    return [sorted(map(float, (text or "").split())) for text in times]
