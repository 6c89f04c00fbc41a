"""Pages that listen to the bridge's reader: several of them, cut off, from elsewhere, too many."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest

from card_reader import bridge
from card_reader.bridge_events import STREAM_LIMIT, Events
from card_reader.monitor import CardEvent
from card_reader.simulator.memory import VolatileStore
from tests.card_reader.test_bridge import PORTAL, TOKEN, Desk, Reply
from tests.patience import until

READER = "Test Window 00 00"
Told = tuple[int, str, dict[str, Any]]


class Page:
    """A page of the portal with an EventSource: what it was told, in order."""

    def __init__(self, place: str, *, origin: str = PORTAL, last: str = "") -> None:
        parts = urlsplit(place)
        self.link = HTTPConnection(parts.netloc, timeout=60)
        self.link.request("GET", parts.path, headers={"Origin": origin} | ({"Last-Event-ID": last} if last else {}))
        self.answer: HTTPResponse = self.link.getresponse()
        self.status = self.answer.status

    def hears(self, count: int) -> list[Told]:
        """The next events, however long they take."""
        told: list[Told] = []
        fields: dict[str, str] = {}
        while len(told) < count:
            line = self.answer.readline().decode().rstrip("\n")
            name, _, value = line.partition(": ")
            fields[name] = value
            if not line and "data" in fields:
                told.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
            if not line:
                fields = {}
        return told

    def close(self) -> None:
        self.answer.close()
        self.link.close()


class Reader:
    """What the monitor of a bridge sees and says."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {"service": True, "reader": READER, "card": False}
        self.now = 0.0
        self.events = Events(lambda: dict(self.state), clock=lambda: self.now, still_here=0.05)

    def says(self, kind: Any, about: str = READER, **state: object) -> None:
        self.state.update(state)
        self.events.hear(CardEvent(about, kind))


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def desk(memory: VolatileStore, reader: Reader) -> Iterator[Desk]:
    desk = Desk(memory)
    desk.service.events = reader.events
    yield desk
    reader.events.close()
    desk.server.shutdown()
    desk.server.server_close()


def ask(desk: Desk, token: str = TOKEN, origin: str = PORTAL) -> Reply:
    body = json.dumps({"pairing": token}).encode()
    return desk.call("/v1/events", body, Origin=origin, Content_Type="application/json")


def listening(desk: Desk) -> Page:
    return Page(ask(desk).json["events"])


def test_every_page_is_told_what_happens_at_the_reader(desk: Desk, reader: Reader) -> None:
    with closing(listening(desk)) as first, closing(listening(desk)) as second:
        assert first.answer.getheader("Content-Type") == "text/event-stream"
        assert first.answer.getheader("Access-Control-Allow-Origin") == PORTAL
        assert first.hears(1) == second.hears(1) == [(0, "state", reader.state)]
        reader.says("inserted", card=True)
        reader.says("inserted", about="Somebody Else's 00 00")
        reader.says("removed", card=False)
        for page in (first, second):
            assert [(kind, state["card"]) for _, kind, state in page.hears(2)] == [
                ("inserted", True),
                ("removed", False),
            ]


def test_an_unplugged_reader_and_a_service_that_restarts_are_told(desk: Desk, reader: Reader) -> None:
    with closing(listening(desk)) as page:
        page.hears(1)
        reader.says("removed", card=False)
        reader.says("reader-gone", reader=None)
        reader.says("service-down", about="", service=False)
        reader.says("service-up", about="", service=True)
        reader.says("reader-added", reader=READER)
        told = page.hears(5)
    assert [(number, kind) for number, kind, _ in told] == [
        (1, "removed"), (2, "reader-gone"), (3, "service-down"), (4, "service-up"), (5, "reader-added"),
    ]  # fmt: skip
    assert told[2][2] == {"service": False, "reader": None, "card": False}


@pytest.mark.parametrize(
    ("last", "first"),
    [
        ("1", (2, "removed")),
        ("2", (3, "inserted")),
        ("", (2, "state")),
        ("9", (2, "state")),
        ("x", (2, "state")),
        ("9" * 40, (2, "state")),
    ],
)
def test_a_page_that_was_cut_off_is_told_what_it_missed(
    desk: Desk, reader: Reader, last: str, first: tuple[int, str]
) -> None:
    where = ask(desk).json["events"]
    with closing(Page(where)) as page:
        page.hears(1)
        reader.says("inserted", card=True)
        page.hears(1)
    reader.says("removed", card=False)
    with closing(Page(where, last=last)) as again:
        told = again.hears(1) if last != "2" else []
        reader.says("inserted", card=True)
        told += again.hears(1)
        assert told[0][:2] == first
        assert told[-1][:2] == (3, "inserted")


