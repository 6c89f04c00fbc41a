"""`kill -9` at random moments of submitting, booking and checking in: visits that are right afterwards, of all."""

from collections.abc import Iterator

from portal.app import create_app
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_least
from tests.kills import day


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    easy = place.settings.model_copy(update={"proof_of_work_bits": 0})
    app = create_app(easy, place.database)
    met = day.live_through(app, easy, place.database, kills=sizes.kills, seed=f"benchmark {place.kind}")
    yield at_least(
        f"visits right after {met.portal_kills} kills / visits ({place.kind})",
        ours=max(0, met.visits - len(met.wrong)),
        limit=met.visits,
        unit="",
        target=1.0,
        note=f"sent, booked, moved, checked in, served; also {met.worker_kills} workers killed, {met.cut_off} requests cut "
        "off and sent again",
    )
