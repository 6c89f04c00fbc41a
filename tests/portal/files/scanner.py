"""A small daemon that speaks ClamAV's INSTREAM as clamd(8) says it, and knows one signature: EICAR."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# https://www.eicar.org: harmless, and every scanner finds it. In two parts, or they find this file.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """The address of a running one."""
    path = folder / "clamd.sock"
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    thread = threading.Thread(target=_serve, args=(server,), daemon=True)
    thread.start()
    try:
        yield str(path)
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)
        path.unlink()


def _serve(server: socket.socket) -> None:
    while True:
        try:
            line, _ = server.accept()
        except OSError:
            return
        with line:
            _answer(line)


def _answer(line: socket.socket) -> None:
    if _read(line, 10) != b"zINSTREAM\0":
        line.sendall(b"UNKNOWN COMMAND\0")
        return
    content = b""
    while size := int.from_bytes(_read(line, 4), "big"):
        content += _read(line, size)
    line.sendall(b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


def _read(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = line.recv(size - len(found))
        if not part:
            return found
        found += part
    return found
