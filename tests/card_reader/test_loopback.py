"""What a small service of this machine says of callers that leave and of its own faults: no traceback, nothing they said."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Iterator
from threading import Event

import pytest

from card_reader.loopback import Answer, LoopbackServer, Request
from tests import serving
from tests.patience import until

SECRET = "暗証番号1234"


class Slow:
    """Answers, at length, once its caller has left."""

    def __init__(self) -> None:
        self.asked, self.left = Event(), Event()
        self.headers: dict[str, str] = {}

    def __call__(self, request: Request) -> Answer:
        self.asked.set()
        self.left.wait(60)
        return Answer(body=bytes(1 << 24), headers=self.headers)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def server(slow: Slow) -> Iterator[LoopbackServer]:
    made = LoopbackServer(0, slow)
    serving.begin(made)
    yield made
    serving.end(made)


def caller(server: LoopbackServer, said: bytes) -> socket.socket:
    made = socket.create_connection(server.server_address[:2])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # its end is a reset, not a farewell
    made.sendall(said)
    return made


def request(server: LoopbackServer) -> bytes:
    return f"GET /?q=1234 HTTP/1.1\r\nHost: 127.0.0.1:{server.server_address[1]}\r\n\r\n".encode()


def test_a_browser_that_leaves_before_its_answer_is_no_fault(
    server: LoopbackServer, slow: Slow, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        leaving = caller(server, request(server))
        assert slow.asked.wait(60)
        leaving.close()
        slow.left.set()
        until(lambda: "loopback.caller-left" in caplog.text, "a caller that left")
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    assert capfd.readouterr().err == ""


def test_one_that_leaves_within_its_request_is_none_either(
    server: LoopbackServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        caller(server, b"GET / HT").close()
        until(lambda: "loopback.caller-left" in caplog.text, "a caller that left")
    assert capfd.readouterr().err == ""


def test_a_fault_while_answering_is_named_without_what_was_said(
    server: LoopbackServer, slow: Slow, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    slow.headers["X-Said"] = SECRET  # no header can hold it
    slow.left.set()
    with caplog.at_level(logging.DEBUG):
        waiting = caller(server, request(server))
        until(lambda: "loopback.fault" in caplog.text, "a fault")
        waiting.close()
    assert "UnicodeEncodeError" in caplog.text
    assert SECRET not in caplog.text
    assert capfd.readouterr().err == ""
