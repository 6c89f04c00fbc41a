"""A crowd at nine o'clock: residents who are signed in and all send the same form, through the portal's own WSGI door.

Their sessions lie in the database as if they had signed in before; everything else goes the whole way: waiting room,
session, forgery check, room, database. Who is told to wait asks again with the number they were given, when half of the
time until their turn is over: a place at the front is as precious here as where each is kept for a minute.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask
from sqlalchemy import insert
from werkzeug.test import create_environ

from portal.config import Settings
from portal.core import clock
from portal.core.crypto import b64url, derive_key, mac, token_hash
from portal.core.uow import Database
from portal.web import waiting_room
from portal.web.line import Line
from portal.web.session import COOKIE
from portal.web.signed_in import WebSession
from portal.web.waiting_room import LATE, WaitingRoom

WHO: dict[str, Any] = {"label": "", "office": "", "section": None, "roles": [], "name": ""}


@dataclass(slots=True)
class Someone:
    """One of the crowd. `waited` are the numbers shown in the waiting room, one after the other."""

    token: str
    csrf: str
    form: dict[str, str]
    admission: str = ""
    waited: list[int] = field(default_factory=list)
    seconds: float = 0.0
    """Seconds of processor the last answer took: what else the machine does in a rush is not its fault."""

    def come_anew(self) -> None:
        """As somebody who was not here before."""
        self.admission, self.waited = "", []


@dataclass(slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def signed_in(
    database: Database, settings: Settings, people: Sequence[UUID], forms: Iterable[dict[str, str]]
) -> list[Someone]:
    """Each of *people* with a session of their own and the form they are going to send."""
    now, key = clock.now(), derive_key(settings.master, "csrf")
    crowd, rows = [], []
    for person, form in zip(people, forms, strict=True):
        token = secrets.token_urlsafe(32)
        hashed = token_hash(token)
        crowd.append(Someone(token, b64url(mac(key, hashed.encode())), form))
        rows.append({"token_hash": hashed, "actor_id": person})
    usual = {"kind": "resident", "who": WHO, "assurance": 1, "device": "", "started_at": now, "seen_at": now}
    with database.command("crowd") as session:
        session.execute(insert(WebSession), [{**row, **usual, "ends_at": now + timedelta(hours=1)} for row in rows])
    return crowd


def ask(app: Any, someone: Someone, path: str, *, send: bool = False) -> Answer:
    """One request, the whole way; keeps the number of the waiting room."""
    cookies = f"{COOKIE}={someone.token}; __Host-language=en"
    if someone.admission:
        cookies += f"; {waiting_room.COOKIE}={someone.admission}"
    body = urlencode({**someone.form, "csrf_token": someone.csrf}).encode() if send else b""
    environ = create_environ(
        path,
        method="POST" if send else "GET",
        headers={"Cookie": cookies, "Accept": "text/html"},
        content_type="application/x-www-form-urlencoded" if send else None,
        input_stream=BytesIO(body),
        content_length=len(body),
    )
    heard: list[Any] = []
    began = time.thread_time()
    parts = app(environ, lambda status, headers, *_: heard.append((status, headers)))
    content = b"".join(parts)
    if close := getattr(parts, "close", None):
        close()
    someone.seconds = time.thread_time() - began
    status, headers = heard[-1]
    for name, value in headers:
        if name == "Set-Cookie" and value.startswith(waiting_room.COOKIE):
            someone.admission = value.partition(";")[0].partition("=")[2]
    return Answer(int(status[:3]), dict(headers), content)


@dataclass(slots=True)
class Outcome:
    """What the crowd met: answers by status (without "please wait"), the price of each refusal, tickets as they came in."""

    answers: Counter[int] = field(default_factory=Counter)
    refusals: list[float] = field(default_factory=list)
    came_in: list[int] = field(default_factory=list)
    numbers_grew: int = 0


def gate(app: Flask, settings: Settings, *, seats: int) -> WaitingRoom:
    """A waiting room with *seats* before *app*; each of the crowd has one thing to do, so a seat is free at once."""
    return waiting_room.before(app, settings, Line(seats, settings.state_dir / "crowd.line", stay=0.0))


class Queue:
    """Who asks when: everybody at once, then those who were told to wait when their pages ask again."""

    def __init__(self, crowd: Sequence[Someone]) -> None:
        self._coming = [(0.0, number, someone) for number, someone in enumerate(crowd)]
        self._numbers, self._began = count(len(crowd)), time.monotonic()
        self._changed = threading.Condition()
        self._all = self._open = len(crowd)

    def next(self) -> Someone | None:
        """Whose page asks next, when it is time; None once everybody is answered."""
        with self._changed:
            while self._open:
                wait = self._coming[0][0] - time.monotonic() if self._coming else LATE
                if wait <= 0:
                    return heappop(self._coming)[2]
                self._changed.wait(wait)
        return None

    def come_again(self, someone: Someone, place: int) -> None:
        with self._changed:
            now = time.monotonic()
            a_place = (now - self._began) / (self._all - self._open + 1)
            heappush(self._coming, (now + min(LATE, place * a_place / 2), next(self._numbers), someone))
            self._changed.notify()

    def answered(self) -> None:
        with self._changed:
            self._open -= 1
            if not self._open:
                self._changed.notify_all()


def rush(
    app: Any,
    crowd: Sequence[Someone],
    path: str,
    *,
    clients: int,
    afterwards: Callable[[Someone], None] = lambda _: None,
) -> Outcome:
    """Everybody sends their form at once and goes on asking until they are answered; then they do something else."""
    outcome, guard, queue = Outcome(), threading.Lock(), Queue(crowd)

    def client() -> None:
        while (someone := queue.next()) is not None:
            answer = ask(app, someone, path, send=True)
            if answer.status == 503:
                with guard:
                    _keep_waiting(outcome, someone, answer)
                queue.come_again(someone, someone.waited[-1])
                continue
            with guard:
                _note(outcome, someone, answer)
            afterwards(someone)
            queue.answered()

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(client) for _ in range(clients)]:
            done.result()
    return outcome


def _keep_waiting(outcome: Outcome, someone: Someone, answer: Answer) -> None:
    place = number_shown(answer.body)
    outcome.numbers_grew += bool(someone.waited) and place > someone.waited[-1]
    someone.waited.append(place)


def number_shown(page: bytes) -> int:
    """The visitor's place in line as the page of the waiting room shows it."""
    _, _, after = page.partition(b'class="number"')
    assert after, page
    return int(after.partition(b">")[2].partition(b"<")[0])


def _note(outcome: Outcome, someone: Someone, answer: Answer) -> None:
    outcome.answers[answer.status] += 1
    if someone.admission:
        outcome.came_in.append(int(someone.admission.split(".")[1]))
    if answer.status >= 400:
        outcome.refusals.append(someone.seconds)
