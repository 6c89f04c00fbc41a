"""The private programme lies, stammers or forgets: nobody loses points by it, and the books are compared nevertheless."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event

import pytest
from pydantic import SecretStr

from portal.config import Settings
from portal.core import clock
from portal.core.outbound import Limits
from portal.core.uow import Database
from portal.points import service as points
from portal.points.exchange import programme as speaking
from portal.points.exchange import watching
from portal.points.exchange.programme import Programme, ProgrammeSilent
from portal.points.exchange.rules import Difference, State
from portal.points.ledger.rules import AGAIN
from tests import serving
from tests.portal.points.books import wrong
from tests.portal.points.test_exchange import ask, carry, compare, known, programme, rich, state
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.test_spending import balance

__all__ = ["known", "programme", "rich"]


class Liar(ThreadingHTTPServer):
    """Answers everything with the same words."""

    daemon_threads = True
    status, words = 200, b"{}"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Parrot)


class Parrot(BaseHTTPRequestHandler):
    server: Liar

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.do_GET()

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.words)))
        self.end_headers()
        self.wfile.write(self.server.words)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test is quiet."""


@pytest.fixture
def liar() -> Iterator[Liar]:
    served = Liar()
    serving.begin(served)
    yield served
    serving.end(served)


@pytest.fixture
def deceived(settings: Settings, liar: Liar) -> Settings:
    url = f"http://127.0.0.1:{liar.server_port}"
    return settings.model_copy(update={"exchange_url": url, "exchange_token": SecretStr("of a test")})


def says(liar: Liar, status: int, words: str) -> None:
    liar.status, liar.words = status, words.encode()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (422, '{"code": ""}'),
        (422, '{"code": "a\\u0000b"}'),
        (404, '{"code": "\\ud800"}'),
        (409, '{"code": "Not Found"}'),
        (422, '{"code": ["closed"]}'),
        (418, '{"code": "closed"}'),
        (201, '{"state": "reserved", "units": 501}'),
        (201, '{"state": ["reserved"], "units": 500}'),
        (200, "[" * 100_000),
        (200, "[]"),
    ],
)
def test_what_is_neither_yes_nor_no_takes_nothing(
    rich: Database, deceived: Settings, liar: Liar, status: int, words: str
) -> None:
    """Neither the points nor the worker's time: it is asked again, until the points go back by themselves."""
    reference = ask(rich)
    says(liar, status, words)
    carry(rich, deceived)
    assert (state(rich, reference), balance(rich)) == (State.ASKED, 1_500)
    says(liar, 422, '{"code": "closed"}')
    with clock.freeze(clock.now() + timedelta(hours=13)):
        with rich.command("remind") as session:
            watching.remind(session)
        carry(rich, deceived)
    assert (state(rich, reference), balance(rich)) == (State.REFUSED, 2_000)
    assert wrong(rich) == []


@pytest.mark.parametrize("sign", ["\\u0000", "\\ud800", "\\n"])
def test_a_key_no_database_holds_does_not_stop_the_comparison(
    rich: Database, deceived: Settings, liar: Liar, sign: str
) -> None:
    says(liar, 200, f'{{"exchanges": [{{"key": "A{sign}B", "units": 5}}, {{"key": "C", "units": 7}}]}}')
    there = {("A\ufffdB", Difference.MISSING_HERE, 0, 5), ("C", Difference.MISSING_HERE, 0, 7)}
    assert {*compare(rich, deceived)} == there


@pytest.mark.parametrize("words", ['{"exchanges": {"key": 1}}', '{"exchanges": [{"key": "X", "units": 1e400}]}', "{}"])
def test_a_list_that_is_none_is_silence(rich: Database, deceived: Settings, liar: Liar, words: str) -> None:
    says(liar, 200, words)
    with pytest.raises(ProgrammeSilent):
        compare(rich, deceived)


def test_points_that_ran_out_while_the_programme_was_asked_last_for_a_week_more(
    database: Database, cast_residents: None, deceived: Settings, liar: Liar
) -> None:
    """People exchange on the last day; that the programme says no, or nothing, is not their fault."""
    now = clock.now()
    with clock.freeze(now):
        hanako = resident(database)
        earn(database, hanako, 600, days_ago=700)
        with database.command("look") as session:
            last = points.expiring(session, hanako)[0].day
    evening = now + timedelta(days=(last - clock.today()).days)
    with clock.freeze(evening):
        reference = ask(database, 500)
    with clock.freeze(evening + timedelta(days=1)):
        says(liar, 404, '{"code": "member-unknown"}')
        assert balance(database) == 0
        carry(database, deceived)
        assert (state(database, reference), balance(database)) == (State.REFUSED, 500)
    with clock.freeze(evening + timedelta(days=1) + AGAIN):
        assert balance(database) == 500
    with clock.freeze(evening + timedelta(days=2) + AGAIN):
        assert balance(database) == 0
    assert wrong(database) == []


class Dripping(BaseHTTPRequestHandler):
    """Begins an answer of any length and brings it a byte at a time; ends when nobody listens any more."""

    server: "Drip"

    def do_POST(self) -> None:
        with suppress(OSError):
            self.wfile.write(self.server.begins)
            while True:
                self.wfile.write(b" " * self.server.at_once)
                self.server.over.wait(self.server.pause)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test is quiet."""


class Drip(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, begins: bytes, at_once: int, pause: float) -> None:
        super().__init__(("127.0.0.1", 0), Dripping)
        self.begins, self.at_once, self.pause, self.over = begins, at_once, pause, Event()


ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"


@pytest.mark.parametrize(
    ("begins", "at_once", "pause"),
    [
        pytest.param(ENDLESS, 1, 0.01, id="content"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Long: ", 1, 0.01, id="head"),
        pytest.param(ENDLESS, 100_000, 0.0, id="without end"),
    ],
)
def test_an_answer_that_does_not_end_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch, begins: bytes, at_once: int, pause: float
) -> None:
    """One worker does everything of the city: it waits for no programme for ever, and keeps no endless answer."""
    monkeypatch.setattr(speaking, "LIMITS", Limits(whole=0.5))
    served = Drip(begins, at_once, pause)
    serving.begin(served)
    with pytest.raises(ProgrammeSilent):
        Programme(f"http://127.0.0.1:{served.server_port}", "of a test").capture("A")
    serving.end(served)
