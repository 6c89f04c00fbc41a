"""The card side of several virtual readers: which persona's card is in which reader."""

from __future__ import annotations

import fcntl
import logging
from pathlib import Path
from threading import RLock
from typing import IO

from card_reader.reader_ports import ReaderPort, choose, each_slot
from card_reader.simulator.card import SimulatedCard
from card_reader.simulator.memory import FileStore, Tear
from card_reader.simulator.people import Persona
from card_reader.simulator.prepare import card_folder
from card_reader.simulator.vpcd import VirtualReader
from card_reader.simulator.wire import Wire

log = logging.getLogger(__name__)

PATIENCE = 5.0  # seconds until a reader that does not take the card counts as not there


class CannotInsert(Exception):
    """The card cannot go into that reader; `code` says why in one word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Rack:
    """Cards and readers of one state folder; one rack a folder, because each card exists once."""

    def __init__(
        self,
        state: Path,
        people: dict[str, Persona],
        readers: list[ReaderPort],
        *,
        patience: float = PATIENCE,
        wire: Wire | None = None,
    ) -> None:
        self.people = people
        self.readers = each_slot(readers)
        self._state = state
        self._patience = patience
        self._slots = [VirtualReader(reader.port, wire) for reader in self.readers]
        self._places: dict[int, str] = {}
        self._lock = RLock()
        self._claim = _claim(state)

    @property
    def folder(self) -> Path:
        """Where the cards and their issuer live."""
        return self._state / "cards"

    def insert(self, persona: str, reader: str, *, contactless: bool = False) -> None:
        """Put a card into a reader, or onto it; the one there is taken out first. Raises CannotInsert, BadReaders."""
        with self._lock:
            index = choose(self.readers, reader)
            if persona not in self.people:
                raise CannotInsert(
                    "unknown-persona", f"nobody is called {persona!r}; there are {', '.join(self.people)}"
                )
            self._clear_fallen()
            place = next((at for at, holder in self._places.items() if holder == persona), None)
            if place == index:
                return
            if place is not None:
                raise CannotInsert("elsewhere", f"this card is in the reader {self.readers[place].name}")
            self._places.pop(index, None)
            if not self._slots[index].insert(self._card(persona, contactless), self._patience):
                raise CannotInsert("no-reader", "the reader does not take cards: is pcscd running?")
            self._places[index] = persona
            log.info("card.inserted", extra={"reader": index + 1})

    def remove(self, reader: str) -> None:
        """Take the card out of a reader; an empty reader is fine."""
        with self._lock:
            index = choose(self.readers, reader)
            self._slots[index].remove()
            if self._places.pop(index, None):
                log.info("card.removed", extra={"reader": index + 1})

    def mute(self, reader: str) -> None:
        """Make the card in a reader fall silent until it is taken out, as a broken one does."""
        with self._lock:
            self._slots[self._with_card(reader)].mute()

    def tear(self, reader: str, tear: Tear) -> None:
        """Let the card in a reader lose power at a write to come; it is out of the reader then."""
        with self._lock:
            self._slots[self._with_card(reader)].tear(tear)

    def close(self) -> None:
        """Take all cards out and give the folder free."""
        with self._lock:
            for index in range(len(self.readers)):
                self.remove(str(index + 1))
            self._claim.close()

    def state(self) -> list[dict[str, object]]:
        """Return one record a reader: number, name, port, persona or None, and whether the reader took it."""
        with self._lock:
            self._clear_fallen()
            return [
                {
                    "reader": index + 1,
                    "name": reader.name,
                    "port": reader.port,
                    "persona": self._places.get(index),
                    "connected": self._slots[index].connected,
                }
                for index, reader in enumerate(self.readers)
            ]

    def _with_card(self, reader: str) -> int:
        index = choose(self.readers, reader)
        self._clear_fallen()
        if index not in self._places:
            raise CannotInsert("no-card", f"there is no card in the reader {self.readers[index].name}")
        return index

    def _clear_fallen(self) -> None:
        for index in [at for at in self._places if self._slots[at].fallen]:
            self._slots[index].remove()
            del self._places[index]

    def _card(self, persona: str, contactless: bool) -> SimulatedCard:
        return SimulatedCard(FileStore(card_folder(self._state, persona) / "card.json"), contactless=contactless)


def _claim(state: Path) -> IO[bytes]:
    """Hold the folder's lock: two simulators writing the same cards would undo each other's PIN counters."""
    state.mkdir(parents=True, exist_ok=True)
    file = (state / "simulator.lock").open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise CannotInsert("running", "another simulator already uses this state folder") from None
    return file
