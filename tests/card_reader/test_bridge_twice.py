"""Two messages to one prompt at once: a double click, or a change of mind while the card works."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from card_reader.connection import Connection
from card_reader.simulator.card import DirectConnection
from card_reader.simulator.memory import VolatileStore
from tests.card_reader.test_bridge import CHALLENGE, Desk, Reply
from tests.patience import PATIENCE, until

VERIFY = 0x20


class SlowDesk(Desk):
    """Its card takes its time over a PIN: until `go` is set."""

    def __init__(self, memory: VolatileStore) -> None:
        super().__init__(memory)
        self.go, self.busy, self.pins = Event(), Event(), 0

    @contextmanager
    def _open(self) -> Iterator[Connection]:
        assert self.card
        self.inner = DirectConnection(self.card)
        yield self

    def transmit(self, wire: bytes | bytearray) -> tuple[bytes, int]:
        if wire[1] == VERIFY and len(wire) > 4:
            self.pins += 1
            self.busy.set()
            assert self.go.wait(PATIENCE)
        return self.inner.transmit(wire)

    def type_twice(self, prompt: str, pin: str, second: str = "confirm") -> list[Reply]:
        """Both answers as a browser gets them, the first one's PIN being with the card while the second is sent."""
        heard: list[Reply] = []

        def press(act: str) -> None:
            reply = self.type_pin(prompt, pin, act=act)
            heard.append(self.call(reply.headers["Location"]) if reply.status == 303 else reply)

        first, follow = (Thread(target=press, args=(act,)) for act in ("confirm", second))
        first.start()
        assert self.busy.wait(PATIENCE)
        follow.start()
        if second == "cancel":
            until(lambda: heard, "the answer to the cancel")
        self.go.set()
        first.join(PATIENCE)
        follow.join(PATIENCE)
        return heard


@pytest.fixture
def slow(memory: VolatileStore) -> Iterator[SlowDesk]:
    desk = SlowDesk(memory)
    yield desk
    desk.server.shutdown()
    desk.server.server_close()


def test_a_double_click_signs_once_and_what_was_asked(slow: SlowDesk) -> None:
    asked = slow.ask().json
    answers = slow.type_twice(asked["prompt"] + "?lang=en", "1234")
    result = slow.result(asked["request"])
    key = x509.load_der_x509_certificate(base64.b64decode(result["certificate"])).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(base64.b64decode(result["signature"]), CHALLENGE, PKCS1v15(), SHA256())
    assert slow.pins == 1
    assert [(one.status, "You are confirmed" in one.text) for one in answers] == [(200, True)] * 2


def test_a_double_click_on_a_wrong_pin_costs_one_try(slow: SlowDesk) -> None:
    asked = slow.ask().json
    answers = slow.type_twice(asked["prompt"] + "?lang=en&tried=0", "9999")
    assert slow.pins == 1
    assert ["After 2 more" in one.text for one in answers] == [True, True]
    assert 'action="?lang=en&amp;tried=1"' in slow.call(asked["prompt"] + "?lang=en").text


def test_who_cancels_while_the_card_works_has_signed_nothing(slow: SlowDesk) -> None:
    asked = slow.ask().json
    slow.type_twice(asked["prompt"], "1234", "cancel")
    ended = {"request": asked["request"], "state": "cancelled", "error": {"code": "cancelled"}}
    assert slow.result(asked["request"]) == ended
