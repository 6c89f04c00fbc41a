"""The page of somebody who has had points for decades: 10,000 entries, opened at its newest end and far back."""

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

from portal.app import create_app
from portal.core import clock
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Kind, Reason
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most
from tests.benchmarks.pages import asks, sign_in

ENTRIES, STEP = 10_000, 500
SLOWEST = 100.0  # ms


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    resident_id, cookie = sign_in(place)
    count = min(ENTRIES, sizes.tries)
    now = clock.now()
    for begin in range(0, count // 2, STEP):
        with place.database.command("benchmark") as session:
            account, shop = ledger.account_of(session, resident_id), ledger.named(session, "shop", Kind.PARTNER)
            some = range(begin, min(begin + STEP, count // 2))
            city, at = ledger.city(session), [now - timedelta(hours=count - 2 * number) for number in some]
            came = [
                Entry(f"came {n}", city, account, 20, Reason.EVENT, at=one) for n, one in zip(some, at, strict=True)
            ]
            went = [
                Entry(f"went {n}", account, shop, 7, Reason.PARTNER, at=one) for n, one in zip(some, at, strict=True)
            ]
            ledger.grant_all(session, came)
            ledger.spend_all(session, went)
    app = create_app(place.settings, place.database)
    far_back = (now - timedelta(hours=count // 2)).isoformat().replace("+", "%2B")
    pages = [asks(app, path, cookie=cookie) for path in ("/points", f"/points?before={far_back}_{count}")]
    assert all(page().count(b"list__row") > STEP // 50 for page in pages)
    taken = []
    for _ in range(max(sizes.calls, 10)):
        for page in pages:
            began = time.perf_counter()
            page()
            taken.append((time.perf_counter() - began) * 1_000)
    yield at_most(
        f"history of points at {count:,} entries ({place.kind})", ours=statistics.quantiles(taken, n=20)[-1],
        limit=SLOWEST, unit="ms", target=1.0, note="wall ms, p95 of the signed-in page, newest entries and the middle ones",
    )  # fmt: skip
