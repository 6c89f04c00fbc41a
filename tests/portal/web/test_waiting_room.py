"""When more people come than can be served: a line in which order is kept and nobody starves."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from portal.app import create_app, open_database
from portal.config import Settings
from portal.web.line import AT_ONCE, LONGEST_REQUEST, PATIENCE, Line
from portal.web.waiting_room import COOKIE, PLACE, SECONDS, TICKET_LIVES, WaitingRoom
from tests.browser import check_html

LANGUAGES = ("ja", "en", "zh", "ko", "es", "pt")


class Watch:
    """A clock that goes when told to."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def watch() -> Watch:
    return Watch()


NewLine = Callable[..., Line]


@pytest.fixture
def new_line(tmp_path: Path, watch: Watch) -> Iterator[NewLine]:
    """`new_line(places, …)`: a line in a file of its own, by the test's watch."""
    made: list[Line] = []

    def make(places: int, **options: Any) -> Line:
        made.append(Line(places, tmp_path / f"{len(made)}.line", **{"now": watch, **options}))
        return made[-1]

    yield make
    for line in made:
        line.close()


def room(line: Line, inner: Any = None, pages: dict[str, str] | None = None) -> WaitingRoom:
    def greets(_environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"welcome"]

    pages = pages or dict.fromkeys(LANGUAGES, f"<p>{PLACE}</p>")
    return WaitingRoom(inner or greets, line, b"key", pages, demo=True)


def test_order_is_kept_and_the_place_shrinks(watch: Watch, new_line: NewLine) -> None:
    line = new_line(1, stay=10)
    first, second, third = line.ask(None), line.ask(None), line.ask(None)
    assert (first.ahead, second.ahead, third.ahead) == (None, 0, 1)
    line.leave(first.ticket)
    watch.time += 11  # the first has gone home; the other two kept asking
    assert line.ask(third.ticket).ahead == 1, "the third does not overtake the second"
    assert line.ask(second.ticket).ahead is None
    assert line.ask(third.ticket).ahead == 0


def test_who_leaves_the_line_holds_nobody_up(watch: Watch, new_line: NewLine) -> None:
    line = new_line(1, stay=10)
    first, _gone, third = line.ask(None), line.ask(None), line.ask(None)
    line.leave(first.ticket)
    watch.time += PATIENCE - 1
    assert line.ask(third.ticket).ahead == 1
    watch.time += 2
    assert line.ask(third.ticket).ahead is None


def test_a_place_is_kept_between_two_requests(watch: Watch, new_line: NewLine) -> None:
    line = new_line(1, stay=60)
    inside = line.ask(None)
    waiting = line.ask(None)
    line.leave(inside.ticket)
    watch.time += 30
    assert line.ask(inside.ticket).ahead is None
    assert line.ask(waiting.ticket).ahead == 0


def test_a_ticket_that_many_share_is_one_place(new_line: NewLine) -> None:
    line = new_line(2)
    ticket = line.ask(None).ticket
    turns = [line.ask(ticket).ahead for _ in range(AT_ONCE + 20)]
    assert turns == [None] * (AT_ONCE - 1) + [0] * 21
    line.leave(ticket)
    assert line.ask(ticket).ahead is None
    assert line.ask(None).ahead is None, "others are let in"


def test_a_forged_or_expired_ticket_is_worth_nothing(watch: Watch, new_line: NewLine) -> None:
    gate = room(new_line(1))
    cookie = gate.sign(7)
    assert gate.read(cookie) == 7
    assert gate.read(cookie.replace(".7.", ".1.")) is None
    assert gate.read("") is None
    assert gate.read("1.2.3.4") is None
    assert room(new_line(1)).read(cookie) is None, "a ticket of another start"
    watch.time += TICKET_LIVES + 1
    assert gate.read(cookie) is None


