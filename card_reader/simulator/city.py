"""The city card application: one card for library, gym, facilities, points, emergency and shelter.

Who opens a secure channel with the key of a role reads that role's object and nothing else; the holder's PIN
opens the log of who did. card_reader/README.md is the specification; `city_channel` the channel,
`city_objects` the data, `city_log` the log, `city_life` what the issuer may do.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from time import sleep
from typing import Any

from card_reader import apdu
from card_reader.apdu import Command
from card_reader.errors import Sw
from card_reader.sessions import city_names as names
from card_reader.sessions.city_names import KVNS, Op, Role
from card_reader.simulator import city_life, city_log, city_objects
from card_reader.simulator.city_channel import EVERYTHING, PARAMETER, SCP_ID, Broken, Channel, Handshake, KeySet
from card_reader.simulator.memory import Memory
from card_reader.simulator.pins import Pin, Refused

NAME = "city"

PLAIN_CLASSES, SECURE_CLASSES = (0x00, 0x80), (0x04, 0x84)
CHAINED = 0x10  # of the class byte: more of the same command follows (ISO/IEC 7816-4 5.3.3)
FULL_PART = 255  # all parts but the last: anything shorter with this bit is an altered message
CHAIN_LIMIT = 4096  # bytes of a command that comes in parts
CHALLENGE_LENGTH = 8
SHORT_ANSWER = 256
FILES = (names.BASICS, names.HOLDER_PIN, names.LOG)
LOG_READERS = {Role.PORTAL, Role.ISSUER}
# Guessing keys is made slow, never final: a stranger's terminal must not be able to lock anybody's card.
FAILURE_SECONDS, FAILURE_SECONDS_LIMIT = 0.005, 0.02


class CityApplication:
    """The application of one card; everything here but `memory` is gone with the power."""

    aid = names.AID

    def __init__(self, memory: Memory, randomness: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._memory = memory
        self._randomness = randomness
        self._failures = 0
        self.forget()
        self._plain: dict[int, Callable[[Command], bytes]] = {
            apdu.SELECT: self._select_file,
            apdu.READ_BINARY: self._read_free_file,
            names.READ_RECORD: self._read_log,
            apdu.VERIFY: self._verify,
            apdu.CHANGE_REFERENCE_DATA: self._change_pin,
        }
        self._secure: dict[int, Callable[[Channel, Command], bytes]] = {
            names.GET_DATA: self._get_data,
            names.PUT_DATA: self._put_data,
            names.COMMIT: self._commit,
        }

    def forget(self) -> None:
        """SELECT, reset and power-off: no channel, no PIN, no file, nothing staged."""
        self._file: int | None = None
        self._handshake: Handshake | None = None
        self._rest = b""
        self._parts: list[Command] = []
        self._channel: Channel | None = None
        self._shadow = city_objects.Shadow()
        self._holder = False

    def disturbed(self) -> None:
        """Something arrived that was not for this application: an open channel does not survive it."""
        self._rest, self._handshake, self._parts = b"", None, []
        if self._channel is not None:
            self._close()

    def answer(self, command: Command) -> bytes:
        """Carry out one command; raises Refused with the status word to answer."""
        # Fetching the rest is transport: some hosts repeat the class byte of their protected command in it.
        classes = PLAIN_CLASSES + SECURE_CLASSES
        if command.ins == apdu.GET_RESPONSE and command.cla in classes and not command.data and self._rest:
            return self._deliver(self._rest, command.le)
        self._rest = b""
        handshake, self._handshake = self._handshake, None
        if command.cla ^ CHAINED in SECURE_CLASSES and self._is_next_part(command):
            self._parts.append(command)
            return b""
        if command.cla in SECURE_CLASSES:
            if command.ins == names.EXTERNAL_AUTHENTICATE and self._channel is None:
                return self._open_channel(handshake, command)
            return self._protected(self._whole(command))
        self.disturbed()
        if command.cla not in PLAIN_CLASSES:
            raise Refused(Sw.CLASS_NOT_SUPPORTED)
        if command.ins == names.INITIALIZE_UPDATE:
            return self._begin(command)
        if command.ins in self._secure or command.ins in city_life.INSTRUCTIONS:
            raise Refused(Sw.SECURITY_STATUS_NOT_SATISFIED)
        return self._deliver(self._instruction(command)(command), command.le)

    # ---- the channel ---------------------------------------------------------------------------

    def _begin(self, command: Command) -> bytes:
        if command.cla != 0x80:
            raise Refused(Sw.CLASS_NOT_SUPPORTED)
        if command.p2:
            raise Refused(Sw.WRONG_P1P2)
        if len(command.data) != CHALLENGE_LENGTH:
            raise Refused(Sw.WRONG_LENGTH)
        part = self._part(alive=True)
        record = part["keys"].get(f"{command.p1:02X}")
        if record is None:
            raise Refused(Sw.REFERENCE_NOT_FOUND)
        if part["state"] != "active" and KVNS[command.p1] is not Role.ISSUER:
            raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
        challenge = self._randomness(CHALLENGE_LENGTH)
        self._handshake = Handshake(KeySet.read(record), command.p1, bytes(command.data), challenge)
        head = bytes.fromhex(part["card_id"]) + bytes((command.p1, SCP_ID, PARAMETER))
        return self._deliver(head + challenge + self._handshake.card_cryptogram, command.le)

    def _open_channel(self, handshake: Handshake | None, command: Command) -> bytes:
        if handshake is None:
            raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
        if (command.p1, command.p2) != (EVERYTHING, 0x00):
            raise Refused(Sw.WRONG_P1P2)
        try:
            self._channel = handshake.finish(command)
        except Broken:
            self._failures += 1
            sleep(min(self._failures * FAILURE_SECONDS, FAILURE_SECONDS_LIMIT))
            raise Refused(Sw.SECURE_MESSAGING_INCORRECT) from None
        self._failures = 0
        return b""

    def _close(self) -> None:
        self._channel = None
        self._shadow = city_objects.Shadow()
        self._holder = False

    def _protected(self, command: Command) -> bytes:
        channel = self._channel
        if channel is None:
            raise Refused(Sw.SECURITY_STATUS_NOT_SATISFIED)
        try:
            plain = channel.open(command)
        except Broken:
            self._close()
            raise Refused(Sw.SECURE_MESSAGING_INCORRECT) from None
        try:
            data, status = self._inside(channel, plain), int(Sw.OK)
        except Refused as refusal:
            # Errors go out bare, warnings with an R-MAC (Amendment D, 6.2.5).
            if refusal.status >> 8 not in (0x62, 0x63):
                raise
            raise Refused(refusal.status, channel.protect(refusal.data, refusal.status)) from None
        return self._deliver(channel.protect(data, status), command.le)

    def _inside(self, channel: Channel, command: Command) -> bytes:
        if command.ins in self._secure:
            return self._secure[command.ins](channel, command)
        if command.ins in city_life.INSTRUCTIONS:
            return self._as_issuer(channel, command)
        return self._instruction(command)(command)

    def _is_next_part(self, command: Command) -> bool:
        """Whether a command with the chaining bit is one that may be kept until its end has come."""
        if self._channel is None or len(command.data) != FULL_PART:
            return False
        return _is_chain(*self._parts, command) and (len(self._parts) + 1) * FULL_PART <= CHAIN_LIMIT

    def _whole(self, last: Command) -> Command:
        """The command that came in parts; its MAC is that of the whole, behind the last part."""
        parts, self._parts = self._parts, []
        if parts and not _is_chain(*parts, replace(last, cla=last.cla | CHAINED)):
            self._close()
            raise Refused(Sw.SECURE_MESSAGING_INCORRECT)
        return replace(last, data=b"".join(bytes(part.data) for part in (*parts, last)))

    def _instruction(self, command: Command) -> Callable[[Command], bytes]:
        act = self._plain.get(command.ins)
        if act is None:
            raise Refused(Sw.INSTRUCTION_NOT_SUPPORTED)
        return act

    def _deliver(self, answer: bytes, le: int | None) -> bytes:
        """Return what the host asked for; the rest waits for GET RESPONSE (61xx)."""
        limit = le or SHORT_ANSWER
        self._rest = answer[limit:]
        if self._rest:
            raise Refused(0x6100 | min(len(self._rest), SHORT_ANSWER) & 0xFF, answer[:limit])
        return answer

    # ---- data objects --------------------------------------------------------------------------

    def _get_data(self, channel: Channel, command: Command) -> bytes:
        self._check_place(command, *names.CURRENT_APPLICATION)
        request = city_objects.read_request(bytes(command.data))
        if not set(request.tags) <= city_objects.readable(KVNS[channel.kvn]):
            raise Refused(Sw.SECURITY_STATUS_NOT_SATISFIED)
        part = self._part()
        found = [tag for tag in request.tags if f"{tag:04X}" in part["objects"]]
        if not found:
            raise Refused(Sw.REFERENCE_NOT_FOUND)
        tag = found[0] if len(found) == 1 else names.SEVERAL
        city_log.note(part, channel.kvn, Op.READ, tag, request.time + request.terminal)
        self._memory.commit()  # before the answer leaves: what is not on record is not read
        return b"".join(bytes.fromhex(part["objects"][f"{tag:04X}"]) for tag in found)

    def _put_data(self, channel: Channel, command: Command) -> bytes:
        self._check_place(command, *names.CURRENT_APPLICATION)
        self._check_role(channel, Role.WRITER)
        self._shadow.put(bytes(command.data))
        return b""

    def _commit(self, channel: Channel, command: Command) -> bytes:
        self._check_place(command, 0x00, 0x00)
        self._check_role(channel, Role.WRITER)
        request = city_objects.read_request(bytes(command.data))
        if len(request.tags) != 1:
            raise Refused(Sw.WRONG_DATA)
        tag, part = request.tags[0], self._part()
        if city_objects.replace(part["objects"], tag, self._shadow.take(tag)):
            if not city_log.note_more(part, channel.noted):
                visit = request.time + request.terminal
                channel.noted = city_log.note(part, channel.kvn, Op.WRITTEN, tag, visit)
            self._memory.commit()
        return b""

    def _as_issuer(self, channel: Channel, command: Command) -> bytes:
        self._check_role(channel, Role.ISSUER)
        data = city_life.INSTRUCTIONS[command.ins](self._part(alive=True), channel, command)
        self._memory.commit()
        return data

    # ---- files, holder PIN, log ----------------------------------------------------------------

    def _select_file(self, command: Command) -> bytes:
        if command.p1 not in (0x00, 0x02) or command.p2 not in (0x00, 0x0C):
            raise Refused(Sw.WRONG_P1P2)
        if len(command.data) != 2:
            raise Refused(Sw.WRONG_LENGTH)
        file_id = int.from_bytes(command.data, "big")
        if file_id not in FILES:
            raise Refused(Sw.FILE_NOT_FOUND)
        self._file = file_id
        return b""

    def _read_free_file(self, command: Command) -> bytes:
        self._check_file(names.BASICS)
        content = city_life.free_file()
        offset = command.p1 << 8 | command.p2
        if offset >= len(content):
            raise Refused(Sw.WRONG_OFFSET)
        return content[offset : offset + (command.le or SHORT_ANSWER)]

    def _read_log(self, command: Command) -> bytes:
        self._check_file(names.LOG)
        if command.p2 != 0x04:
            raise Refused(Sw.WRONG_P1P2)
        part = self._part(alive=True)
        role = KVNS[self._channel.kvn] if self._channel else None
        if not self._holder and role not in LOG_READERS:
            raise Refused(Sw.SECURITY_STATUS_NOT_SATISFIED)
        return city_log.read_record(part, command.p1)

    def _verify(self, command: Command) -> bytes:
        self._check_place(command, 0x00, 0x80)
        pin = self._pin()
        if not command.data:
            raise Refused(0x63C0 | pin.left)
        self._holder = False
        pin.verify(bytes(command.data))
        self._holder = True
        return b""

    def _change_pin(self, command: Command) -> bytes:
        self._check_place(command, 0x01, 0x80)
        pin = self._pin()
        if not self._holder:
            raise Refused(Sw.SECURITY_STATUS_NOT_SATISFIED)
        pin.change(city_life.checked_pin(bytes(command.data)))
        return b""

    def _pin(self) -> Pin:
        self._check_file(names.HOLDER_PIN)
        self._part(alive=True)
        return Pin(self._memory, NAME, names.HOLDER_PIN)

    # ---- conditions ----------------------------------------------------------------------------

    def _part(self, *, alive: bool = False) -> dict[str, Any]:
        part = self._memory.application(NAME)
        if alive and part["state"] == "terminated":
            raise Refused(Sw.CONDITIONS_NOT_SATISFIED)
        return part

    def _check_file(self, wanted: int) -> None:
        if self._file is None:
            raise Refused(Sw.NO_CURRENT_FILE)
        if self._file != wanted:
            raise Refused(Sw.COMMAND_INCOMPATIBLE_WITH_FILE)

    @staticmethod
    def _check_place(command: Command, p1: int, p2: int) -> None:
        if (command.p1, command.p2) != (p1, p2):
            raise Refused(Sw.WRONG_P1P2)

    @staticmethod
    def _check_role(channel: Channel, role: Role) -> None:
        if KVNS[channel.kvn] is not role:
            raise Refused(Sw.SECURITY_STATUS_NOT_SATISFIED)


def _is_chain(*parts: Command) -> bool:
    """Whether these are parts of one command: nothing but the MAC of the whole protects their headers."""
    return len({(part.cla, part.ins, part.p1, part.p2) for part in parts}) == 1
