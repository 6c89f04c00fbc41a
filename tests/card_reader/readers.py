"""Virtual readers for tests: one pcscd a process, private where possible, and waiting without sleeping.

libpcsclite remembers the socket it first used, so a test process can only ever talk to one pcscd; whoever
needs readers (these tests, the kiosk's, the journeys) calls `shared_readers`.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import random
import socket
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from card_reader.daemon import SOCKET_VARIABLE, Daemon, can_be_private
from card_reader.errors import CardBusy, CardError
from card_reader.pcsc import open_card
from card_reader.reader_ports import ReaderPort
from card_reader.simulator.vpcd import VirtualReader
from tests.patience import until

LOCK = Path("/tmp/pcscd-tests.lock")
DEVICES = ("Test Kiosk", "Test Window", "Test Third", *(f"Test Number {number}" for number in range(4, 9)))


@dataclass(frozen=True)
class Readers:
    """`names` are the beginnings of the names of the readers `slots` put cards into: eight, then their second slots."""

    daemon: Daemon
    ports: tuple[ReaderPort, ...]
    slots: tuple[VirtualReader, ...]
    names: tuple[str, ...]


@cache
def shared_readers() -> Readers:
    """Start sixteen readers in eight devices, "Test Kiosk" first; they live until the process ends."""
    ports = tuple(ReaderPort(name, free_pair()) for name in DEVICES)
    folder = Path(tempfile.mkdtemp(prefix="pcsc-"))
    private = can_be_private()
    if not private:
        _wait_for_our_turn()
    daemon = Daemon(folder, list(ports), private=private)
    daemon.start()
    atexit.register(daemon.stop)
    os.environ[SOCKET_VARIABLE] = str(daemon.socket)
    slots = [VirtualReader(device.port + slot) for slot in (0, 1) for device in ports]
    names = [f"{device.name} 00 0{slot}" for slot in (0, 1) for device in ports]
    return Readers(daemon, ports, tuple(slots), tuple(names))


def _wait_for_our_turn() -> None:
    """Where pcscd cannot be hidden there is one a machine: test processes take it in turns."""
    lock = LOCK.open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    atexit.register(lock.close)


def free_pair() -> int:
    """Return a port that is free together with the next one, below the range the system picks from."""
    picker = random.Random(os.urandom(8))
    while True:
        port = picker.randrange(20000, 32000, 2)
        try:
            with socket.create_server(("0.0.0.0", port)), socket.create_server(("0.0.0.0", port + 1)):
                return port
        except OSError:
            continue


def card_arrives(reader: str) -> None:
    """Wait until the PC/SC service has a usable card in `reader`."""
    until(lambda: _holds_card(reader), f"a card in {reader}")


def _holds_card(reader: str) -> bool:
    try:
        with open_card(reader):
            return True
    except CardError as error:
        return isinstance(error, CardBusy)
