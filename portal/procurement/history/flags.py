"""What an auditor should look at. A flag is no accusation: it says where asking is worth the time.

After the Open Contracting Partnership's guide to red flags (2024): single bidder, short notice, one supplier's share;
and awards next to the estimate, which citizens' ombudsmen in Japan look at.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from portal.core.words import N_
from portal.procurement.history.models import Award
from portal.procurement.history.statistics import Query
from portal.procurement.rules import LEAST_BUSINESS_DAYS, Method

NEAR_PERCENT = 99
# One winner of at least half of a year's awards in a category of a body, where there were enough to choose from.
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
        N_("One company won half of a year's awards of this body and category. Few bidders may explain it."),
    ),
}


def _conditions(award: Any) -> dict[Flag, ColumnElement[bool]]:
    """Which rows of *award* (with its `wins` and `awards` counted) each flag lists."""
    return {
        Flag.ALONE: (award.c.bidders == 1) & (award.c.method != Method.DIRECT),
        Flag.SHORT: (award.c.notice_days < LEAST_BUSINESS_DAYS) & (award.c.method != Method.DIRECT),
        Flag.NEAR: award.c.amount * 100 >= award.c.estimate * NEAR_PERCENT,
        Flag.OFTEN: (award.c.wins >= LEAST_WINS)
        & (award.c.awards >= LEAST_AWARDS)
        & (award.c.wins * 2 >= award.c.awards),
    }


def _counted(asked: Query) -> Any:
    """Awards with how often their winner won in the same body, category and year, and how many awards there were."""
    group = (Award.agency_code, Award.category, Award.year)
    return asked.narrow(
        select(
            *Award.__table__.c,
            func.count().over(partition_by=(*group, Award.winner)).label("wins"),
            func.count().over(partition_by=group).label("awards"),
        )
    ).subquery()


def counts(session: Session, asked: Query) -> dict[str, int]:
    """How many awards each flag lists."""
    award = _counted(asked)
    sums = [func.count().filter(condition) for condition in _conditions(award).values()]
    row = session.execute(select(*sums).select_from(award)).one()
    return {str(flag): count for flag, count in zip(_conditions(award), row, strict=True)}


def listed(session: Session, asked: Query, *, flag: str = "", most: int = SHOWN) -> Sequence[Any]:
    """(award's columns, wins, awards) with *flag*, or with any, the newest first."""
    award = _counted(asked)
    conditions = _conditions(award)
    wanted = conditions[Flag(flag)] if flag else or_(*conditions.values())
    marks = [condition.label(f"is_{name}") for name, condition in conditions.items()]
    query = select(award, *marks).where(wanted).order_by(award.c.awarded_on.desc(), award.c.reference)
    return session.execute(query.limit(most)).all()


def of_row(row: Any) -> list[Flag]:
    """The flags of a row of `listed`."""
    return [flag for flag in Flag if getattr(row, f"is_{flag}")]
