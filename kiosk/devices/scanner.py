"""The code scanner (2D): a keyboard to the computer, but read beside the browser, not through it.

A scanner types what a code says. A code somebody made for it could type Ctrl and Alt as well and open what no kiosk
shows, or end in the field of a page; so the machine takes the keyboard for itself (EVIOCGRAB of evdev), and the browser
never hears of it. What was read goes on only as a line of plain signs, at most LONGEST of them.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger(__name__)

LONGEST = 200
LOOK_AGAIN_SECONDS = 2.0

# linux/input.h: struct input_event on a 64 bit machine, and the request to have a device alone.
_EVENT = struct.Struct("llHHi")
_EV_KEY, _PRESSED = 1, 1
_EVIOCGRAB = 0x40044590
# linux/input-event-codes.h, as a keyboard of the United States types, which scanners are delivered with.
_ENTER, _SHIFT = frozenset({28, 96}), frozenset({42, 54})
_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (44, "zxcvbnm,./", "ZXCVBNM<>?"),
)
_SIGNS = {
    first + place: (low, high)
    for first, row, shifted in _ROWS
    for place, (low, high) in enumerate(zip(row, shifted, strict=True))
}

Listener = Callable[[str], None]


class NoScanner:
    """A machine without one: nothing is offered, and nothing is missing."""

    def start(self, listener: Listener) -> None:
        """Nothing will ever be heard."""

    def stop(self) -> None:
        """Nothing runs."""

    def state(self) -> str:
        return ""


class Typed:
    """Key presses to lines."""

    def __init__(self) -> None:
        self._signs: list[str] = []
        self._is_shifted = False

    def key(self, code: int, value: int) -> str | None:
        """The line that this key ended, if it did and if it was no longer than LONGEST."""
        if code in _SHIFT:
            self._is_shifted = value != 0
        elif value != _PRESSED:
            return None
        elif code in _ENTER:
            line, self._signs = "".join(self._signs), []
            return line if 0 < len(line) <= LONGEST else None
        elif code in _SIGNS and len(self._signs) <= LONGEST:
            self._signs.append(_SIGNS[code][self._is_shifted])
        return None


def _take_alone(device: BinaryIO) -> None:
    fcntl.ioctl(device, _EVIOCGRAB, 1)


class EvdevScanner:
    """A scanner at /dev/input/by-id/…-event-kbd. Unplugged, it is looked for until it is back."""

    def __init__(self, path: Path, take_alone: Callable[[BinaryIO], None] = _take_alone) -> None:
        self._path = path
        self._take_alone = take_alone
        self._state = "missing"
        self._stopping = threading.Event()

    def start(self, listener: Listener) -> None:
        threading.Thread(target=self._watch, args=(listener,), name="scanner", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def state(self) -> str:
        return self._state

    def _watch(self, listener: Listener) -> None:
        while not self._stopping.is_set():
            try:
                with self._path.open("rb", buffering=0) as device:
                    self._take_alone(device)
                    self._state = "ready"
                    self._listen(device, listener)
            except OSError as fault:
                log.info("scanner not there why=%s", type(fault).__name__)
            self._state = "missing"
            self._stopping.wait(LOOK_AGAIN_SECONDS)

    def _listen(self, device: BinaryIO, listener: Listener) -> None:
        """Until the device ends. A press that comes in pieces is put together."""
        typed, pending = Typed(), b""
        while not self._stopping.is_set():
            heard = device.read(_EVENT.size * 64)
            if not heard:
                return
            pending += heard
            while len(pending) >= _EVENT.size:
                _, _, kind, code, value = _EVENT.unpack_from(pending)
                pending = pending[_EVENT.size :]
                line = typed.key(code, value) if kind == _EV_KEY else None
                if line is not None and not self._stopping.is_set():
                    listener(line)


class SimulatedScanner:
    """A scanner that reads what `scan` is given, or whatever is written to a named pipe, a line each."""

    def __init__(self, pipe: Path | None = None) -> None:
        self._pipe = pipe
        self._listener: Listener = lambda line: None
        self._is_there = True

    def start(self, listener: Listener) -> None:
        self._listener = listener
        if self._pipe:
            self._pipe.parent.mkdir(parents=True, exist_ok=True)
            if not self._pipe.exists():
                os.mkfifo(self._pipe, 0o600)
            threading.Thread(target=self._read, args=(self._pipe,), name="scanner", daemon=True).start()

    def stop(self) -> None:
        self._listener = lambda line: None

    def state(self) -> str:
        return "ready" if self._is_there else "missing"

    def scan(self, line: str) -> None:
        if self._is_there:
            self._listener(line[:LONGEST])

    def unplug(self) -> None:
        self._is_there = False

    def plug_in(self) -> None:
        self._is_there = True

    def _read(self, pipe: Path) -> None:
        # For reading and writing: a writer that closes must not end it.
        with open(os.open(pipe, os.O_RDWR), encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self.scan(line.strip())


def scanner_for(wish: str, state: Path) -> NoScanner | EvdevScanner | SimulatedScanner:
    """A path of a device, `simulated` (a pipe named `scanner` in *state*), or nothing."""
    if wish == "simulated":
        return SimulatedScanner(state / "scanner")
    return EvdevScanner(Path(wish)) if wish else NoScanner()
