"""From the check-in to the number on the board: somebody at the desk checks people in, a board asks as its script does."""

import random
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from portal import web
from portal.app import create_app
from portal.core import clock
from portal.demo import cast
from portal.demo import staff as demo_staff
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most
from tests.browser import Visitor
from tests.kills.people import Caller, sign_in
from tests.kills.town import OwnDoor
from tests.portal.reservations import visits
from tests.portal.reservations.visits import TUESDAY

SECONDS = 1.0
PATIENCE = 60.0
SCRIPT = Path(web.__file__).parent / "static" / "js" / "board.js"


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    with clock.freeze(TUESDAY - timedelta(days=1)):
        references = _book(place, sizes.rounds + 1)
    with clock.freeze(TUESDAY - timedelta(minutes=10)):
        app = create_app(place.settings, place.database)
        clerk = sign_in(place.database, place.settings, OwnDoor(app), cast.WINDOW)
        with _board(Visitor(app)) as board:
            _, *seconds = [
                _seconds(board, clerk, reference) for reference in references
            ]  # the first is the day's first
    yield at_most(
        f"check-in to number on the board / 1 s ({place.kind})",
        ours=max(seconds),
        limit=SECONDS,
        unit="s",
        target=1.0,
        note=f"the longest of {len(seconds)}, from the clerk's press to a board that asks every {_pause():g} s",
    )


def _book(place: Place, many: int) -> list[str]:
    people = visits.open_city(place.database, many)[:many]
    with place.database.command("benchmark") as session:
        demo_staff.load(session)
    slot = visits.slot_at(place.database, TUESDAY, places=many)
    return [
        visits.book(place.database, person, visits.application(place.database, person), slot).reference
        for person in people
    ]


def _pause() -> float:
    """Seconds between two questions of the board's script."""
    found = re.search(r"const PAUSE = (\d+);", SCRIPT.read_text())
    assert found
    return int(found[1]) / 1000


class Board:
    """What a board shows, told to whoever waits for a number."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.numbers: set[str] = set()
        self.is_on = True

    def follow(self, screen: Visitor, pause: float) -> None:
        while self.is_on:
            state = screen.client.get("/board/chuo/state").json or {}
            with self.changed:
                self.numbers = {number for queue in state["waiting"] for number in queue["numbers"]}
                self.changed.notify_all()
                self.changed.wait_for(lambda: not self.is_on, pause)


@contextmanager
def _board(screen: Visitor) -> Iterator[Board]:
    board = Board()
    following = threading.Thread(target=board.follow, args=(screen, _pause()))
    following.start()
    try:
        yield board
    finally:
        with board.changed:
            board.is_on = False
            board.changed.notify_all()
        following.join()


def _seconds(board: Board, clerk: Caller, reference: str) -> float:
    """How long it takes one number to appear, at any moment between two questions."""
    with board.changed:
        shown = len(board.numbers)
    threading.Event().wait(random.uniform(0, _pause()))
    began = time.perf_counter()
    clerk.post("/staff/window/check-in", {"reference": reference})
    with board.changed:
        assert board.changed.wait_for(lambda: len(board.numbers) > shown, PATIENCE), "the number never came"
    return time.perf_counter() - began
