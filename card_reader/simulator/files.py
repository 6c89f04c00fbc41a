"""An application that is a folder of files with access conditions, as JPKI and 券面 are."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from card_reader import apdu
from card_reader.apdu import Command
from card_reader.errors import Sw
from card_reader.simulator.memory import Memory
from card_reader.simulator.pins import Pin, Refused

FREE: frozenset[int] = frozenset()
CURRENT = 0x80  # P2 of VERIFY and the like: the current file
SHORT_IDS = 30  # the greatest short file identifier (ISO/IEC 7816-4 7.3.2)


@dataclass(frozen=True, slots=True)
class Layout:
    """What an application is made of.

    `readable` maps each file to the PIN files of which one must be proven before (none: free to read);
    `keys` maps each key file to the PIN file that guards its use, `changeable` the PIN files whose holder may change
    them to the shape a new PIN must have.
    """

    name: str
    aid: bytes
    readable: Mapping[int, frozenset[int]]
    pins: frozenset[int]
    keys: Mapping[int, int]
    changeable: Mapping[int, re.Pattern[bytes]] = field(default_factory=dict)

    def holds(self, file_id: int) -> bool:
        return file_id in self.readable or file_id in self.pins or file_id in self.keys


class FileApplication:
    """Selects, reads and verifies by a `Layout`; more instructions are added by name of INS."""

    def __init__(self, layout: Layout, memory: Memory) -> None:
        self.layout = layout
        self.memory = memory
        self.current: int | None = None
        self.proven: set[int] = set()
        self.instructions: dict[tuple[int, int], Callable[[Command], bytes]] = {
            (0x00, apdu.SELECT): self._select_file,
            (0x00, apdu.READ_BINARY): self._read,
            (0x00, apdu.VERIFY): self._verify,
            (0x00, apdu.CHANGE_REFERENCE_DATA): self._change,
        }

    @property
    def aid(self) -> bytes:
        return self.layout.aid

    @property
    def knows_short_ids(self) -> bool:
        """Whether files may be named in a command instead of by a SELECT before it; cards of before do."""
        return bool(self.memory.application(self.layout.name).get("short_ids", True))

    def forget(self) -> None:
        """Drop everything volatile: on SELECT of an application, reset and power-off."""
        self.current = None
        self.proven.clear()

    def disturbed(self) -> None:
        """What was proven here outlives a stray command."""

    def answer(self, command: Command) -> bytes:
        """Carry out one command; raises Refused with the status word to answer."""
        if command.cla not in {0x00, 0x80}:
            raise Refused(Sw.CLASS_NOT_SUPPORTED)
        act = self.instructions.get((command.cla, command.ins))
        if act is None:
            known = any(ins == command.ins for _, ins in self.instructions)
            raise Refused(Sw.CLASS_NOT_SUPPORTED if known else Sw.INSTRUCTION_NOT_SUPPORTED)
        return act(command)

    def content(self, file_id: int) -> bytes:
        return base64.b64decode(self.memory.application(self.layout.name)["files"][f"{file_id:04X}"])

    def _select_file(self, command: Command) -> bytes:
        if (command.p1, command.p2) != (0x02, 0x0C):
            raise Refused(Sw.WRONG_P1P2)
        if len(command.data) != 2:
            raise Refused(Sw.WRONG_LENGTH)
        file_id = int.from_bytes(command.data, "big")
        if not self.layout.holds(file_id):
            raise Refused(Sw.FILE_NOT_FOUND)
        self.current = file_id
        return b""

    def _read(self, command: Command) -> bytes:
        file_id, offset = self._place(command)
        if command.data or command.le is None:
            raise Refused(Sw.WRONG_LENGTH)
        if file_id is None:
            raise Refused(Sw.NO_CURRENT_FILE)
        openers = self.layout.readable.get(file_id)
        if openers is None:
            raise Refused(Sw.COMMAND_INCOMPATIBLE_WITH_FILE)
        if openers and not openers & self.proven:
            raise Refused(Sw.SECURITY_STATUS_NOT_SATISFIED)
        content = self.content(file_id)
        if offset >= len(content):
            raise Refused(Sw.WRONG_OFFSET)
        self.current = file_id
        return content[offset : offset + command.le]

    def _place(self, command: Command) -> tuple[int | None, int]:
        """Which file READ BINARY means, and from where: P1 P2 are an offset into the current file, or a short file
        identifier and an offset of one byte (ISO/IEC 7816-4 11.2.2), which makes that file current."""
        if not command.p1 & 0x80:
            return self.current, command.p1 << 8 | command.p2
        if not self.knows_short_ids:
            raise Refused(Sw.FUNCTION_NOT_SUPPORTED)
        file_id = command.p1 & 0x7F
        if file_id > SHORT_IDS or not self.layout.holds(file_id):
            raise Refused(Sw.FILE_NOT_FOUND)
        return file_id, command.p2

    def reference(self, p2: int) -> int | None:
        """Which PIN or key P2 means: 80 the current file, 80 + short file identifier another one."""
        if p2 == CURRENT:
            return self.current
        if not self.knows_short_ids or not CURRENT < p2 <= CURRENT + SHORT_IDS:
            raise Refused(Sw.WRONG_P1P2)
        if not self.layout.holds(p2 - CURRENT):
            raise Refused(Sw.REFERENCE_NOT_FOUND)
        return p2 - CURRENT

    def _verify(self, command: Command) -> bytes:
        if command.p1:
            raise Refused(Sw.WRONG_P1P2)
        file_id = self.reference(command.p2)
        if file_id is None or file_id not in self.layout.pins:
            raise Refused(Sw.COMMAND_INCOMPATIBLE_WITH_FILE)
        pin = Pin(self.memory, self.layout.name, file_id)
        if not command.data:
            # Even after a right PIN: OpenSC takes 9000 here for an error ("VERIFY GET_INFO error").
            raise Refused(0x63C0 | pin.left)
        self.proven.discard(file_id)
        pin.verify(bytes(command.data))
        self.proven.add(file_id)
        return b""

    def _change(self, command: Command) -> bytes:
        """The form of jpki/myna `reader.go`: the old PIN was proven before, the data are the new one alone."""
        if command.p1 != 0x01:
            raise Refused(Sw.WRONG_P1P2)
        file_id = self.reference(command.p2)
        shape = self.layout.changeable.get(file_id) if file_id is not None else None
        if shape is None or file_id is None:
            raise Refused(Sw.COMMAND_INCOMPATIBLE_WITH_FILE)
        if file_id not in self.proven:
            raise Refused(Sw.SECURITY_STATUS_NOT_SATISFIED)
        if not shape.fullmatch(command.data):
            raise Refused(Sw.WRONG_DATA)
        Pin(self.memory, self.layout.name, file_id).change(bytes(command.data))
        return b""
