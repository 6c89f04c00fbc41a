"""A portal and a worker of this process's own code that are killed at random moments and begin again, as under a supervisor.

Both are forked from a process that has everything loaded. The portal answers over HTTP on a socket that outlives it, in as
many threads as ask; the worker goes on where the last one died. A killed worker's work is free again after `LEASE`.
"""

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection, HTTPException
from socket import create_server, socket
from typing import Any, Protocol

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import create_environ, run_wsgi_app

from portal import wiring
from portal.core import outbox
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.web.hall import Hall
from tests import forks
from tests.forks import Channel

LEASE = timedelta(seconds=1)
LONGEST_LIFE = 0.5
"""Seconds: a life ends at a moment drawn from here, be it in the middle of its first request or of its fiftieth."""
PATIENCE = 120.0
PORTAL, WORKER = "portal", "worker"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    location: str
    body: bytes


class Door(Protocol):
    """Where requests go: into this process, or to the portal that is killed."""

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer: ...


@dataclass(slots=True)
class OwnDoor:
    """The app in this process: nobody dies."""

    app: Flask

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        environ = create_environ(path, method=method, headers=headers, data=body)
        parts, status, found = run_wsgi_app(self.app.wsgi_app, environ, buffered=True)
        return Answer(int(status[:3]), found.get("Location", ""), b"".join(parts))


@dataclass(slots=True)
class Town:
    """Counts of kills by what was killed; `cut_off` are requests whose answer never came."""

    port: int
    kills: dict[str, int] = field(default_factory=lambda: {PORTAL: 0, WORKER: 0})
    cut_off: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send it until somebody lives long enough to answer."""
        while not self.over.is_set():
            connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            try:
                connection.request(method, path, body, {**headers, "Connection": "close"})
                answer = connection.getresponse()
                return Answer(answer.status, answer.headers.get("Location", ""), answer.read())
            except (HTTPException, OSError):
                self.cut_off += 1
            finally:
                connection.close()
        raise InterruptedError("the day is over")


@contextmanager
def killing(app: Flask, database: Database, *, kills: int, chance: random.Random) -> Iterator[Town]:
    """A town whose portal is killed *kills* times while the block runs, and its worker as long as that lasts; then both
    live on. Whoever asks after the block is told nothing."""
    with create_server(("127.0.0.1", 0)) as ear:
        breeder, channel = forks.forked(database, partial(breed, app, database, ear))
        town, guard = Town(ear.getsockname()[1]), threading.Lock()

        def order(*words: Any) -> Any:
            with guard:
                channel.say(words)
                return channel.hear()

        done = threading.Event()
        draws = {what: random.Random(f"{chance.random()} {what}") for what in (PORTAL, WORKER)}
        reapers = [
            threading.Thread(target=_reap, args=(town, what, order, draw, kills, done)) for what, draw in draws.items()
        ]
        for reaper in reapers:
            reaper.start()
        try:
            yield town
        finally:
            town.over.set()
            for reaper in reapers:
                reaper.join()
            channel.close()
            forks.end(breeder)


def _reap(
    town: Town, what: str, order: Callable[..., Any], chance: random.Random, kills: int, done: threading.Event
) -> None:
    """Begin a life, end it a while later, and so on; the last one ends with the town."""
    while not town.over.is_set():
        life = order("begin", what)
        still_to_kill = town.kills[PORTAL] < kills
        ended = town.over.wait(chance.uniform(0, LONGEST_LIFE) if still_to_kill else None)
        order("kill", life)
        town.kills[what] += not ended


def breed(app: Flask, database: Database, ear: socket, channel: Channel) -> None:
    """Begin lives and kill them as ordered; whose channel closes has no more lives."""
    outbox.LEASE = LEASE
    lives: set[int] = set()
    try:
        while True:
            what, whom = channel.hear()
            if what == "kill":
                forks.end(whom)
                lives.discard(whom)
                channel.say("dead")
                continue
            life = os.fork()
            if not life:
                forks.live(partial(BEGIN[whom], app, database, ear))
            lives.add(life)
            channel.say(life)
    finally:
        for life in lives:
            os.kill(life, signal.SIGKILL)


class Silent(WSGIRequestHandler):
    def log(self, *_words: Any) -> None:
        """A killed town has nothing to say about each request."""


def serve(app: Flask, database: Database, ear: socket) -> None:
    database.keep_open()
    make_server(
        "127.0.0.1", ear.getsockname()[1], app, threaded=True, request_handler=Silent, fd=ear.fileno()
    ).serve_forever()


def work(app: Flask, database: Database, _ear: socket) -> None:
    database.keep_open()
    hall: Hall = app.extensions["portal"]
    Worker(database, wiring.work(hall.settings), ()).run(threading.Event())


BEGIN = {PORTAL: serve, WORKER: work}
