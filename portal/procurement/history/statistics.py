"""Figures of awards: how many, for how much, with how many bidders, how near the estimate, how long; by what one asks for.

Each figure is one grouped statement; medians come from ranks within each group, the same on both databases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, case, cast, func, select
from sqlalchemy.orm import Session

from portal.procurement.history.models import Award, AwardBid
from portal.procurement.models import Agency

MOST = 50
# Below so many awards of an item its prices say nothing of what is usual.
LEAST_PRICES = 3


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for; "" and 0 ask for all."""

    agency: str = ""
    category: str = ""
    year: int = 0
    item: str = ""

    def narrow(self, query: Any) -> Any:
        """*query* over awards, narrowed to what is asked for."""
        wanted = {
            Award.agency_code: self.agency,
            Award.category: self.category,
            Award.year: self.year,
            Award.item: self.item,
        }
        return query.where(*(column == value for column, value in wanted.items() if value))


@dataclass(frozen=True, slots=True)
class Line:
    """One group: `rate` is award ÷ estimate in percent, `alone` the share of awards with one bidder in percent; None
    where no award says it."""

    key: Any
    count: int
    yen: int
    bidders: float
    alone: float
    rate: float | None
    lead_days: float | None


GROUPS: dict[str, Any] = {"year": Award.year, "category": Award.category, "agency": Award.agency_code}


def by(session: Session, asked: Query, group: str) -> list[Line]:
    """Figures by year, category or public body, in the order of that."""
    column = GROUPS[group]
    rows = session.execute(asked.narrow(select(column, *_figures())).group_by(column).order_by(column)).all()
    return [_line(row) for row in rows]


def whole(session: Session, asked: Query) -> Line | None:
    """Figures over all that is asked for; None when there is no award."""
    row = session.execute(asked.narrow(select(func.max(Award.year), *_figures()))).one()
    return _line(row) if row[1] else None


def _figures() -> list[ColumnElement[Any]]:
    rate = cast(Award.amount, Float) * 100 / Award.estimate
    return [
        func.count(),
        func.sum(Award.amount),
        func.avg(cast(Award.bidders, Float)),
        func.avg(case((Award.bidders == 1, 100.0), else_=0.0)),
        func.avg(rate),
        func.avg(cast(Award.lead_days, Float)),
    ]


def _line(row: Any) -> Line:
    key, count, yen, bidders, alone, rate, lead = row
    return Line(key, count, int(yen), float(bidders), float(alone), _float(rate), _float(lead))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def prices(session: Session, asked: Query, *, most: int = MOST) -> Sequence[Any]:
    """(item, unit, awards, lowest, median, highest price of one) of the items bought most often."""
    one = cast(Award.amount, Float) / Award.quantity
    group = (Award.item, Award.unit)
    ranked = asked.narrow(
        select(
            Award.item,
            Award.unit,
            one.label("price"),
            func.row_number().over(partition_by=group, order_by=one).label("rank"),
            func.count().over(partition_by=group).label("size"),
        ).where(Award.item != "", Award.quantity.is_not(None))
    ).subquery()
    low, high = ranked.c.size / 2.0, ranked.c.size / 2.0 + 1
    middle = case(((ranked.c.rank >= low) & (ranked.c.rank <= high), ranked.c.price))
    return session.execute(
        select(
            ranked.c.item,
            ranked.c.unit,
            func.count().label("count"),
            func.min(ranked.c.price).label("lowest"),
            func.avg(middle).label("median"),
            func.max(ranked.c.price).label("highest"),
        )
        .group_by(ranked.c.item, ranked.c.unit)
        .having(func.count() >= LEAST_PRICES)
        .order_by(func.count().desc(), ranked.c.item, ranked.c.unit)
        .limit(most)
    ).all()


def price_years(session: Session, asked: Query) -> Sequence[Any]:
    """(year, unit, awards, mean price of one) of the item asked for."""
    one = func.avg(cast(Award.amount, Float) / Award.quantity)
    query = asked.narrow(select(Award.year, Award.unit, func.count(), one).where(Award.quantity.is_not(None)))
    return session.execute(query.group_by(Award.year, Award.unit).order_by(Award.unit, Award.year)).all()


def bidders(session: Session, asked: Query, *, most: int = MOST) -> Sequence[Any]:
    """(number, name or "", bids, wins, yen won) of those who won most often. Bids and wins are counted apart and then put
    together: a bid that did not win says nothing that needs its award."""
    bid = select(AwardBid.number, func.count().label("bids")).group_by(AwardBid.number)
    if asked != Query():
        bid = bid.where(AwardBid.award_id.in_(asked.narrow(select(Award.id))))
    bids = bid.subquery()
    won = asked.narrow(
        select(
            Award.winner,
            func.max(Award.winner_name).label("name"),
            func.count().label("wins"),
            func.sum(Award.amount).label("yen"),
        ).group_by(Award.winner)
    ).subquery()
    wins, yen = func.coalesce(won.c.wins, 0).label("wins"), func.coalesce(won.c.yen, 0).label("yen")
    return session.execute(
        select(bids.c.number, func.coalesce(won.c.name, "").label("name"), bids.c.bids, wins, yen)
        .outerjoin(won, won.c.winner == bids.c.number)
        .order_by(wins.desc(), bids.c.bids.desc(), bids.c.number)
        .limit(most)
    ).all()


def choices(session: Session) -> tuple[Sequence[Any], Sequence[int], Sequence[str]]:
    """What can be chosen: (code, name) of bodies with awards, years (newest first), items bought at least thrice."""
    bodies = session.execute(
        select(Agency.code, Agency.name)
        .where(Agency.code.in_(select(Award.agency_code).distinct()))
        .order_by(Agency.name)
    ).all()
    years = session.scalars(select(Award.year).distinct().order_by(Award.year.desc())).all()
    usual = select(Award.item).where(Award.item != "").group_by(Award.item).having(func.count() >= LEAST_PRICES)
    return bodies, years, session.scalars(usual.order_by(Award.item).limit(500)).all()
