"""The card reader: PC/SC through `card_reader`, and a simulated twin without any service.

A card is used by the kiosk alone and powered down afterwards, so no other program inherits a verified PIN.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from card_reader.connection import Connection
from card_reader.errors import CardError, PcscMissing, PinWrong
from card_reader.monitor import CardEvent, CardMonitor
from card_reader.pcsc import open_card
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.card import DirectConnection, SimulatedCard
from kiosk.devices.protocols import CardGone, CardReport, CardSession, PinRefused

log = logging.getLogger(__name__)

Listener = Callable[[CardReport], None]


class JpkiCard:
    """A national card in use. Every failure but a wrong PIN means the same to a person: try again."""

    def __init__(self, session: JpkiSession, resources: ExitStack) -> None:
        self._session = session
        self._resources = resources

    def tries_left(self) -> int:
        with _as_card_gone():
            return self._session.auth_tries_left()

    def verify_pin(self, pin: bytearray) -> None:
        try:
            with _as_card_gone():
                self._session.verify_auth_pin(pin)
        except PinWrong as wrong:
            raise PinRefused(wrong.tries_left) from None

    def change_pin(self, old: bytearray, new: bytearray) -> None:
        try:
            with _as_card_gone():
                self._session.change_auth_pin(old, new)
        except PinWrong as wrong:
            raise PinRefused(wrong.tries_left) from None

    def certificate(self) -> bytes:
        with _as_card_gone():
            return self._session.auth_certificate()

    def sign(self, message: bytes) -> bytes:
        with _as_card_gone():
            return self._session.sign_with_auth_key(message)

    def close(self) -> None:
        try:
            self._resources.close()
        except CardError as fault:
            log.info("card not powered down why=%s", type(fault).__name__)


@contextmanager
def _as_card_gone() -> Iterator[None]:
    try:
        yield
    except PinWrong:
        raise
    except CardError as fault:
        raise CardGone(type(fault).__name__) from fault


class PcscReader:
    """One reader of the PC/SC service, by its full name or the beginning of it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._listener: Listener = lambda report: None
        self._monitor: CardMonitor | None = None

    def start(self, listener: Listener) -> None:
        self._listener = listener
        self._monitor = CardMonitor(self._on_event)
        try:
            self._monitor.start()
        except PcscMissing:
            self._monitor = None
            log.error("no PC/SC on this machine")
            listener(CardReport("gone"))

    def stop(self) -> None:
        if self._monitor:
            self._monitor.stop()

    def open(self) -> CardSession:
        return _open(lambda resources: resources.enter_context(open_card(self._name)))

    def _on_event(self, event: CardEvent) -> None:
        if event.kind == "service-down":
            self._listener(CardReport("gone"))
        if not event.reader.startswith(self._name):
            return
        kinds = {"inserted": "inserted", "removed": "removed", "reader-added": "ready", "reader-gone": "gone"}
        self._listener(CardReport(kinds[event.kind]))


class SimulatedReader:
    """A reader without PC/SC: `insert` and `remove` are done by the program that holds it."""

    def __init__(self) -> None:
        self._listener: Listener = lambda report: None
        self._card: SimulatedCard | None = None
        self._connections: list[DirectConnection] = []

    def start(self, listener: Listener) -> None:
        self._listener = listener
        listener(CardReport("ready"))
        if self._card:
            listener(CardReport("inserted"))

    def stop(self) -> None:
        self._listener = lambda report: None

    def insert(self, card: SimulatedCard) -> None:
        if self._card:
            self.remove()
        self._card = card
        self._listener(CardReport("inserted"))

    def remove(self) -> None:
        for connection in self._connections:
            connection.pull()
        self._connections.clear()
        self._card = None
        self._listener(CardReport("removed"))

    def unplug(self) -> None:
        """The cable of the reader comes off."""
        if self._card:
            self.remove()
        self._listener(CardReport("gone"))

    def plug_in(self) -> None:
        self._listener(CardReport("ready"))

    def open(self) -> CardSession:
        return _open(lambda resources: self._connect())

    def _connect(self) -> Connection:
        if self._card is None:
            raise CardGone
        connection = DirectConnection(self._card)
        self._connections.append(connection)
        return connection


def _open(connect: Callable[[ExitStack], Connection]) -> CardSession:
    """A powered card with its application selected. Raises CardGone."""
    with ExitStack() as resources:
        with _as_card_gone():
            connection = connect(resources)
            session = JpkiSession(connection)
        return JpkiCard(session, resources.pop_all())
