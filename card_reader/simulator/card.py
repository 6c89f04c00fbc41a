"""The simulated card: power, selection of applications, and an answer to whatever it is sent."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from card_reader import apdu
from card_reader.apdu import Command, MalformedApdu
from card_reader.errors import CardRemoved, Sw, outline
from card_reader.sessions import city_names as names
from card_reader.simulator import city, jpki, text, visual
from card_reader.simulator.memory import Memory, Store, Tear, Torn
from card_reader.simulator.pins import Refused

log = logging.getLogger(__name__)

CONTACTLESS_ATR = "3B888001000041E0B381A1003B"  # what a reader makes of the answer to request (PC/SC part 3)


class Application(Protocol):
    """What the card asks of an application. Refusals are raised as `Refused`."""

    @property
    def aid(self) -> bytes: ...

    def forget(self) -> None: ...

    def disturbed(self) -> None:
        """Told while selected: something came that is no command for it (garbled bytes, a failed SELECT)."""

    def answer(self, command: Command) -> bytes: ...


def _applications(memory: Memory, randomness: Callable[[int], bytes]) -> tuple[Application, ...]:
    """Return the applications this card holds: those it has a memory for."""
    known: dict[str, Callable[[], Application]] = {
        jpki.NAME: lambda: jpki.JpkiApplication(memory, randomness),
        text.NAME: lambda: text.TextApplication(memory),
        visual.NAME: lambda: visual.VisualApplication(memory),
        city.NAME: lambda: city.CityApplication(memory, randomness),
    }
    return tuple(make() for name, make in known.items() if name in memory.content["applications"])


class SimulatedCard:
    """A card with its applications; one command at a time, volatile state gone with the power."""

    def __init__(
        self, store: Store, randomness: Callable[[int], bytes] = secrets.token_bytes, *, contactless: bool = False
    ) -> None:
        memory = Memory(store)
        atr = CONTACTLESS_ATR if contactless else memory.content["atr"]
        self.atr = bytes.fromhex(atr)
        self._memory = memory
        self._applications = _applications(memory, randomness)
        self._current: Application | None = None
        self._lock = Lock()

    def forget(self) -> None:
        """Power-off, power-on and reset all end here: nothing proven, nothing selected."""
        with self._lock:
            self._current = None
            for application in self._applications:
                application.forget()

    def tear(self, tear: Tear) -> None:
        """Let the power fail at a write to come."""
        with self._lock:
            self._memory.tear(tear)

    def transmit(self, wire: bytes) -> bytes:
        """Answer one command APDU with data and status word, whatever was sent; never raises but for a power cut (Torn)."""
        with self._lock:
            try:
                return self._answer(apdu.parse(wire)) + Sw.OK.to_bytes(2, "big")
            except MalformedApdu:
                self._disturb()
                status = int(Sw.WRONG_LENGTH)
            except Refused as refusal:
                return refusal.data + refusal.status.to_bytes(2, "big")
            except OSError as fault:
                log.error("card.memory-failure: %s", outline(fault))
                self._memory.roll_back()
                status = int(Sw.MEMORY_FAILURE)
            except Exception as fault:
                # A card that dies holds up the whole reader service, so it answers and forgets instead.
                log.error("card.fault: %s, command %s", outline(fault), apdu.describe(wire))
                self._memory.roll_back()
                status = int(Sw.UNKNOWN)
            return status.to_bytes(2, "big")

    def _answer(self, command: Command) -> bytes:
        if (command.cla, command.ins, command.p1) == (0x00, apdu.SELECT, 0x04):
            return self._select(command)
        if self._current is None and (command.cla, command.ins) == (0x80, names.INITIALIZE_UPDATE):
            self._current = self._by_aid(names.AID)  # the default application of a card that was just powered
        if self._current is None:
            if command.cla not in {0x00, 0x80}:
                raise Refused(Sw.CLASS_NOT_SUPPORTED)
            raise Refused(Sw.FILE_NOT_FOUND if command.ins == apdu.SELECT else Sw.INSTRUCTION_NOT_SUPPORTED)
        return self._current.answer(command)

    def _select(self, command: Command) -> bytes:
        # The whole name has to match: a card that answers to prefixes is taken for another kind by OpenSC.
        chosen = self._by_aid(bytes(command.data))
        if chosen is None:
            self._disturb()
            raise Refused(Sw.FILE_NOT_FOUND)
        if self._current is not None:
            self._current.forget()
        self._current = chosen
        self._current.forget()
        return b""

    def _by_aid(self, aid: bytes) -> Application | None:
        return next((application for application in self._applications if application.aid == aid), None)

    def _disturb(self) -> None:
        if self._current is not None:
            self._current.disturbed()


class DirectConnection:
    """A simulated card without a reader: the same seam, for tests and for machines without PC/SC."""

    def __init__(self, card: SimulatedCard) -> None:
        self._card = card
        self._inserted = True
        card.forget()

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        if not self._inserted:
            raise CardRemoved("the simulated card was pulled")
        try:
            answer = self._card.transmit(bytes(wire))
        except Torn:
            self.pull()
            raise CardRemoved("the simulated card lost power") from None
        return answer[:-2], int.from_bytes(answer[-2:], "big")

    def pull(self) -> None:
        """Take the card out: its volatile state dies, every later command raises CardRemoved."""
        self._inserted = False
        self._card.forget()
