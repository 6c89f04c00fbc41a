"""A terminal at work: waits for cards, reads each once, and keeps the newest stop list that was put where it looks."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from card_reader.connection import Connection
from card_reader.errors import CardBusy, CardError
from card_reader.monitor import CardEvent, CardMonitor
from card_reader.pcsc import open_card
from card_reader.stop_list import BadStopList, StopList, read_stop_list
from card_reader.terminal import Reading, Terminal
from card_reader.writer_keys import write_secret

log = logging.getLogger(__name__)


SEEN = ".seen"
"""Behind the name of the list: the file with the newest list this terminal ever saw."""
BUSY_SECONDS = 0.5
"""Until a card that another program holds is tried again."""


class NewestList:
    """The stop list in a file, read again when the file changed; an older or a damaged one never replaces a newer, also
    not one that was seen before the program was started anew: that one is kept beside it."""

    def __init__(self, path: Path | None, key: Callable[[], bytes]) -> None:
        self._path, self._key = path, key
        self._stamp: tuple[int, int] | None = None
        self._known: StopList | None = None

    def read(self) -> StopList | None:
        if self._path is None:
            return None
        try:
            if self._known is None:
                self._known = seen_before(self._path, self._key())
            stat = self._path.stat()
            if (stamp := (stat.st_mtime_ns, stat.st_size)) != self._stamp:
                self._known = keep_newest(self._path, self._path.read_text("ascii"), self._key(), self._known)
                self._stamp = stamp
        except (OSError, ValueError, BadStopList) as fault:
            log.warning("terminal.stop-list: %s", type(fault).__name__)
        return self._known


def seen_before(path: Path, key: bytes) -> StopList | None:
    """The newest list of earlier; None on the first day, and where the file was damaged."""
    try:
        return read_stop_list(path.with_name(path.name + SEEN).read_text("ascii"), key)
    except (OSError, ValueError, BadStopList):
        return None


def keep_newest(path: Path, text: str, key: bytes, known: StopList | None) -> StopList:
    """The list in *text*, kept beside *path* for the next start; BadStopList, also when it is older than the *known*."""
    found = read_stop_list(text, key, least=known.number if known else 0)
    if found != known:
        write_secret(path.with_name(path.name + SEEN), text)
    return found


class Arrivals:
    """The readers in which a card waits to be read, each card once: one that was exchanged before its turn is not read as
    the one that lies there now, which has a turn of its own."""

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self._waiting: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self._latest: Counter[str] = Counter()

    def hear(self, event: CardEvent) -> None:
        """What happens at the readers; called in the monitor's thread."""
        if event.reader.startswith(self._reader) and event.kind in ("inserted", "removed"):
            self._latest[event.reader] += 1
            if event.kind == "inserted":
                self._waiting.put((event.reader, self._latest[event.reader]))

    def next(self) -> str:
        """Wait for a card that still lies there."""
        while True:
            place, turn = self._waiting.get()
            if turn == self._latest[place]:
                return place

    def again(self, place: str) -> None:
        """The card there could not be read yet; forgotten where another one comes."""
        self._waiting.put((place, self._latest[place]))


Further = Callable[[Connection, Reading], bool]


def serve(
    terminal: Terminal,
    reader: str,
    tell: Callable[[Reading], None],
    *,
    once: bool = False,
    further: Further | None = None,
) -> bool:
    """Read card after card until Ctrl-C, or one; whether the last one was welcome and all was done with it. *further* is
    done with a welcome card while it lies there still, and says whether it could be."""
    cards = Arrivals(reader)
    monitor = CardMonitor(cards.hear)
    monitor.start()
    good, pause = False, Event()
    try:
        while True:
            place = cards.next()
            try:
                with open_card(place) as connection:
                    reading = terminal.read(connection)
                    good, pays = reading.welcome and further is None, further is not None and reading.welcome
                    if further is not None and pays:
                        tell(reading)
                        good = further(connection, reading)
            except CardBusy:  # another program has it for a moment: the card lies there and is waited for
                log.warning("terminal.card: CardBusy")
                if not pause.wait(BUSY_SECONDS):
                    cards.again(place)
                continue
            except CardError as fault:  # pulled too early, or not a card: the next try is the holder's
                log.warning("terminal.card: %s", type(fault).__name__)
                continue
            if not pays:
                tell(reading)
            if once:
                break
    except KeyboardInterrupt:
        pass
    finally:
        monitor.stop()
    return good
