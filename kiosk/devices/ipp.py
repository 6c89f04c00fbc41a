"""One question to the print server (RFC 8010, 8011): how a job stands. No command of CUPS tells a job that was taken back
from one that was printed."""

from __future__ import annotations

import http.client
import socket
import struct
from enum import IntEnum
from urllib.parse import urlsplit

SECONDS = 10.0
LARGEST = 100_000
GET_JOB_ATTRIBUTES = 0x0009
OPERATION, END = b"\x01", b"\x03"
ENUM, KEYWORD, URI, CHARSET, LANGUAGE = 0x23, 0x44, 0x45, 0x47, 0x48


class State(IntEnum):
    """job-state (RFC 8011, 5.3.7)."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


WITHDRAWN = (State.CANCELED, State.ABORTED)
NOT_FOUND = 0x0406  # client-error-not-found (RFC 8011, appendix B)


class ServerSilent(Exception):
    """A print server is there, but does not say how the job stands."""


def state_of(server: str, job: str) -> State | None:
    """How job `queue-17` stands; None when there is no such server, or none that knows the job: it was not printed there.
    *server* is a socket's path or host:port. Raises ServerSilent."""
    number = job.rpartition("-")[2]
    try:
        line = _connection(server)
        line.request("POST", "/jobs/", _question(number), {"Content-Type": "application/ipp"})
        answer = line.getresponse().read(LARGEST)
        line.close()
        _, _, status, _ = struct.unpack_from(">bbHI", answer)
        return None if status == NOT_FOUND else State(_enum_of(answer, b"job-state"))
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except (OSError, http.client.HTTPException, ValueError, struct.error, IndexError) as fault:
        raise ServerSilent from fault


def _question(number: str) -> bytes:
    attributes = (
        (CHARSET, "attributes-charset", "utf-8"),
        (LANGUAGE, "attributes-natural-language", "en"),
        (URI, "job-uri", f"ipp://localhost/jobs/{number}"),
        (KEYWORD, "requested-attributes", "job-state"),
    )
    written = b"".join(_attribute(tag, name.encode(), value.encode()) for tag, name, value in attributes)
    return struct.pack(">bbHI", 2, 0, GET_JOB_ATTRIBUTES, 1) + OPERATION + written + END


def _attribute(tag: int, name: bytes, value: bytes) -> bytes:
    return struct.pack(">bH", tag, len(name)) + name + struct.pack(">H", len(value)) + value


def _enum_of(answer: bytes, wanted: bytes) -> int:
    """The value of an enumerated attribute. ValueError when the server says no, or does not name it."""
    _, _, status, _ = struct.unpack_from(">bbHI", answer)
    place = 8
    while status < 0x100 and answer[place] != END[0]:
        tag, place = answer[place], place + 1
        if tag < 0x10:  # a new group begins
            continue
        name, place = _counted(answer, place)
        value, place = _counted(answer, place)
        if (tag, name) == (ENUM, wanted):
            return int.from_bytes(value, "big")
    raise ValueError("not told")


def _counted(answer: bytes, place: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from(">H", answer, place)
    return answer[place + 2 : place + 2 + size], place + 2 + size


class _Socket(http.client.HTTPConnection):
    """HTTP over a socket in the file system, as CUPS is reached on its own machine."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self.path)

    path = ""


def _connection(server: str) -> http.client.HTTPConnection:
    if server.startswith("/"):
        line = _Socket("localhost", timeout=SECONDS)
        line.path = server
        return line
    parts = urlsplit(f"//{server}")
    return http.client.HTTPConnection(parts.hostname or "localhost", parts.port or 631, timeout=SECONDS)
