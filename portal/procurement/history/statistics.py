"""Figures of awards: how many, for how much, with how many bidders, how near the estimate, how long; by what one asks for.

All groups of a page come from one statement, prices and bidders from one each. Medians come from ranks within each group,
the same on both databases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Float, case, cast, func, select
from sqlalchemy.orm import Session

from portal.procurement.history.models import Award, AwardBid
from portal.procurement.models import Agency

MOST = 50
# Below so many awards of an item its prices say nothing of what is usual.
LEAST_PRICES = 3
CORPORATE = 13  # digits of a 法人番号; other numbers are ours, of sole proprietors


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


GROUPS = ("year", "category", "agency")


@dataclass(frozen=True, slots=True)
class Sums:
    """What can be added up: of some awards, or of several such together."""

    count: int = 0
    yen: int = 0
    bidders: int = 0
    alone: int = 0
    rated: int = 0
    rates: float = 0.0
    timed: int = 0
    days: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def line(self, key: Any) -> Line:
        """Shares and means of it; there has to be an award."""
        return Line(
            key,
            self.count,
            self.yen,
            self.bidders / self.count,
            100 * self.alone / self.count,
            self.rates / self.rated if self.rated else None,
            self.days / self.timed if self.timed else None,
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums by (year, category, body): everything a page says of groups is added up from these few."""

    cells: Mapping[tuple[Any, ...], Sums]

    def by(self, group: str) -> list[Line]:
        """Figures by year, category or public body, in the order of that."""
        place, found = GROUPS.index(group), dict[Any, Sums]()
        for key, sums in self.cells.items():
            found[key[place]] = found.get(key[place], Sums()) + sums
        return [found[key].line(key) for key in sorted(found)]

    def whole(self) -> Line | None:
        """Figures over all that is asked for; None when there is no award."""
        everything = sum(self.cells.values(), Sums())
        return everything.line(max(key[0] for key in self.cells)) if everything.count else None


def figures(session: Session, asked: Query) -> Figures:
    """One statement for all groups of a page."""
    group = (Award.year, Award.category, Award.agency_code)
    rate = cast(Award.amount, Float) * 100 / Award.estimate
    sums = (
        func.count(),
        func.sum(Award.amount),
        func.sum(Award.bidders),
        func.sum(case((Award.bidders == 1, 1), else_=0)),
        func.count(rate),
        func.coalesce(func.sum(rate), 0.0),
        func.count(Award.lead_days),
        func.coalesce(func.sum(Award.lead_days), 0),
    )
    rows = session.execute(asked.narrow(select(*group, *sums)).group_by(*group)).all()
    return Figures({tuple(row[:3]): _sums(row[3:]) for row in rows})


def _sums(row: Sequence[Any]) -> Sums:
    count, yen, bidders, alone, rated, rates, timed, days = row
    return Sums(count, int(yen), int(bidders), int(alone), rated, float(rates), timed, int(days))


def by(session: Session, asked: Query, group: str) -> list[Line]:
    """Figures by year, category or public body, in the order of that."""
    return figures(session, asked).by(group)


def whole(session: Session, asked: Query) -> Line | None:
    """Figures over all that is asked for; None when there is no award."""
    return figures(session, asked).whole()


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
    """(number, name or "", bids, wins of these bids, awards, yen won) of the corporations that won most often; a sole
    proprietor is a person, of whom no list is made. Of awards that name the winner alone there are no bids: they count as
    awards, and say nothing of how often somebody wins who bids."""
    tried = select(
        AwardBid.number, func.count().label("bids"), func.sum(case((AwardBid.won, 1), else_=0)).label("wins")
    )
    bid = tried.where(func.length(AwardBid.number) == CORPORATE).group_by(AwardBid.number)
    if asked != Query():
        bid = bid.where(AwardBid.award_id.in_(asked.narrow(select(Award.id))))
    bids = bid.subquery()
    won = asked.narrow(
        select(
            Award.winner,
            func.max(Award.winner_name).label("name"),
            func.count().label("awards"),
            func.sum(Award.amount).label("yen"),
        )
        .where(func.length(Award.winner) == CORPORATE)
        .group_by(Award.winner)
    ).subquery()
    number = func.coalesce(won.c.winner, bids.c.number).label("number")
    counts = {name: func.coalesce(column, 0).label(name) for name, column in (
        ("bids", bids.c.bids), ("wins", bids.c.wins), ("awards", won.c.awards), ("yen", won.c.yen)
    )}  # fmt: skip
    return session.execute(
        select(number, func.coalesce(won.c.name, "").label("name"), *counts.values())
        .select_from(won.outerjoin(bids, won.c.winner == bids.c.number, full=True))
        .order_by(counts["awards"].desc(), counts["bids"].desc(), number)
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
