"""Putting a simulated card into a virtual reader of vsmartcard's vpcd driver.

The card is the TCP client: connecting inserts it, closing the socket removes it. Frames are a two-byte length
and a payload; a payload of one byte is a control (virtualsmartcard/src/vpcd/vpcd.h): 0 power off, 1 power on,
2 reset (no answer to these), 4 ask for the ATR. Anything longer is a command APDU. The reader asks for the
ATR every 400 ms to see whether the card is still there, so that answer has to be instant.
"""

from __future__ import annotations

import logging
import socket
from threading import Event, Thread
from time import monotonic, perf_counter, sleep

from card_reader.simulator.card import SimulatedCard
from card_reader.simulator.memory import Tear, Torn
from card_reader.simulator.wire import Wire

log = logging.getLogger(__name__)

POWER_OFF, POWER_ON, RESET, GET_ATR = 0, 1, 2, 4
RETRY_SECONDS = 0.2
JOIN_SECONDS = 5.0
# No hand is faster, and pcscd has to notice: a card exchanged between two of its looks (0.4 s) after a broken
# session leaves it convinced that the reader is empty.
EMPTY_SECONDS = 1.0
QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux only, and so is vpcd as used here


class VirtualReader:
    """One virtual reader, and the hand that puts cards in and takes them out.

    With a `wire`, commands and answers take as long as over that one.
    """

    def __init__(self, port: int, wire: Wire | None = None) -> None:
        self._address = ("127.0.0.1", port)
        self._wire = wire
        self._card: _InsertedCard | None = None
        self._emptied = -EMPTY_SECONDS

    def insert(self, card: SimulatedCard, deadline: float) -> bool:
        """Put a card in, exchanging one that is there; False when no reader took it in `deadline` s."""
        self.remove()
        sleep(max(0.0, self._emptied + EMPTY_SECONDS - monotonic()))
        self._card = _InsertedCard(card, self._address, self._wire)
        if self._card.insert(deadline):
            return True
        self.remove()
        return False

    def remove(self) -> None:
        """Pull the card, also in the middle of a command; an empty reader is fine."""
        if self._card is not None:
            self._card.pull()
            self._card = None
            self._emptied = monotonic()

    def mute(self) -> None:
        """Make the card fall silent until it is taken out, as a broken one does."""
        if self._card is not None:
            self._card.muted.set()

    def tear(self, tear: Tear) -> None:
        """Let the card lose power, and fall out, at a write to come."""
        if self._card is not None:
            self._card.card.tear(tear)

    @property
    def fallen(self) -> bool:
        """Whether the card fell out by itself (a power cut)."""
        return self._card is not None and self._card.pulled.is_set()

    @property
    def inserted_at(self) -> float:
        """When (perf_counter) the card touched the reader."""
        return self._card.inserted_at if self._card is not None else 0.0

    @property
    def commands(self) -> int:
        """How many command APDUs have reached the card since it was put in."""
        return self._card.commands if self._card is not None else 0

    @property
    def connected(self) -> bool:
        """Whether the reader holds a card now."""
        return self._card is not None and self._card.connected.is_set()


class _InsertedCard:
    """A card on its way into, in, and out of one virtual reader.

    It reconnects by itself when the reader service restarts, as a card that was left in the reader would be
    there again.
    """

    def __init__(self, card: SimulatedCard, address: tuple[str, int], wire: Wire | None) -> None:
        self.card = card
        self._wire = wire
        self.muted = Event()
        self.connected = Event()
        self.commands = 0
        self.inserted_at = 0.0
        self._overslept = 0.0
        self._address = address
        self.pulled = Event()
        self._link: socket.socket | None = None
        self._thread = Thread(target=self._live, name=f"card-{address[1]}", daemon=True)

    def insert(self, deadline: float) -> bool:
        self._thread.start()
        return self.connected.wait(deadline)

    def pull(self) -> None:
        self.pulled.set()
        link = self._link
        if link is not None:
            _hang_up(link)
        self._thread.join(JOIN_SECONDS)

    def _live(self) -> None:
        while not self.pulled.is_set():
            try:
                with socket.create_connection(self._address, timeout=1.0) as link:
                    link.settimeout(None)
                    self._link = link
                    self.inserted_at = perf_counter()
                    self.connected.set()
                    if not self.pulled.is_set():
                        self._serve(link)
            except Torn:
                self.pulled.set()
            except OSError as error:
                log.debug("reader.absent", extra={"port": self._address[1], "reason": error.errno})
            self.connected.clear()
            self.card.forget()
            self.pulled.wait(RETRY_SECONDS)

    def _serve(self, link: socket.socket) -> None:
        while (payload := _receive_frame(link)) is not None:
            if len(payload) > 1:
                self.commands += 1
                answer = self.card.transmit(payload)
                self._travel(len(payload), len(answer))
                if not self.muted.is_set():
                    _send_frame(link, answer)
            elif payload == bytes((GET_ATR,)):
                _send_frame(link, self.card.atr)
            else:
                self._overslept = 0.0
                self.card.forget()

    def _travel(self, sent: int, received: int) -> None:
        """Take the time of the wire; what a busy machine sleeps too long now is taken off the next command."""
        if self._wire is None:
            return
        due, began = self._wire.seconds(sent, received) - self._overslept, perf_counter()
        sleep(max(0.0, due))
        self._overslept = max(0.0, perf_counter() - began - due)


def _hang_up(link: socket.socket) -> None:
    try:
        link.shutdown(socket.SHUT_RDWR)
    except OSError:
        log.debug("reader.gone-before-card")


def _send_frame(link: socket.socket, payload: bytes) -> None:
    link.sendall(len(payload).to_bytes(2, "big") + payload)


def _receive_frame(link: socket.socket) -> bytes | None:
    head = _receive(link, 2)
    return None if head is None else _receive(link, int.from_bytes(head, "big"))


def _receive(link: socket.socket, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        # vpcd 3.3 sends length and data apart; without this each APDU waits 40 ms for a delayed ACK.
        if QUICKACK is not None:
            link.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
        part = link.recv(count - len(data))
        if not part:
            return None
        data += part
    return data
