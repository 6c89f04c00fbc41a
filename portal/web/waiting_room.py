"""The waiting room: when more people come than can be served, they stand in line before Flask is even asked.

A booking that opens at nine brings a city's whole day in a minute. Whoever has no place gets a small page made at
start, with their number in line; it asks again by itself, the sooner the nearer the turn. No session, no database, no
template, no Flask.

A visitor is known by a signed ticket in a cookie. A place is held while a request of theirs runs and a minute after it;
whoever does not ask again for 45 seconds has left the line. Machines do not queue: they are told to come again. The
line itself (line.py) is shared by all processes of one host.
"""

import hmac
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.wsgi import ClosingIterator

from portal.config import Settings
from portal.core.crypto import b64url, derive_key
from portal.web import headers
from portal.web.cookies import value_of
from portal.web.errors import MACHINE_PATHS
from portal.web.i18n import LANGUAGE_COOKIE, LANGUAGES
from portal.web.line import Line, Turn

COOKIE = "__Host-admission"
TICKET_LIVES = 4 * 3600
SOON, LATE = 2, 10
"""Seconds between two questions of a page: a free seat that is kept for who asks late serves nobody, and everybody
asking soon would be a crowd of its own."""
OWN_PAGE = re.compile(r"(?:[A-Za-z0-9_.?][A-Za-z0-9_.?=&%~/-]*)?")
OPEN_PATHS = ("/static/", "/healthz")
PLACE, SECONDS = "0000000", "1111111"
"""Stand in the page made at start where the visitor's number goes and how soon the page asks again."""


class WaitingRoom:
    """WSGI middleware: `app.wsgi_app = WaitingRoom(app.wsgi_app, …)`."""

    def __init__(self, inner: WSGIApplication, line: Line, key: bytes, pages: dict[str, str], demo: bool) -> None:
        self.served, self.line, self._key = inner, line, key
        self._usual = headers.usual("", demo)
        self._answers = {
            seconds: (self._for_people(seconds), {code: _parts(page, seconds) for code, page in pages.items()})
            for seconds in range(SOON, LATE + 1)
        }
        self._for_machines = [
            *self._usual,
            ("Retry-After", str(LATE)),
            ("Content-Type", "application/problem+json"),
        ]

    def _for_people(self, seconds: int) -> list[tuple[str, str]]:
        said = str(seconds)
        return [
            *self._usual,
            ("Retry-After", said),
            ("Content-Type", "text/html; charset=utf-8"),
            ("Refresh", said),
        ]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(OPEN_PATHS):
            return self.served(environ, start_response)
        if path.startswith(MACHINE_PATHS):
            turn = self.line.ask_in_passing()
            return self._serve(environ, start_response, turn.ticket) if turn else self._put_off(start_response)
        cookies = environ.get("HTTP_COOKIE", "")
        proof = value_of(cookies, COOKIE)
        shown = self.read(proof) if proof else None
        turn = self.line.ask(shown)
        if turn.ahead is not None:
            return self._let_wait(environ, start_response, turn, shown)
        if turn.ticket == shown:
            return self._serve(environ, start_response, turn.ticket)
        return self._serve(environ, self._giving(turn.ticket, start_response), turn.ticket)

    def sign(self, ticket: int) -> str:
        """The cookie that proves *ticket* for a few hours."""
        said = f"{self.line.epoch}.{ticket}.{int(self.line.now()) + TICKET_LIVES}"
        return f"{said}.{self._mac(said)}"

    def read(self, cookie: str) -> int | None:
        """The ticket of a cookie of ours; None for a forged or an expired one, or one of an earlier start."""
        said, _, proof = cookie.rpartition(".")
        if not hmac.compare_digest(proof.encode(), self._mac(said).encode()):
            return None
        epoch, ticket, until = said.split(".")
        return int(ticket) if epoch == self.line.epoch and int(until) > self.line.now() else None

    def _mac(self, said: str) -> str:
        return b64url(hmac.digest(self._key, said.encode(), "sha256"))

    def _cookie(self, ticket: int) -> tuple[str, str]:
        return "Set-Cookie", f"{COOKIE}={self.sign(ticket)}; Path=/; Secure; HttpOnly; SameSite=Lax"

    def _giving(self, ticket: int, start_response: StartResponse) -> StartResponse:
        def start(status: str, given: list[tuple[str, str]], *error: Any) -> Any:
            return start_response(status, [*given, self._cookie(ticket)], *error)

        return start

    def _serve(self, environ: WSGIEnvironment, start_response: StartResponse, ticket: int) -> Iterable[bytes]:
        stay = 0.0 if environ["PATH_INFO"].startswith(MACHINE_PATHS) else None
        try:
            answer = self.served(environ, start_response)
        except BaseException:
            self.line.leave(ticket, stay=stay)
            raise
        return ClosingIterator(answer, [lambda: self.line.leave(ticket, stay=stay)])

    def _let_wait(
        self, environ: WSGIEnvironment, start_response: StartResponse, turn: Turn, shown: int | None
    ) -> Iterable[bytes]:
        ahead = turn.ahead or 0
        seconds = min(LATE, max(SOON, int(self.line.at_earliest(ahead) / 2)))
        given, pages = self._answers[seconds]
        if environ["REQUEST_METHOD"] == "POST" and (page := _page_of_the_form(environ)):
            given = [pair for pair in given if pair[0] != "Refresh"] + [("Refresh", f"{seconds}; url={page}")]
        if turn.ticket != shown:
            given = [*given, self._cookie(turn.ticket)]
        spoken = _language(
            value_of(environ.get("HTTP_COOKIE", ""), LANGUAGE_COOKIE), environ.get("HTTP_ACCEPT_LANGUAGE", "")
        )
        start_response("503 Service Unavailable", given)
        return [str(ahead + 1).encode().join(pages[spoken])]

    def _put_off(self, start_response: StartResponse) -> Iterable[bytes]:
        start_response("503 Service Unavailable", self._for_machines)
        return [PROBLEM]


