"""Asking a ClamAV daemon about bytes: its INSTREAM command, over a Unix or TCP socket (clamd(8)).

The daemon reads length-prefixed pieces (four bytes, big-endian) and a zero length, then says "stream: OK" or
"stream: <name> FOUND".
"""

import socket
from collections.abc import Callable
from enum import StrEnum

from portal.core import journal

log = journal.get_logger("files")

PIECE = 65_536
SECONDS = 15.0
LONGEST_ANSWER = 4_096


class Verdict(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    UNKNOWN = "unknown"  # no answer in time, or one that says neither


Scan = Callable[[bytes], Verdict]


def scanner(address: str) -> Scan | None:
    """Who looks through files: a daemon at "/path/of/socket" or "host:port"; None for ""."""
    return None if not address else lambda content: ask(address, content)


def ask(address: str, content: bytes) -> Verdict:
    """What the daemon says about *content*; raises nothing."""
    try:
        with _connected(address) as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE):
                piece = content[start : start + PIECE]
                line.sendall(len(piece).to_bytes(4, "big") + piece)
            line.sendall(bytes(4))
            answer = _answer(line)
    except OSError as fault:
        log.warning("scanner.silent", error=type(fault).__name__)
        return Verdict.UNKNOWN
    if answer.endswith(b" FOUND"):
        return Verdict.INFECTED
    if answer == b"stream: OK":
        return Verdict.CLEAN
    log.warning("scanner.unclear")
    return Verdict.UNKNOWN


def _connected(address: str) -> socket.socket:
    if address.startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(SECONDS)
        try:
            line.connect(address)
        except OSError:
            line.close()
            raise
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)


def _answer(line: socket.socket) -> bytes:
    said = b""
    while b"\0" not in said and len(said) < LONGEST_ANSWER:
        part = line.recv(LONGEST_ANSWER)
        if not part:
            break
        said += part
    return said.split(b"\0")[0].strip()
