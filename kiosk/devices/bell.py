"""Sounds. The screen plays them; the machine only says which one, so a bell is a counter the screen reads."""

from __future__ import annotations

import threading


class ScreenBell:
    """Counts rings; the open screen hears of a new one by its event stream and plays it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings = 0
        self._sound = ""

    def ring(self, sound: str) -> None:
        with self._lock:
            self._rings += 1
            self._sound = sound

    def last(self) -> tuple[int, str]:
        with self._lock:
            return self._rings, self._sound
