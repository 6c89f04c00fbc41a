"""What an auditor should look at. A flag is no accusation: it says where asking is worth the time.

After the Open Contracting Partnership's guide to red flags (2024): single bidder, short notice, one supplier's share;
and awards next to the estimate, which citizens' ombudsmen in Japan look at.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, tuple_
from sqlalchemy.orm import Session

from portal.core.words import N_
from portal.procurement.history.models import Award
from portal.procurement.history.statistics import Query
from portal.procurement.rules import LEAST_BUSINESS_DAYS, Method

NEAR_PERCENT = 99
# One winner of at least half of what a body awards of an item in a year (of a category, where no item is named), if there
# were enough to choose from. Of all goods of a city nobody wins half: by category alone nobody was ever listed.
LEAST_WINS, LEAST_AWARDS = 3, 5
SHOWN = 200


class Flag(StrEnum):
    """Why an award is listed."""

    ALONE = "alone"
    SHORT = "short"
    NEAR = "near"
    OFTEN = "often"


# flag → (name, what it means and what may explain it)
WORDS: dict[str, tuple[str, str]] = {
    Flag.ALONE: (
        N_("Single bidder"),
        N_("A competition with one bidder. Few makers, or conditions that fit only one, may explain it."),
    ),
    Flag.SHORT: (
        N_("Short notice"),
        N_("Fewer than five business days from announcement to deadline. An emergency may explain it."),
    ),
    Flag.NEAR: (
        N_("Next to the estimate"),
        N_("The award is 99 percent of the estimate or more. An estimate made public before may explain it."),
    ),
    Flag.OFTEN: (
        N_("Repeated winner"),
        N_("One company won half of a year's awards of this body for this item. Few bidders may explain it."),
    ),
}


GROUP = (Award.agency_code, Award.category, Award.item, Award.year)


def _conditions(asked: Query) -> dict[Flag, ColumnElement[bool]]:
    """Which awards each flag lists."""
    competition = Award.method != Method.DIRECT
    return {
        Flag.ALONE: (Award.bidders == 1) & competition,
        Flag.SHORT: (Award.notice_days < LEAST_BUSINESS_DAYS) & competition,
        Flag.NEAR: Award.amount * 100 >= Award.estimate * NEAR_PERCENT,
        Flag.OFTEN: tuple_(*GROUP, Award.winner).in_(_often(asked)),
    }


def _often(asked: Query) -> Any:
    """(body, category, item, year, winner) of those who won at least half of what there was: few, found by counting
    groups. What is asked for takes groups whole or not at all."""
    wins = func.count().label("wins")
    won = asked.narrow(select(*GROUP, Award.winner, wins).group_by(*GROUP, Award.winner)).subquery()
    of_group = tuple(won.c[column.name] for column in GROUP)
    whole = func.sum(won.c.wins).over(partition_by=of_group).label("awards")
    group = select(won, whole).subquery()
    return select(*(group.c[column.name] for column in GROUP), group.c.winner).where(
        group.c.wins >= LEAST_WINS, group.c.awards >= LEAST_AWARDS, group.c.wins * 2 >= group.c.awards
    )


def counts(session: Session, asked: Query) -> dict[str, int]:
    """How many awards each flag lists."""
    conditions = _conditions(asked)
    row = session.execute(asked.narrow(select(*(func.count().filter(one) for one in conditions.values())))).one()
    return {str(flag): count for flag, count in zip(conditions, row, strict=True)}


def listed(session: Session, asked: Query, *, flag: str = "", most: int = SHOWN) -> Sequence[Any]:
    """The columns of awards with *flag*, or with any, the newest first."""
    conditions = _conditions(asked)
    wanted = conditions[Flag(flag)] if flag else or_(*conditions.values())
    marks = [func.coalesce(condition, false()).label(f"is_{name}") for name, condition in conditions.items()]
    query = asked.narrow(select(*Award.__table__.c, *marks).where(wanted))
    return session.execute(query.order_by(Award.awarded_on.desc(), Award.reference).limit(most)).all()


def of_row(row: Any) -> list[Flag]:
    """The flags of a row of `listed`."""
    return [flag for flag in Flag if getattr(row, f"is_{flag}")]
