"""The PIN pad: ten keys in a new order each time, digits in one buffer that is wiped.

A touch sends the position of a key, not its digit, so digits are in no request, log or browser history.
"""

from __future__ import annotations

import secrets
import threading

from card_reader.easy_pins import is_easy

PIN_LENGTH = 4


class PinPad:
    """Thread-safe. The screen may ask how many digits are in, never which."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._digits = bytearray()
        self._aside: dict[str, bytearray] = {}
        self._layout: tuple[int, ...] = tuple(range(10))
        self.confirmed_too_early = False
        self.shuffle()

    @property
    def layout(self) -> tuple[int, ...]:
        """The digit printed on each of the ten keys."""
        return self._layout

    @property
    def count(self) -> int:
        return len(self._digits)

    @property
    def is_full(self) -> bool:
        return self.count == PIN_LENGTH

    @property
    def is_easy(self) -> bool:
        """What is in it is among the first a finder of the card would try."""
        with self._lock:
            return is_easy(self._digits)

    def shuffle(self) -> None:
        """Wipe, and lay the keys anew, so that a worn or greasy spot on the glass tells nothing."""
        wipe(self.take())
        self.confirmed_too_early = False
        keys = list(range(10))
        secrets.SystemRandom().shuffle(keys)
        self._layout = tuple(keys)

    def press(self, position: int) -> None:
        self.confirmed_too_early = False
        with self._lock:
            if 0 <= position < 10 and len(self._digits) < PIN_LENGTH:
                self._digits.append(ord("0") + self._layout[position])

    def erase(self) -> None:
        """Take the last digit back."""
        with self._lock:
            if self._digits:
                self._digits[-1] = 0
                del self._digits[-1]

    def clear(self) -> None:
        self.confirmed_too_early = False
        with self._lock:
            for buffer in (self._digits, *self._aside.values()):
                wipe(buffer)
            self._digits = bytearray()
            self._aside = {}

    def keep(self, name: str) -> None:
        """Put the digits aside under a name, while the next PIN is typed."""
        digits = self.take()
        with self._lock:
            wipe(self._aside.pop(name, bytearray()))
            self._aside[name] = digits

    def kept(self, name: str) -> bytearray:
        """A copy of what was put aside; the taker wipes it."""
        with self._lock:
            return bytearray(self._aside.get(name, b""))

    def take(self) -> bytearray:
        """Hand the digits over; the taker wipes them. The pad is empty afterwards."""
        with self._lock:
            digits, self._digits = self._digits, bytearray()
            return digits


def wipe(buffer: bytearray) -> None:
    """Overwrite in place; the buffer keeps its length."""
    for index in range(len(buffer)):
        buffer[index] = 0
