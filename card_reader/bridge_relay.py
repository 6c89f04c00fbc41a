"""Messages between a city card on this machine's reader and the city's server: the bridge carries them, no more.

Only what belongs to the city card may pass: its application is selected, a channel is opened, protected commands follow.
A page that could send any command could try PINs; PINs are for the bridge's own page. Before a card is given to anybody, the
city also looks whose national card it is: the free certificate may be read, and nothing else of that application.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field
from threading import Lock, Timer
from time import monotonic

from card_reader import apdu
from card_reader.apdu import MalformedApdu
from card_reader.connection import Connection
from card_reader.errors import CardError
from card_reader.loopback import BadRequest
from card_reader.sessions import city_names as names
from card_reader.sessions import jpki

IDLE_SECONDS = 30.0
"""Without a command the card is let go: other programs wait for the reader."""
LONGEST_SECONDS = 180.0
"""However many commands come: to look at a card or to write it takes a few."""

SECURE = (0x04, 0x84)  # class bytes of protected commands
SELECTED = (0x90, 0x61)  # done, or done with more to fetch
SHORT_ID = 0x80  # P1 of READ BINARY that names a file by its short identifier (ISO/IEC 7816-4 11.2.3)
OPENING = {(0x80, names.INITIALIZE_UPDATE), (0x84, names.EXTERNAL_AUTHENTICATE), (0x00, apdu.GET_RESPONSE)}
PROTECTED = {
    apdu.RESET_RETRY_COUNTER,  # inside the issuer's channel only: in the clear it would be a PIN
    names.GET_DATA,
    names.PUT_DATA,
    names.COMMIT,
    names.PUT_KEY,
    names.DELETE,
    names.SET_STATUS,
    names.READ_RECORD,
}
OpenCard = Callable[[], AbstractContextManager[Connection]]


def may_pass(wire: bytes, application: bytes) -> bool:
    """Whether a command may go to the *application* (AID) that is open, and cannot carry a PIN. b"": only one that opens
    one, for others would go to whatever the card has open by itself, its manager most likely, which ends for good after
    some wrong proofs."""
    try:
        command = apdu.parse(wire)
    except MalformedApdu:
        return False
    if selected(wire):
        return selected(wire) in (names.AID, jpki.AID)
    if application == jpki.AID:
        return _reads_certificate(command)
    return application == names.AID and _is_protected(command)


def _is_protected(command: apdu.Command) -> bool:
    if command.ins == apdu.SELECT:
        return command.cla in SECURE and command.p1 == 0x02  # the log, inside a channel
    return (command.cla, command.ins) in OPENING or (command.cla in SECURE and command.ins in PROTECTED)


def _reads_certificate(command: apdu.Command) -> bool:
    """The certificate for authentication, by its file or its short identifier, from the beginning or further on."""
    if (command.cla, command.ins, command.p1) == (0x00, apdu.SELECT, 0x02):
        return bytes(command.data) == jpki.AUTH_CERTIFICATE.to_bytes(2, "big")
    named = command.p1 < SHORT_ID or command.p1 == SHORT_ID | jpki.AUTH_CERTIFICATE
    return (command.cla, command.ins) == (0x00, apdu.READ_BINARY) and named and not command.data


def selected(wire: bytes) -> bytes:
    """The application (AID) that a command opens in the clear; b"" for all others."""
    try:
        command = apdu.parse(wire)
    except MalformedApdu:
        return b""
    opens = (command.cla, command.ins, command.p1) == (0x00, apdu.SELECT, 0x04)
    return bytes(command.data) if opens else b""


@dataclass
class Relay:
    """A card held for one page. `answered` keeps the last answer: a page that lost it asks with the same number."""

    id: str
    connection: Connection
    life: ExitStack
    ends: float
    step: int = 0
    application: bytes = b""
    answered: str = field(default="", repr=False)
    clock: Timer | None = None


class Relays:
    """At most one card is held at a time; *guard* is held with it, so that nothing else speaks to that card."""

    def __init__(
        self, open_card: OpenCard, guard: Lock, *, idle: float = IDLE_SECONDS, longest: float = LONGEST_SECONDS
    ) -> None:
        self._open_card, self._guard, self._idle, self._longest = open_card, guard, idle, longest
        self._lock = Lock()
        self._held: Relay | None = None

    def begin(self) -> str:
        """Take the card in the reader; CardError, or BadRequest 409 while it is in use."""
        if not self._guard.acquire(timeout=1.0):
            raise BadRequest(409, "the card is in use")
        life = ExitStack()
        life.callback(self._guard.release)
        try:
            connection = life.enter_context(self._open_card())
        except BaseException:
            life.close()
            raise
        with self._lock:
            self._held = Relay(secrets.token_urlsafe(24), connection, life, monotonic() + self._longest)
            self._wind()
            return self._held.id

    def pass_on(self, id_: str, step: int, wire: bytes) -> str:
        """The card's answer in hexadecimal; the same *step* again is the same answer. After an error it is let go."""
        with self._lock:
            held = self._find(id_)
            if step == held.step and held.answered:
                return held.answered
            if step != held.step + 1:
                raise BadRequest(409, "another command was expected")
            if not may_pass(wire, held.application):
                raise BadRequest(403, "only commands of the city card pass here")
            self._wind()
            try:
                data, status = held.connection.transmit(wire)
            except CardError:
                self._let_go()
                raise
            if aid := selected(wire):
                held.application = aid if status >> 8 in SELECTED else b""
            held.step, held.answered = step, (data + status.to_bytes(2, "big")).hex()
            return held.answered

    def end(self, id_: str) -> None:
        """Let the card go; twice is no harm."""
        with self._lock, suppress(BadRequest):
            self._find(id_)
            self._let_go()

    def _find(self, id_: str) -> Relay:
        if self._held is not None and monotonic() >= self._held.ends:
            self._let_go()
        if self._held is None or not secrets.compare_digest(self._held.id.encode(), id_.encode()):
            raise BadRequest(404, "this card was let go")
        return self._held

    def _wind(self) -> None:
        """The clock that lets the card go begins anew."""
        if self._held is None:
            return
        if self._held.clock:
            self._held.clock.cancel()
        self._held.clock = Timer(self._idle, self.end, (self._held.id,))
        self._held.clock.daemon = True
        self._held.clock.start()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is None:
            return
        if held.clock:
            held.clock.cancel()
        with suppress(CardError):
            held.life.close()
