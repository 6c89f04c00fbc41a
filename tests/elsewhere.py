"""A machine that is not ours, as a test wants it: it tells what it is told to tell, drips, or says far too much."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event

import pytest

from tests import serving

MEGABYTES = 50


@dataclass
class Story:
    """What the machine says, and what it was asked."""

    tell: Callable[["Teller"], None]
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    written: int = 0


class Teller(BaseHTTPRequestHandler):
    server: "Machine"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.story.asked.append((self.command, self.path, dict(self.headers.items()), body))
        with suppress(OSError):
            self.server.story.tell(self)

    def do_GET(self) -> None:
        self.do_POST()

    def say(self, content: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test is quiet."""


class Machine(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, story: Story) -> None:
        super().__init__(("127.0.0.1", 0), Teller)
        self.story = story

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


Serve = Callable[[Callable[[Teller], None]], Machine]


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[Machine] = []

    def begin(tell: Callable[[Teller], None]) -> Machine:
        running.append(Machine(Story(tell)))
        serving.begin(running[-1])
        return running[-1]

    yield begin
    for one in running:
        one.story.over.set()
        serving.end(one)


HEAD = b"HTTP/1.1 200 OK\r\n"


def dripping(begins: bytes) -> Callable[[Teller], None]:
    """A byte at a time, until nobody listens any more."""

    def tell(teller: Teller) -> None:
        teller.wfile.write(begins)
        while not teller.server.story.over.wait(0.01):
            teller.wfile.write(b"a")

    return tell


def much(begins: bytes) -> Callable[[Teller], None]:
    """50 MB, or as much of it as is taken."""

    def tell(teller: Teller) -> None:
        teller.wfile.write(begins)
        for _ in range(MEGABYTES):
            teller.wfile.write(bytes(1_000_000))
            teller.server.story.written += 1_000_000

    return tell
