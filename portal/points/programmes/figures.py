"""What the programme did, for the city: budgets, people, wards and ages, what one act cost, where points went.

Small counts of people are not shown (`small_numbers`): the reader sees figures, never somebody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Integer, Select, case, cast, exists, extract, func, select
from sqlalchemy.orm import Session, aliased

from portal.core import clock
from portal.core.clock import JST
from portal.core.words import N_
from portal.points.ledger.models import PointAccount, PointTransfer
from portal.points.ledger.rules import EARNED, Kind, Reason
from portal.points.months import month_of
from portal.points.programmes import service
from portal.points.programmes.models import PointEarning, PointProgramme
from portal.residents.service import Person

CAPTURE = "capture:"
"""What was set aside goes on under this name and the number of the transfer that set it aside, whose source it was."""
DECADES = ((0, 19), (20, 39), (40, 59), (60, 74), (75, 130))
EXITS: dict[str, str] = {
    Kind.REWARD: N_("Rewards of the city"),
    Kind.DONATION: N_("Donated to projects"),
    Kind.EXPIRY: N_("Ran out"),
    Kind.PARTNER: N_("Partner shops, by card"),
    Kind.BRIDGE: N_("Private points"),
}
"""Where points go, by the kind of account they go to."""


@dataclass(frozen=True, slots=True)
class Burn:
    """A programme: its budget, what it gave, for how many acts of how many people in the days asked for."""

    code: str
    title: dict[str, str]
    budget: int
    left: int
    given: int
    acts: int
    people: int

    @property
    def each(self) -> float:
        """Points an act cost."""
        return self.given / self.acts if self.acts else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """The whole page. `months` is (month, points, people), `exits` (msgid, points, people); `wards` and `ages` count people
    who earned something. `rest` was earned by no programme (as all was before there were any): with the programmes it is
    all that was earned."""

    burns: list[Burn]
    rest: Burn | None
    months: list[tuple[str, int, int]]
    earned: int
    people: int
    wards: list[tuple[str, int]]
    ages: list[tuple[str, int]]
    exits: list[tuple[str, int, int]]


def figures(session: Session, first: date, last: date) -> Figures:
    """Of acts done and points spent from *first* to *last*, in Japan."""
    span = _begin(first), _begin(last + timedelta(days=1))
    people = _earners(span).subquery()
    count = func.count()
    ward = (
        select(Person.ward, count)
        .select_from(Person)
        .join(people, people.c.resident_id == Person.id)
        .group_by(Person.ward)
    )
    return Figures(
        burns=[_burn(session, one, span) for one in service.programmes(session)],
        rest=_rest(session, span),
        months=_months(session, span),
        earned=session.scalar(_earned(func.sum(PointTransfer.amount), span)) or 0,
        people=session.scalar(select(count).select_from(people)) or 0,
        wards=sorted(((name, number) for name, number in session.execute(ward)), key=lambda one: -one[1]),
        ages=_ages(session, people, last),
        exits=_exits(session, span),
    )


Span = tuple[datetime, datetime]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), JST)


def _earned(what: Any, span: Span) -> Select[Any]:
    """What was taken back was never earned."""
    reasons, back = [str(reason) for reason in EARNED], aliased(PointTransfer)
    return (
        select(what)
        .select_from(PointTransfer)
        .where(~exists().where(back.reverses == PointTransfer.number))
        .where(PointTransfer.at >= span[0], PointTransfer.at < span[1], PointTransfer.reason.in_(reasons))
    )


def _earners(span: Span) -> Select[Any]:
    mine = _earned(PointAccount.resident_id, span).join(PointAccount, PointAccount.id == PointTransfer.target_id)
    return mine.where(PointAccount.resident_id.is_not(None)).distinct()


def _months(session: Session, span: Span) -> list[tuple[str, int, int]]:
    """Points earned by month, in the city's time zone, and by how many people."""
    month = month_of(session, PointTransfer.at)
    query = _earned(month.label("month"), span).add_columns(
        func.sum(PointTransfer.amount), func.count(func.distinct(PointTransfer.target_id))
    )
    return [
        (name, int(amount), people)
        for name, amount, people in session.execute(query.group_by("month").order_by("month"))
    ]