def test_what_is_too_long_ago_is_told_as_the_present_state(desk: Desk, reader: Reader) -> None:
    where = ask(desk).json["events"]
    for _ in range(200):
        reader.says("inserted")
    with closing(Page(where, last="3")) as page:
        assert page.hears(1)[0][:2] == (200, "state")
    with closing(Page(where, last="190")) as page:
        assert page.hears(1)[0][:2] == (191, "inserted")


def test_a_page_that_comes_back_ends_its_old_stream(desk: Desk) -> None:
    where = ask(desk).json["events"]
    with closing(Page(where)) as old:
        old.hears(1)
        new = Page(where)
        new.hears(1)
        assert b"data" not in old.answer.read(), "it ends"
        assert b"here" in new.answer.readline()
        new.close()


def test_only_paired_pages_of_the_list_listen_and_each_for_itself(desk: Desk, reader: Reader) -> None:
    assert ask(desk, token="x" * 40).status == 403
    assert ask(desk, origin="http://evil.example").status == 403
    where = ask(desk).json["events"]
    assert TOKEN not in where
    assert Page(where, origin="http://evil.example").status == 403
    desk.service._origins |= {"http://127.0.0.1:8001"}
    assert Page(where, origin="http://127.0.0.1:8001").status == 204
    assert Page(where + "x").status == 204, "which ends an EventSource"
    reader.now += 61
    assert Page(where).status == 204, "nobody came in time"


def test_a_listening_page_keeps_its_place_and_others_get_it_afterwards(desk: Desk, reader: Reader) -> None:
    pages = [listening(desk) for _ in range(STREAM_LIMIT)]
    for page in pages:
        page.hears(1)  # an answer's headers come before its stream begins
    reader.now += 3600
    refused = ask(desk)
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (429, PORTAL)
    for page in pages:
        page.close()
    reader.says("inserted")  # writing shows who is gone
    reader.says("removed")
    until(lambda: _forgotten(desk, reader), "the places of those who left")


def _forgotten(desk: Desk, reader: Reader) -> bool:
    reader.now += 61
    return ask(desk).status == 201


def test_a_page_that_does_not_read_holds_nobody_up(desk: Desk, reader: Reader) -> None:
    reader.state["reader"] = READER + "x" * 60_000  # soon more than any buffer holds
    with closing(listening(desk)), closing(listening(desk)) as awake:
        awake.hears(1)
        for number in range(1, 60):
            reader.says("inserted", about="")
            assert awake.hears(1)[0][0] == number


def test_the_events_end_with_the_bridge(desk: Desk, reader: Reader) -> None:
    with closing(listening(desk)) as page:
        page.hears(1)
        reader.events.close()
        assert b"data" not in page.answer.read()


def test_a_card_that_another_page_holds_is_busy_and_not_waited_for_without_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "PATIENCE_SECONDS", 0.05)
    asked = desk.ask().json
    body = json.dumps({"pairing": TOKEN}).encode()
    held = desk.call("/v1/relay", body, Origin=PORTAL, Content_Type="application/json").json["relay"]
    assert "Another program is using the card" in desk.call(asked["prompt"] + "?lang=en").text
    assert desk.type_pin(asked["prompt"] + "?lang=en", "1234").status == 409
    assert desk.result(asked["request"])["state"] == "waiting"
    desk.call(f"/v1/relay/{held}", b"{}", Origin=PORTAL, Content_Type="application/json")
    assert "You are confirmed" in desk.type_pin(asked["prompt"] + "?lang=en", "1234").text


def test_a_waiting_page_is_told_when_to_look(desk: Desk) -> None:
    asked = desk.ask().json
    with closing(listening(desk)) as page:
        page.hears(1)
        desk.type_pin(asked["prompt"], "1234")
        number, kind, state = page.hears(1)[0]
    assert (number, kind) == (1, "answered")
    assert asked["request"] not in json.dumps(state)
    assert desk.result(asked["request"])["state"] == "done"


def test_a_refusal_can_be_read_by_the_page_that_asked(desk: Desk) -> None:
    refused = desk.ask(token="x" * 40)
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (403, PORTAL)
