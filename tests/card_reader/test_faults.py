"""What goes wrong at a reader: cards pulled and swapped at every step, other programs, services that die or hang."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from card_reader.connection import Connection
from card_reader.errors import (
    CardBusy,
    CardError,
    CardRemoved,
    CardReplaced,
    CardSilent,
    NoCard,
    ServiceDown,
    StatusError,
)
from card_reader.monitor import CardEvent, CardMonitor
from card_reader.pcsc import list_readers, open_card
from card_reader.sessions import jpki as names
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.vpcd import VirtualReader
from tests.card_reader.conftest import Insert
from tests.card_reader.readers import Readers, card_arrives
from tests.patience import until

pytestmark = pytest.mark.pcsc

KIOSK, WINDOW = "Test Kiosk", "Test Window"
PINS = {"hanako": b"1234", "taro": b"2345"}


class Interrupted:
    """A connection whose card meets its fate before command number `at` (0 is the first)."""

    def __init__(self, inner: Connection, at: int, fate: Callable[[], object]) -> None:
        self.inner, self.at, self.fate, self.sent = inner, at, fate, 0

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        if self.sent == self.at:
            self.fate()
        self.sent += 1
        return self.inner.transmit(wire)


def sign_in(connection: Connection, pin: bytes = b"1234") -> bytes:
    """What a kiosk does with a card, start to end."""
    jpki = JpkiSession(connection)
    assert jpki.auth_tries_left() > 1
    jpki.verify_auth_pin(bytearray(pin))
    jpki.auth_certificate()
    return jpki.sign_with_auth_key(b"challenge")


def steps_of_a_sign_in(reader: str) -> int:
    with open_card(reader) as connection:
        counting = Interrupted(connection, -1, lambda: None)
        sign_in(counting)
    return counting.sent


def everywhere(readers: Readers, act: Callable[[int], object], places: int = 16) -> list[object]:
    """Do something at several readers at the same time; the first failure is raised."""
    with ThreadPoolExecutor(places) as pool:
        return list(pool.map(act, range(places)))


def test_sixteen_cards_in_sixteen_readers_at_once(insert: Insert, readers: Readers) -> None:
    assert len(list_readers()) == 16

    def use(index: int) -> bytes:
        persona = ("hanako", "taro")[index % 2]
        insert(persona, index)
        card_arrives(readers.names[index])
        with open_card(readers.names[index]) as connection:
            assert connection.reader == readers.names[index]
            return sign_in(connection, PINS[persona])

    signatures = everywhere(readers, use)
    assert len(set(signatures)) == 2, "each card signs with its own key, whichever reader it is in"


@pytest.mark.parametrize("fate", ["pulled", "swapped"])
def test_a_card_that_leaves_at_any_step_ends_the_sign_in(insert: Insert, readers: Readers, fate: str) -> None:
    insert()
    card_arrives(KIOSK)
    steps = steps_of_a_sign_in(KIOSK)
    assert 6 < steps <= 16, "each step needs a reader of its own here"

    fates = {"pulled": CardRemoved, "swapped": CardReplaced}

    def interrupt(step: int) -> None:
        slot = insert(index=step)
        card_arrives(readers.names[step])
        with open_card(readers.names[step]) as connection:
            at_step = Interrupted(connection, step, lambda: leave(slot))
            with pytest.raises(CardRemoved):
                sign_in(at_step)
            # The connection stays dead, also for the card that is there now, and knows of it once pcscd does.
            until(lambda: fact(connection) is fates[fate], "the fact to be known")

    def fact(connection: Connection) -> type[CardError]:
        with pytest.raises(CardRemoved) as stopped:
            connection.transmit(bytes.fromhex("00200080"))
        return type(stopped.value)

    def leave(slot: VirtualReader) -> None:
        slot.remove()
        if fate == "swapped":
            insert("taro", readers.slots.index(slot))

    everywhere(readers, interrupt, steps)


def test_a_card_pulled_while_it_computes_is_missed_at_once(insert: Insert) -> None:
    card = insert()
    card_arrives(KIOSK)
    with open_card(KIOSK, deadline=30.0) as connection:
        jpki = JpkiSession(connection)
        card.mute()
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(jpki.auth_tries_left)
            until(lambda: card.commands > 1, "the command to reach the card")
            card.remove()
            with pytest.raises(CardRemoved):
                answer.result(60.0)


def test_a_mute_card_leaves_no_thread_and_no_lock_behind(insert: Insert, readers: Readers) -> None:
    card = insert()
    card_arrives(KIOSK)
    told: list[CardEvent] = []
    monitor = CardMonitor(told.append)
    monitor.start()
    with open_card(KIOSK, deadline=2.0) as connection:
        card.mute()
        with pytest.raises(CardSilent):
            JpkiSession(connection)
    assert len(list_readers()) == 16
    with pytest.raises((CardBusy, CardSilent)), open_card(KIOSK, deadline=0.3):
        pass
    card.remove()
    until(lambda: told and told[-1].kind == "removed", "the monitor to see it go")
    until(lambda: not _card_threads(), "the threads that waited for it to end")
    monitor.stop()


def _card_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("card-") and "io" in thread.name]


class Other:
    """Another program at a reader."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def does(self, line: str) -> str:
        self.asks(line)
        return self.answer()

    def asks(self, line: str) -> None:
        assert self._process.stdin
        print(line, file=self._process.stdin, flush=True)

    def answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@contextmanager
