"""Certificates from many machines over two server processes that die, lose answers and jump in time: papers that are
right, of all."""

import random
from collections.abc import Iterator

from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_least
from tests.portal.certificates.crossed import Conductor, books_are_right

PROCESSES = 2
FAULT_EVERY = 50
"""Of so many requests one goes wrong; a visit has four."""


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    chance = random.Random(f"benchmark {place.kind}")
    place.database.close()  # the server processes have their own
    met = Conductor(place.settings, people=sizes.issues, processes=PROCESSES, chance=chance).run(
        fault_every=FAULT_EVERY
    )
    faults = books_are_right(place.settings, sizes.issues)
    killed = sum(times for fault, times in met.faults.items() if fault.startswith("kill"))
    place.database.keep_open()
    yield at_least(
        f"certificates for the right person / issued ({place.kind})",
        ours=max(0, met.issued - len(met.wrong) - len(faults)),
        limit=sizes.issues,
        unit="",
        target=1.0,
        note=f"{killed} processes killed, {met.faults['lost']} answers lost, {met.faults['crossed']} crossed, "
        f"{met.faults['jump']} clocks jumped",
    )
