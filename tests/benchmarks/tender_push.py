"""A tender published to 50,000 companies: chosen, told why, and in their mailboxes, in one transaction."""

import time
from collections.abc import Iterator
from itertools import repeat

from portal.core import clock
from portal.core.audit import Purpose
from portal.procurement import tenders
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most
from tests.portal.procurement import city

SLOWEST = 3.0  # seconds


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    count = min(50_000, sizes.residents)
    with place.database.command("benchmark") as session:
        buyer = city.open_city(session)
        city.add_companies(session, repeat(city.usual(), count))
        tender = tenders.write(session, buyer, city.facts(), ocid_prefix=city.PREFIX)
    began = time.perf_counter()
    with place.database.page(buyer, Purpose.OPERATION, writes=True) as session:
        told = tenders.publish(session, buyer, tender.id, 1)
    taken = time.perf_counter() - began
    assert told == count, clock.now()
    yield at_most(
        f"a tender to all companies it fits ({place.kind})",
        ours=taken,
        limit=SLOWEST,
        unit="s",
        target=1.0,
        note=f"wall s until {count:,} companies have it in their mailbox with the reason",
    )
