"""A mail server is spoken with no longer than a letter may take, however it answers; no database needed."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event
from typing import Any

import pytest

from portal.core.outbound import Limits
from portal.mailbox.channels import mail
from portal.mailbox.channels.parcels import Outcome
from tests import serving
from tests.patience import PATIENCE

LITTLE = Limits(step=30.0, whole=0.3, longest=4_000)
"""Whoever stops at the length does not wait for the time, and the other way round: both are small."""
PATIENT = Limits(step=30.0, whole=60.0, longest=4_000)
SAYS = {b"EHLO": b"250-here\r\n250 STARTTLS\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}
GREETING, END = b"", b"."


@dataclass
class Story:
    """How a server answers one thing; to everything else it says what it should."""

    to: bytes
    tell: Callable[["Teller"], None]
    over: Event = field(default_factory=Event)


class Teller(StreamRequestHandler):
    server: "Server"

    def handle(self) -> None:
        with suppress(OSError):
            self._answer(GREETING, b"220 here\r\n")
            while said := self.rfile.readline():
                word = said[:4].strip().upper()
                self._answer(word, SAYS.get(word, b"250 ok\r\n"))
                if word == b"DATA":
                    while self.rfile.readline() not in (b".\r\n", b""):
                        """A letter is of no interest."""
                    self._answer(END, b"250 ok\r\n")

    def _answer(self, word: bytes, usual: bytes) -> None:
        if word == self.server.story.to:
            self.server.story.tell(self)
        else:
            self.wfile.write(usual)


class Server(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, story: Story) -> None:
        super().__init__(("127.0.0.1", 0), Teller)
        self.story = story

    def at(self, scheme: str = "smtp", host: str = "127.0.0.1") -> mail.MailServer:
        return mail.MailServer(f"{scheme}://{host}:{self.server_address[1]}", "portal@city.example", "市")


Serve = Callable[[bytes, Callable[[Teller], None]], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[Server] = []

    def begin(to: bytes, tell: Callable[[Teller], None]) -> Server:
        running.append(Server(Story(to, tell)))
        serving.begin(running[-1])
        return running[-1]

    yield begin
    for one in running:
        one.story.over.set()
        serving.end(one)


def dripping(begins: bytes, again: bytes = b"a") -> Callable[[Teller], None]:
    """A little at a time, until nobody listens any more."""

    def tell(teller: Teller) -> None:
        teller.wfile.write(begins)
        while not teller.server.story.over.wait(0.01):
            teller.wfile.write(again)

    return tell


def flooding(teller: Teller) -> None:
    """Lines of an answer that never comes to its last one, as fast as they are taken."""
    while not teller.server.story.over.is_set():
        teller.wfile.write(b"250-and\r\n" * 1_000)


def silent(teller: Teller) -> None:
    teller.server.story.over.wait()


Names = Callable[[Callable[[], list[str]]], None]


def sent(server: mail.MailServer, limits: Limits) -> Outcome:
    with server.open(limits) as line:
        return line.send(a_letter(server)).outcome


def a_letter(server: mail.MailServer) -> mail.EmailMessage:
    return mail.letter(server, to="a@b.example", subject="市から", text="本文", key="k1", language="ja")


@pytest.mark.parametrize("to", [GREETING, b"EHLO", b"MAIL", b"RCPT", b"DATA", END])
@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(dripping(b"250 "), id="a byte at a time"),
        pytest.param(dripping(b"", b"250-and\r\n"), id="a line at a time"),
        pytest.param(silent, id="nothing"),
    ],
)
def test_a_server_that_comes_to_no_end_is_left(serve: Serve, to: bytes, tell: Callable[[Teller], None]) -> None:
    assert sent(serve(to, tell).at(), LITTLE) is Outcome.LATER


def test_a_server_that_answers_without_end_is_not_heard_out(serve: Serve) -> None:
    assert sent(serve(b"EHLO", flooding).at(), PATIENT) is Outcome.LATER


def test_a_line_without_end_is_not_heard_out(serve: Serve) -> None:
    def tell(teller: Teller) -> None:
        while not teller.server.story.over.is_set():
            teller.wfile.write(b"250 " + b"a" * 1_000)

    assert sent(serve(b"MAIL", tell).at(), PATIENT) is Outcome.LATER


@pytest.mark.parametrize(
    ("scheme", "to", "begins"), [("smtps", GREETING, b""), ("smtp+starttls", b"STAR", b"220 go\r\n")]
)
def test_who_comes_to_no_end_of_agreeing_on_a_cipher_is_left(
    serve: Serve, scheme: str, to: bytes, begins: bytes
) -> None:
    server = serve(to, dripping(begins + b"\x16\x03\x03\x3f\xff", b"\0"))
    assert sent(server.at(scheme), LITTLE) is Outcome.LATER


def test_a_leave_that_is_not_answered_takes_the_time_of_a_step(serve: Serve) -> None:
    server = serve(b"QUIT", dripping(b"221 "))
    assert sent(server.at(), Limits(step=0.3, whole=60.0, longest=4_000)) in (Outcome.SENT, Outcome.LATER)


def test_each_letter_on_a_line_has_its_own_time_and_length(serve: Serve) -> None:
    server = serve(b"never", silent).at()
    with server.open(Limits(step=30.0, whole=60.0, longest=150)) as line:
        assert {line.send(a_letter(server)).outcome for _ in range(9)} == {Outcome.SENT}


def test_a_letter_larger_than_what_is_given_at_once_arrives_whole(serve: Serve) -> None:
    heard: list[bytes] = []

    def read(teller: Teller) -> None:
        teller.wfile.write(b"354 go on\r\n")
        while (line := teller.rfile.readline()) != b".\r\n":
            heard.append(line)
        teller.wfile.write(b"250 ok\r\n")
        raise ConnectionResetError

    server = serve(b"DATA", read).at()
    letter = mail.letter(server, to="a@b.example", subject="市から", text="長" * 30_000, key="k1", language="ja")
    with server.open(Limits(step=60.0, whole=60.0)) as line:
        assert line.send(letter).outcome is Outcome.SENT
        assert b"".join(heard) == letter.as_bytes()


# ---- names --------------------------------------------------------------------------------

NAME = "mail.invalid"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Who answers for NAME: what the network says is no code of ours."""
    really = socket.getaddrinfo

    def answer(look: Callable[[], list[str]]) -> None:
        def asked(host: str, port: int, *about: int, **more: int) -> list[Any]:
            if host != NAME:
                return really(host, port, *about, **more)
            return [(0, 0, 0, "", (address, port)) for address in look()]

        monkeypatch.setattr(socket, "getaddrinfo", asked)

    return answer


def test_a_name_nobody_answers_for_takes_no_longer(serve: Serve, names: Names) -> None:
    over, ended = Event(), Event()
    names(lambda: [str(over.wait(PATIENCE)), str(ended.set())])
    assert sent(serve(b"never", silent).at(host=NAME), LITTLE) is Outcome.LATER
    assert not ended.is_set(), "it was not waited for"
    over.set()


def test_a_name_that_is_not_there_is_later(serve: Serve, names: Names) -> None:
    def look() -> list[str]:
        raise socket.gaierror

    names(look)
    assert sent(serve(b"never", silent).at(host=NAME), PATIENT) is Outcome.LATER


def test_the_next_address_is_tried_where_the_first_is_not_there(serve: Serve, names: Names) -> None:
    names(lambda: ["::1", "127.0.0.1"])
    assert sent(serve(b"never", silent).at(host=NAME), PATIENT) is Outcome.SENT