PROBLEM = json.dumps(
    {
        "type": "/problems/crowded",
        "title": "Too many requests are being served.",
        "status": 503,
        "code": "crowded",
        "detail": "Too many requests are being served.",
        "next_step": "Send it again after the time in Retry-After, with the same Idempotency-Key.",
    }
).encode()


def install(app: Flask, settings: Settings) -> None:
    """Put the waiting room before *app* if the city wants one."""
    if places := settings.waiting_room_limit:
        line = Line(places, settings.state_dir / f"waiting-room-{places}.line")
        app.wsgi_app = before(app, settings, line)  # type: ignore[method-assign]


def before(app: Flask, settings: Settings, line: Line) -> WaitingRoom:
    """A waiting room before *app*; its pages are made here, once a language."""
    environment: Any = app.jinja_env
    pages = {}
    for code in LANGUAGES:
        template = environment.speaking(code).get_template("waiting_room.html")
        pages[code] = template.render(place=PLACE, seconds=SECONDS)
    return WaitingRoom(app.wsgi_app, line, derive_key(settings.master, "admission"), pages, settings.demo)


def _page_of_the_form(environ: WSGIEnvironment) -> str:
    """Where a form was sent from, "" if nobody of ours says so. A page that asks again by itself asks without what was
    sent, and the address of a form is often no page: that would show "not found" instead of the form."""
    host, _, page = environ.get("HTTP_REFERER", "").partition("://")[2].partition("/")
    return f"/{page}" if host == environ.get("HTTP_HOST") and OWN_PAGE.fullmatch(page) else ""


def _parts(page: str, seconds: int) -> list[bytes]:
    """What comes before and after the visitor's number."""
    return page.replace(SECONDS, str(seconds)).encode().split(PLACE.encode())


@lru_cache(maxsize=512)
def _language(chosen: str, accepted: str) -> str:
    if chosen in LANGUAGES:
        return chosen
    return parse_accept_header(accepted, LanguageAccept).best_match(list(LANGUAGES), default="ja") or "ja"
