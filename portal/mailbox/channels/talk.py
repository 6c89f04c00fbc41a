"""SMTP with an end: all of a conversation has a time and a length, as what is asked over HTTP has (decision 105).

The patience of a socket counts for each part that comes: a server that says a byte a second, or greets without end, would
be heard for ever.
"""

import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any

from portal.core import lookups
from portal.core.outbound import Limits

PART = 16_000
"""Bytes that are given or taken at once."""


@dataclass(slots=True)
class Patience:
    """What is left of the time and the length of one conversation."""

    limits: Limits
    _ends: float = 0.0
    _left: int = 0

    def begin(self, seconds: float) -> None:
        self._ends, self._left = time.monotonic() + seconds, self.limits.longest

    def step(self) -> float:
        """Seconds the next step may take. Raises TimeoutError."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the conversation takes too long")
        return min(self.limits.step, left)

    def heard(self, length: int) -> None:
        """Raises TimeoutError, too."""
        self._left -= length
        if self._left < 0:
            raise TimeoutError("the server says too much")


class Talk(smtplib.SMTP):
    """A conversation that keeps to its *patience*, which has begun; with *trust* it is encrypted from its first byte."""

    def __init__(self, host: str, port: int, patience: Patience, trust: ssl.SSLContext | None = None) -> None:
        self.patience, self.trust = patience, trust
        own_name = lookups.begun(lambda: smtplib.SMTP().local_hostname)
        super().__init__(host, port, own_name.result(patience.step()), timeout=patience.step())

    def connect(self, host: str = "", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        self.sock, self.file = self._reached(host, port), None
        return self.getreply()

    def _reached(self, host: str, port: int) -> socket.socket:
        """At the first of its addresses that answers."""
        fault: OSError = OSError("no address")
        for address in lookups.addresses(host, port, self.patience.step()):
            try:
                plain = socket.create_connection((address, port), self.patience.step())
            except OSError as silent:
                fault = silent
            else:
                return self.trust.wrap_socket(plain, server_hostname=host) if self.trust else plain
        raise fault

    def send(self, s: Any) -> None:
        words = s.encode(self.command_encoding) if isinstance(s, str) else bytes(s)
        for start in range(0, len(words), PART):
            if self.sock:
                self.sock.settimeout(self.patience.step())
            super().send(words[start : start + PART])

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = _Heard(self.sock, self.patience)
        return super().getreply()


class _Heard:
    """The lines a server says."""

    def __init__(self, line: socket.socket, patience: Patience) -> None:
        self._line, self._patience, self._held = line, patience, b""

    def readline(self, most: int) -> bytes:
        while b"\n" not in self._held and len(self._held) < most:
            self._line.settimeout(self._patience.step())
            part = self._line.recv(PART)
            if not part:
                break
            self._patience.heard(len(part))
            self._held += part
        end = min(self._held.find(b"\n") + 1 or most, most)
        said, self._held = self._held[:end], self._held[end:]
        return said

    def close(self) -> None:
        """The line itself is closed by whoever opened it."""
