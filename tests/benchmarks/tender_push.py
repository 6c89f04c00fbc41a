"""A tender published to 50,000 companies: chosen, told why, and in their mailboxes, in one transaction.

First with one grade each, all fitting. Then with two periods of grades each, as every body has before a new one begins; of
a fifth the period begun last does not fit, and one in a hundred does not want the category.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import repeat
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from portal.companies.models import Company
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.procurement import tenders
from portal.procurement.models import Qualification, TenderMute
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most
from tests.portal.procurement import city

SLOWEST = 3.0  # seconds
MISFITS, MUTED = 5, 100  # every so many-th


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    count = min(50_000, sizes.residents)
    with place.database.command("benchmark") as session:
        buyer = city.open_city(session)
        city.add_companies(session, repeat(city.usual(), count))
    yield _row(place, buyer, count, "a tender to all companies it fits", count)
    with place.database.command("benchmark") as session:
        left = _two_periods(session)
    yield _row(place, buyer, count, "a tender to those it fits by the period begun last", left)


def _row(place: Place, buyer: Actor, count: int, name: str, expected: int) -> Row:
    with place.database.command("benchmark") as session:
        tender = tenders.write(session, buyer, city.facts(), ocid_prefix=city.PREFIX)
    began = time.perf_counter()
    with place.database.page(buyer, Purpose.OPERATION, writes=True) as session:
        told = tenders.publish(session, buyer, tender.id, 1)
    taken = time.perf_counter() - began
    assert told == expected, clock.now()
    return at_most(
        f"{name} ({place.kind})",
        ours=taken,
        limit=SLOWEST,
        unit="s",
        target=1.0,
        note=f"wall s until {told:,} of {count:,} companies have it in their mailbox with the reason",
    )


def _two_periods(session: Session) -> int:
    """A current and a coming period for each, and for every fifth a current one that does not fit; how many fit."""
    today, companies = clock.today(), session.scalars(select(Company.id).order_by(Company.key)).all()
    session.execute(delete(Qualification))
    periods: list[dict[str, Any]] = []
    for place, company in enumerate(companies):
        same = {"company_id": company, "agency_code": city.CITY, "category": "goods"}
        first, last = today - timedelta(days=400), today + timedelta(days=300)
        begun = {"valid_from": first, "valid_until": last, "grade": "D" if place % MISFITS == 0 else "A"}
        coming = {"valid_from": last + timedelta(days=1), "valid_until": last + timedelta(days=700), "grade": "A"}
        periods += [{**same, **begun}, {**same, **coming}]
    session.execute(insert(Qualification), periods)
    muted = [{"company_id": one, "category": "goods"} for one in companies[1::MUTED]]
    session.execute(insert(TenderMute), muted)
    return sum(place % MISFITS != 0 and place % MUTED != 1 for place in range(len(companies)))