def test_a_visitor_waits_with_a_number_and_then_comes_in(watch: Watch, new_line: NewLine) -> None:
    gate = room(new_line(1, stay=10))
    first, second = Client(gate), Client(gate)
    first.get("/", buffered=True)
    answer = second.get("/")
    assert answer.status_code == 503
    assert answer.text == "<p>1</p>"
    assert answer.headers["Retry-After"] == answer.headers["Refresh"] == "2"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "; Secure; HttpOnly" in answer.headers["Set-Cookie"]
    watch.time += 11
    assert second.get("/", headers={"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}).text == "welcome"


def test_a_page_asks_the_sooner_the_nearer_its_turn_can_be(new_line: NewLine) -> None:
    """Of two seats one is free every thirty seconds at the earliest: the next in line must not miss it."""
    gate = room(new_line(2, stay=60), pages=dict.fromkeys(LANGUAGES, f"<p>{PLACE} {SECONDS}</p>"))
    asked = [Client(gate).get("/", buffered=True) for _ in range(5)]
    assert [answer.status_code for answer in asked] == [200, 200, 503, 503, 503]
    assert [answer.headers.get("Refresh") for answer in asked[2:]] == ["2", "10", "10"]
    assert [answer.text for answer in asked[2:]] == ["<p>1 2</p>", "<p>2 10</p>", "<p>3 10</p>"]
    near = room(new_line(30, stay=60))
    asked = [Client(near).get("/", buffered=True) for _ in range(60)]
    assert [int(answer.headers["Refresh"]) for answer in asked[30:]] == [
        min(10, max(2, before)) for before in range(30)
    ]


@pytest.mark.parametrize(
    ("sent_from", "asked_next"),
    [
        ("http://localhost/reservations/new?application=8c2f&day=1", "2; url=/reservations/new?application=8c2f&day=1"),
        ("http://localhost/", "2; url=/"),
        ("http://elsewhere.example/reservations/new", "2"),
        ("http://localhost//elsewhere.example", "2"),
        ("http://localhost/\\elsewhere.example", "2"),
        ("http://localhost/a\"b", "2"),
        ("nonsense", "2"),
        ("", "2"),
    ],
)  # fmt: skip
def test_who_sent_a_form_comes_back_to_its_page(new_line: NewLine, sent_from: str, asked_next: str) -> None:
    """A page that asks again by itself asks without what was sent; the form's own address may be no page."""
    gate = room(new_line(1))
    Client(gate).get("/", buffered=True)
    waits = Client(gate).post("/reservations/new", headers={"Referer": sent_from} if sent_from else {})
    assert waits.status_code == 503
    assert waits.headers.getlist("Refresh") == [asked_next]


def test_health_and_style_sheets_pass_and_machines_are_told_when_to_come(watch: Watch, new_line: NewLine) -> None:
    gate = room(new_line(1))
    assert Client(gate).get("/").status_code == 200
    crowded = Client(gate)
    assert crowded.get("/healthz").status_code == 200
    assert crowded.get("/static/css/base.css").status_code == 200
    answer = crowded.get("/api/v1/notices")
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Retry-After"]
    assert COOKIE not in answer.headers.get("Set-Cookie", "")


def test_a_bug_behind_the_door_gives_the_place_back(new_line: NewLine) -> None:
    def breaks(_environ: Any, _start: Any) -> Iterable[bytes]:
        raise RuntimeError

    line = new_line(1, stay=0)
    for _ in range(3):
        with pytest.raises(RuntimeError):
            Client(room(line, breaks)).get("/")


def test_a_request_that_never_ends_frees_its_place_in_the_end(watch: Watch, new_line: NewLine) -> None:
    """As when its process was killed."""
    line = new_line(1)
    stuck, waiting = line.ask(None), line.ask(None)
    for _ in range(int(LONGEST_REQUEST // 20)):
        assert line.ask(waiting.ticket).ahead == 0
        watch.time += 20
    assert line.ask(waiting.ticket).ahead is None
    line.leave(stuck.ticket)
    assert line.ask(stuck.ticket).ticket != stuck.ticket
    assert line.ask(waiting.ticket).ahead is None, "the late end of the stuck request took nobody's place away"


def test_a_line_too_long_sends_people_back_without_a_number(watch: Watch, new_line: NewLine) -> None:
    line = new_line(1, stay=10, most=3)
    tickets = [line.ask(None).ticket for _ in range(6)]
    assert tickets == [1, 2, 3, 4, 0, 0]
    line.leave(1)
    watch.time += 11
    assert line.ask(2).ahead is None
    assert line.ask(0).ticket == 5


def test_three_hundred_at_fifty_places(new_line: NewLine) -> None:
    """Fifty at a time, everybody in the end."""
    line, guard, done = new_line(50, stay=0, now=time.monotonic), threading.Lock(), threading.Condition()
    inside, most, served = 0, 0, 0

    def visit() -> None:
        nonlocal inside, most, served
        turn = line.ask(None)
        with done:
            while turn.ahead is not None:
                done.wait(timeout=0.2)
                turn = line.ask(turn.ticket)
        with guard:
            inside += 1
            most = max(most, inside)
        with guard:
            inside -= 1
        line.leave(turn.ticket)
        with done:
            served += 1
            done.notify_all()

    crowd = [threading.Thread(target=visit) for _ in range(300)]
    for visitor in crowd:
        visitor.start()
    for visitor in crowd:
        visitor.join(timeout=60)
    assert served == 300
    assert most <= 50


def test_the_real_page_is_sound_in_every_language(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, waiting_room_limit=1)
    database = open_database(settings)
    app = create_app(settings, database)
    room_of_app: Any = app.wsgi_app
    room_of_app.line.ask(None)  # somebody has the only place
    for language in LANGUAGES:
        answer = app.test_client().get("/mailbox", headers={"Accept-Language": language})
        assert answer.status_code == 503
        assert check_html(answer.text).get("lang") == language
        assert PLACE not in answer.text
        assert SECONDS not in answer.text
    database.close()
