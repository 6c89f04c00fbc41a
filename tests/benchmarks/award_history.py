"""Years of awards: 20,000 lines of a file taken in, and the figures over all of them for the page everybody may open."""

import io
import time
from collections.abc import Iterator
from functools import partial

from portal.core.actor import STRANGER
from portal.core.audit import Purpose
from portal.demo import awards
from portal.procurement.history import awards_csv, statistics
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most
from tests.portal.procurement import city

SLOWEST_IMPORT, SLOWEST_PAGE = 60.0, 1.0  # seconds


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    count = min(20_000, sizes.residents)
    with place.database.command("benchmark") as session:
        city.open_city(session)
    file = io.BytesIO(awards.as_text(awards.rows(count)).encode())
    began = time.perf_counter()
    write = partial(place.database.command, "benchmark")
    report = awards_csv.run(file, write, lambda _read: None, step=awards_csv.take, agency_code="chiba")
    taken = time.perf_counter() - began
    assert report.new == count
    yield at_most(
        f"{count:,} awards from a file ({place.kind})", ours=taken, limit=SLOWEST_IMPORT, unit="s", target=1.0,
        note="wall s, in batches of 1,000, each a transaction",
    )  # fmt: skip
    began = time.perf_counter()
    with place.database.page(STRANGER, Purpose.CHECK, writes=False) as session:
        figures = statistics.figures(session, statistics.Query())
        for group in statistics.GROUPS:
            figures.by(group)
        statistics.prices(session, statistics.Query())
        statistics.bidders(session, statistics.Query())
    yield at_most(
        f"statistics of {count:,} awards ({place.kind})", ours=time.perf_counter() - began, limit=SLOWEST_PAGE, unit="s",
        target=1.0, note="wall s of the figures of one page: by year, category, body; prices; bidders",
    )  # fmt: skip