def _burn(session: Session, one: PointProgramme, span: Span) -> Burn:
    query = select(
        func.coalesce(func.sum(PointEarning.given), 0),
        func.count(func.distinct(PointEarning.fact)),
        func.count(func.distinct(PointEarning.resident_id)),
    ).where(
        PointEarning.programme == one.code, PointEarning.at >= span[0], PointEarning.at < span[1],
        PointEarning.reversed_at.is_(None),
    )  # fmt: skip
    given, acts, people = session.execute(query).one()
    budget, left = service.budget(session, one.code)
    terms = service.terms_on(session, one.code, clock.today()) or service.terms_of(session, one.code)[0]
    return Burn(one.code, terms.title, budget, left, int(given), acts, people)


def _rest(session: Session, span: Span) -> Burn | None:
    of_programme = exists().where(PointEarning.transfer == PointTransfer.number, PointEarning.reversed_at.is_(None))
    query = _earned(func.coalesce(func.sum(PointTransfer.amount), 0), span).where(~of_programme)
    query = query.add_columns(func.count(), func.count(func.distinct(PointTransfer.target_id)))
    given, acts, people = session.execute(query).one()
    return Burn("", {}, 0, 0, int(given), acts, people) if acts else None


def _ages(session: Session, people: Any, last: date) -> list[tuple[str, int]]:
    """By the age completed at the end of that year."""
    age = last.year - cast(extract("year", Person.birth_date), Integer)
    query = select(age, func.count()).select_from(Person).join(people, people.c.resident_id == Person.id).group_by(age)
    found: Sequence[tuple[int, int]] = [(years, count) for years, count in session.execute(query)]
    return [
        (f"{low}–{high}" if high < DECADES[-1][1] else f"{low}–", sum(n for years, n in found if low <= years <= high))
        for low, high in DECADES
    ]


def _exits(session: Session, span: Span) -> list[tuple[str, int, int]]:
    """What left people's hands and did not come back; that a shop took a coupon is no second exit, and what ran out and was
    given anew (ledger/again.py) has not run out."""
    source, aside, back = aliased(PointAccount), aliased(PointTransfer), aliased(PointTransfer)
    captured = case(
        (PointTransfer.key.startswith(CAPTURE), cast(func.substr(PointTransfer.key, len(CAPTURE) + 1), Integer))
    )
    whose = func.count(func.distinct(func.coalesce(aside.source_id, PointTransfer.source_id)))
    query = (
        select(PointAccount.kind, func.sum(PointTransfer.amount), whose)
        .outerjoin(aside, aside.number == captured)
        .join(PointAccount, PointAccount.id == PointTransfer.target_id)
        .join(source, source.id == PointTransfer.source_id)
        .where(PointTransfer.at >= span[0], PointTransfer.at < span[1], PointTransfer.reason != Reason.BUDGET)
        .where(source.kind.in_((Kind.RESIDENT, Kind.HELD)), ~exists().where(back.reverses == PointTransfer.number))
        .group_by(PointAccount.kind)
    )
    went = {kind: (int(amount), people) for kind, amount, people in session.execute(query)}
    anew = select(func.sum(PointTransfer.amount)).where(PointTransfer.reason == Reason.AGAIN)
    again = session.scalar(anew.where(PointTransfer.at >= span[0], PointTransfer.at < span[1]))
    ran_out, people = went.get(Kind.EXPIRY, (0, 0))
    went[Kind.EXPIRY] = (ran_out - int(again or 0), people)
    return [(words, *went.get(kind, (0, 0))) for kind, words in EXITS.items()]
