"""Readers that are plugged in and out while the service runs.

Virtual readers cannot be unplugged, so here a stand-in for the operating system's PC/SC library lists readers, with the
result codes pcsc-lite and Windows give.
"""

# ruff: noqa: N802 - the names of PC/SC
from __future__ import annotations

import sys
from collections.abc import Iterator
from threading import Condition
from types import ModuleType

import pytest

from card_reader.errors import CardFault, ServiceDown
from card_reader.monitor import CardEvent, CardMonitor
from card_reader.pcsc import NO_READERS, list_readers
from tests.patience import until

CHANGED, PRESENT, EMPTY = 0x2, 0x20, 0x10
TIMED_OUT, UNKNOWN_READER, UNAVAILABLE = 0x8010000A, 0x80100009, 0x80100017
SERVICE_STOPPED = 0x8010001E  # what Windows says when the last reader is unplugged (pyscard #13, #74)
ATR = b"\x3b\x00"


class Library:
    """The part of PC/SC a monitor uses. `readers` maps names to the ATR of the card in them, None for none."""

    SCARD_SCOPE_SYSTEM, SCARD_STATE_UNAWARE = 2, 0
    SCARD_STATE_CHANGED, SCARD_STATE_PRESENT = CHANGED, PRESENT

    def __init__(self) -> None:
        self.readers: dict[str, bytes | None] = {"Desk": ATR, "Counter": None}
        self.told_twice = False
        self.result = 0
        self._news = Condition()
        self._changes = 0

    def change(self, *, result: int = 0, **readers: bytes | None) -> None:
        """Replace what is plugged in; `result` is what a waiting program gets instead of news, once."""
        with self._news:
            self.readers, self.result = readers, result
            self._changes += 1
            self._news.notify_all()

    def SCardEstablishContext(self, scope: int) -> tuple[int, object]:
        return 0, object()

    def SCardReleaseContext(self, context: object) -> int:
        return 0

    def SCardCancel(self, context: object) -> int:
        self.change(**self.readers)
        return 0

    def SCardListReaders(self, context: object, groups: list[str]) -> tuple[int, list[str]]:
        return (0, list(self.readers) * (2 if self.told_twice else 1)) if self.readers else (NO_READERS, [])

    def SCardGetStatusChange(
        self, context: object, milliseconds: int, watched: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, bytes]]]:
        with self._news:
            seen = self._changes
            if milliseconds:
                self._news.wait_for(lambda: self._changes != seen, milliseconds / 1000)
            result, self.result = self.result, 0
            if result:
                return result, []
            return 0, [self._state(name, known) for name, known in watched if name in self.readers]

    def _state(self, name: str, known: int) -> tuple[str, int, bytes]:
        now = PRESENT if self.readers[name] else EMPTY
        return name, now | (CHANGED if known & ~CHANGED != now else 0), self.readers[name] or b""


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    library = Library()
    module = ModuleType("smartcard")
    vars(module)["scard"] = library
    monkeypatch.setitem(sys.modules, "smartcard", module)
    return library


@pytest.fixture
def told(library: Library) -> Iterator[list[str]]:
    told: list[str] = []
    monitor = CardMonitor(lambda event: told.append(f"{event.reader} {event.kind}".strip()))
    monitor.start()
    until(lambda: "Desk inserted" in told, "the first look")
    yield told
    monitor.stop()


@pytest.mark.parametrize("result", [0, UNKNOWN_READER])
def test_a_reader_is_unplugged_with_the_card_in_it_and_comes_back(
    library: Library, told: list[str], result: int
) -> None:
    library.change(result=result, Counter=None)
    until(lambda: told[-2:] == ["Desk removed", "Desk reader-gone"], "the card and the reader to be missed")
    library.change(Counter=None, Desk=ATR)
    until(lambda: told[-2:] == ["Desk reader-added", "Desk inserted"], "both to be back")


@pytest.mark.parametrize("result", [0, SERVICE_STOPPED, UNAVAILABLE])
def test_the_last_reader_is_unplugged_and_another_one_comes(library: Library, told: list[str], result: int) -> None:
    library.change(result=result)
    until(lambda: "Counter reader-gone" in told and "Desk reader-gone" in told, "the readers to be missed")
    assert ("service-down" in told) is (result == SERVICE_STOPPED)
    library.change(Other=ATR)
    until(lambda: told[-2:] == ["Other reader-added", "Other inserted"], "the other reader")


def test_a_reader_told_twice_is_one_reader(library: Library) -> None:
    library.told_twice = True
    assert list_readers() == ["Desk", "Counter"]


def test_no_reader_is_an_empty_list(library: Library) -> None:
    library.readers = {}
    assert list_readers() == []


def test_every_failure_of_the_library_is_a_fact(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for code, fact in ((0x8010001D, ServiceDown), (SERVICE_STOPPED - (1 << 32), ServiceDown), (0x80100001, CardFault)):
        monkeypatch.setattr(library, "SCardEstablishContext", lambda scope, code=code: (code, None))
        with pytest.raises(fact):
            list_readers()


def test_a_listener_that_fails_does_not_end_the_monitor(library: Library) -> None:
    told: list[CardEvent] = []

    def fail(event: CardEvent) -> None:
        told.append(event)
        raise RuntimeError

    monitor = CardMonitor(fail)
    monitor.start()
    until(lambda: len(told) == 4, "every event in spite of the failures")
    monitor.stop()
    assert [event.kind for event in told] == ["service-up", "reader-added", "reader-added", "inserted"]