def other_program(reader: str) -> Iterator[Other]:
    program = Path(__file__).with_name("other_program.py")
    command = [sys.executable, str(program), reader]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Other(process)
        process.terminate()


SELECT_JPKI = f"00A4040C0A{names.AID.hex()}"
SIGN = "802A008003AABBCC00"


def test_beside_a_program_that_sits_on_the_reader(insert: Insert, readers: Readers) -> None:
    """It is connected in shared mode the whole time and has proven the PIN: nothing of it is ours, and vice versa."""
    insert()
    card_arrives(KIOSK)
    with other_program(readers.names[0]) as other:
        assert other.does("connect") == "00000000"
        for line in (SELECT_JPKI, "00A4020C020018", "002000800431323334", "00A4020C020017"):
            assert other.does(line) == "00000000 9000"
        with open_card(KIOSK) as connection:
            jpki = JpkiSession(connection)
            with pytest.raises(StatusError, match="6982"):
                jpki.sign_with_auth_key(b"challenge")
            jpki.verify_auth_pin(bytearray(b"1234"))
            other.asks(SIGN)  # has to wait for the end of our transaction
            assert len(jpki.sign_with_auth_key(b"challenge")) == 256
        assert other.answer().split()[0] != "00000000", "the card was reset under it, and it is told so"
        assert other.does("connect") == "00000000"
        assert other.does(SIGN).split()[-1] in {"6982", "6D00"}


def test_a_program_that_does_not_let_go_is_a_busy_card(insert: Insert, readers: Readers) -> None:
    insert()
    card_arrives(KIOSK)
    with other_program(readers.names[0]) as other:
        for line in ("connect", "begin", SELECT_JPKI, "00A4020C020018", "002000800431323334", "00A4020C020017"):
            assert other.does(line).startswith("00000000")
        start = monotonic()
        with pytest.raises(CardBusy), open_card(KIOSK, deadline=0.3):
            pass
        assert monotonic() - start < 30
        assert len(other.does(SIGN)) > 256, "the other program was not disturbed"
        assert other.does("end") == "00000000"
        until(lambda: not _card_threads(), "our late connection to end")
        assert len(other.does(SIGN)) > 256, "nor was its card powered down when we came too late"
    with open_card(KIOSK) as connection:
        assert len(sign_in(connection)) == 256


def test_opensc_is_told_that_we_use_the_card(insert: Insert, readers: Readers) -> None:
    insert()
    card_arrives(KIOSK)
    number = str(list_readers().index(readers.names[0]))
    with open_card(KIOSK) as connection:
        command = ["opensc-tool", "-r", number, "-n"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert "in use by another application" in done.stdout + done.stderr
        assert len(sign_in(connection)) == 256


@pytest.fixture
def told(readers: Readers) -> Iterator[list[CardEvent]]:
    events: list[CardEvent] = []
    monitor = CardMonitor(events.append)
    monitor.start()
    until(lambda: len(events) >= 17, "the readers to be reported")
    yield events
    monitor.stop()


def test_a_service_killed_in_the_middle_of_a_session(insert: Insert, readers: Readers, told: list[CardEvent]) -> None:
    insert()
    until(lambda: told[-1].kind == "inserted", "the insertion")
    with open_card(KIOSK) as connection:
        jpki = JpkiSession(connection)
        os.kill(readers.daemon.pid, signal.SIGKILL)
        try:
            with pytest.raises(ServiceDown):
                jpki.auth_tries_left()
            until(lambda: told[-1].kind == "service-down", "the service to be missed")
        finally:
            readers.daemon.stop()
            readers.daemon.start()  # also over the socket the killed one left behind
        with pytest.raises(ServiceDown):
            jpki.auth_tries_left()
    until(lambda: told[-1].kind == "inserted", "the card after the restart")
    assert [event.kind for event in told].count("service-up") == 2
    card_arrives(KIOSK)
    with open_card(KIOSK) as connection:
        assert len(sign_in(connection)) == 256


def test_a_service_that_hangs_holds_nobody_up(insert: Insert, readers: Readers) -> None:
    insert()
    card_arrives(KIOSK)
    monitor = CardMonitor(lambda event: None, hung_seconds=7.0)
    monitor.start()
    until(lambda: len(monitor.states()) == 16, "the readers")
    with open_card(KIOSK, deadline=2.0) as connection:
        os.kill(readers.daemon.pid, signal.SIGSTOP)
        try:
            start = monotonic()
            with pytest.raises(ServiceDown):
                list_readers(0.3)
            with pytest.raises(CardSilent), open_card(WINDOW, deadline=0.3):
                pass
            with pytest.raises(CardSilent):
                JpkiSession(connection)
            assert monitor.service_up, "it waits for news, as always"
            until(lambda: not monitor.service_up, "the silence to be noticed")
            monitor.stop()
            assert monotonic() - start < 60
        finally:
            os.kill(readers.daemon.pid, signal.SIGCONT)
    until(lambda: not _card_threads(), "what waited for the service to end")
    with pytest.raises(NoCard), open_card(WINDOW):
        pass
