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

from card_reader.simulator.card import SimulatedCard

log = logging.getLogger(__name__)

POWER_OFF, POWER_ON, RESET, GET_ATR = 0, 1, 2, 4
RETRY_SECONDS = 0.2
QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux only, and so is vpcd as used here


class InsertedCard:
    """A card on its way into, in, and out of one virtual reader.

    It reconnects by itself when the reader service restarts, as a card that was left in the reader would be
    there again.
    """

    def __init__(self, card: SimulatedCard, port: int, host: str = "127.0.0.1") -> None:
        self.card = card
        self.muted = Event()
        self._address = (host, port)
        self._connected = Event()
        self._pulled = Event()
        self._link: socket.socket | None = None
        self._thread = Thread(target=self._live, name=f"card-{port}", daemon=True)

    def insert(self, deadline: float) -> bool:
        """Put the card in; tell whether the reader took it within `deadline` seconds."""
        self._thread.start()
        return self._connected.wait(deadline)

    def remove(self, deadline: float = 5.0) -> None:
        """Pull the card, also in the middle of a command."""
        self._pulled.set()
        link = self._link
        if link is not None:
            _hang_up(link)
        self._thread.join(deadline)

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    def _live(self) -> None:
        while not self._pulled.is_set():
            try:
                with socket.create_connection(self._address, timeout=1.0) as link:
                    link.settimeout(None)
                    self._link = link
                    self._connected.set()
                    if not self._pulled.is_set():
                        self._serve(link)
            except OSError as error:
                log.debug("reader.absent", extra={"port": self._address[1], "reason": error.errno})
            self._connected.clear()
            self.card.forget()
            self._pulled.wait(RETRY_SECONDS)

    def _serve(self, link: socket.socket) -> None:
        while (payload := _receive_frame(link)) is not None:
            if len(payload) > 1:
                answer = self.card.transmit(payload)
                if not self.muted.is_set():
                    _send_frame(link, answer)
            elif payload == bytes((GET_ATR,)):
                _send_frame(link, self.card.atr)
            else:
                self.card.forget()


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
