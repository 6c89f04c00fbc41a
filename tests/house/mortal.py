"""A portal and a worker that die when told to: at their n-th step on the database, by SIGKILL.

Lives are forked from the test's own process (tests/forks.py), so that a death costs some hundredths of a second. A step
is a statement, the moment before a commit and the moment after it.

    with Mortal(app, database) as mortal:
        Visitor(mortal).get("/")        # answered by a portal that may die; the same request is then sent again
        mortal.dies_at(iter([7]))       # at which step the next lives die; without one more they live on
        mortal.dies_at_every_commit()   # each form sent is cut off at each moment before and after a commit, in turn
        mortal.work()                   # the worker until nothing waits; False if it died
"""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, Self

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from werkzeug.test import Client
from werkzeug.wrappers import Response

from portal import wiring
from portal.core import clock
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.mailbox import rules
from portal.web.hall import Hall
from tests import forks
from tests.forks import Channel

CHUNK = 25  # of a delivery: many steps for few people
STREAM = {"wsgi.input", "wsgi.errors", "wsgi.file_wrapper"}


class Mortal:
    """The test's side: something with `test_client()`, like an app."""

    def __init__(self, app: Flask, database: Database) -> None:
        self._program, self._channel = forks.forked(database, partial(breed, app, database))
        self._deaths: Iterator[int] = iter(())
        self._every_commit = False
        self.deaths = 0
        self._lives = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self._channel.close()
        forks.end(self._program)

    def test_client(self) -> Client:
        return Client(self, Response)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """One request, sent again until somebody lives long enough to answer it."""
        asked = {
            name: value for name, value in environ.items() if name not in STREAM and not name.startswith("werkzeug")
        }
        asked["body"] = environ["wsgi.input"].read()
        if self._every_commit and environ["REQUEST_METHOD"] == "POST":
            self._end()
            self._deaths = count(1)
        answer = None
        while answer is None:
            if not self._lives:
                self._order("serve")
                self._lives = True
            answer = self._say(asked)
        status, headers, body = answer
        start_response(status, headers)
        return [body]

    def work(self, at: datetime | None = None) -> bool:
        """Let a worker do what waits (by a clock that stands at *at*); False if it died over it."""
        self._end()
        self._order("work", at)
        return self._hear() == "ended"

    def dies_at(self, steps: Iterator[int]) -> None:
        """From now on each life ends at its next one of *steps*."""
        self._end()
        self._deaths, self._every_commit = steps, False

    def dies_at_every_commit(self) -> None:
        """From now on only moments around commits count as steps, and each form meets all of its own."""
        self.dies_at(count(1))
        self._every_commit = True

    def _end(self) -> None:
        if self._lives:
            self._say("end")
            self._lives = False

    def _order(self, what: str, at: datetime | None = None) -> None:
        self._channel.say((what, at, next(self._deaths, None), self._every_commit))

    def _say(self, request: object) -> Any:
        self._channel.say(request)
        return self._hear()

    def _hear(self) -> Any:
        """What the life answers; None if it died."""
        heard = self._channel.hear()
        if heard == "died":
            self.deaths += 1
            self._lives = False
            return None
        return heard


def die_at(step: int, *, only_commits: bool) -> None:
    """Let this process be killed at its *step*-th step on a database."""
    left = step

    def one_step(*_facts: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if not only_commits:
        event.listen(Engine, "before_cursor_execute", one_step)
    event.listen(Engine, "commit", one_step)
    event.listen(Session, "after_commit", one_step)


def serve(app: Any, channel: Channel) -> None:
    while (request := channel.hear()) != "end":
        body = request.pop("body")
        said: list[Any] = []
        environ = {**request, "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr}
        answer = app(environ, lambda status, headers, _fault=None, said=said: said.extend((status, headers)))
        channel.say((*said, b"".join(answer)))


def breed(app: Flask, database: Database, channel: Channel) -> None:
    """Fork a life for each order and tell how it ended."""
    rules.CHUNK = CHUNK
    while True:
        what, at, death, only_commits = channel.hear()
        life = os.fork()
        if not life:
            if death:
                die_at(death, only_commits=only_commits)
            forks.live(partial(_live, app, database, channel, what, at))
        if os.waitpid(life, 0)[1]:
            channel.say("died")


def _live(app: Flask, database: Database, channel: Channel, what: str, at: datetime | None) -> None:
    if what == "serve":
        serve(app.wsgi_app, channel)
    else:
        hall: Hall = app.extensions["portal"]
        with clock.freeze(at) if at else nullcontext():
            Worker(database, wiring.work(hall.settings), ()).run_pending()
    channel.say("ended")
