"""A portal and a worker that die when told to: at their n-th step on the database, by SIGKILL.

`python -m tests.house.mortal FOLDER URL` loads the portal once and forks a life for each order, so that a death costs some
hundredths of a second. A step is a statement, the moment before a commit and the moment after it. Messages are pickles
with their length before them, between this program and the test that started it.

    with Mortal(settings) as mortal:
        Visitor(mortal).get("/")        # answered by a portal that may die; the same request is then sent again
        mortal.dies_at(iter([7]))       # at which step the next lives die; without one more they live on
        mortal.dies_at_every_commit()   # each form sent is cut off at each moment before and after a commit, in turn
        mortal.work()                   # the worker until nothing waits; False if it died
"""

import gc
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Self

from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, configure_mappers
from werkzeug.test import Client
from werkzeug.wrappers import Response

from portal import wiring
from portal.app import create_app
from portal.config import Settings
from portal.core import clock
from portal.core.audit import Anchor
from portal.core.crypto import derive_key, signing_key
from portal.core.db import make_engine
from portal.core.uow import Database
from portal.core.worker import Worker

CHUNK = 25  # of a delivery: many steps for few people
STREAM = {"wsgi.input", "wsgi.errors", "wsgi.file_wrapper"}


class Mortal:
    """The test's side: something with `test_client()`, like an app."""

    def __init__(self, settings: Settings) -> None:
        command = [sys.executable, "-m", __name__, str(settings.state_dir), settings.database_url]
        self._program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._deaths: Iterator[int] = iter(())
        self._every_commit = False
        self.deaths = 0
        self._lives = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self._program.kill()
        self._program.communicate()

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

    def work(self) -> bool:
        """Let a worker do what waits; False if it died over it."""
        self._end()
        self._order("work")
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

    def _order(self, what: str) -> None:
        write(self._pipe(), (what, next(self._deaths, None), self._every_commit))

    def _say(self, request: object) -> Any:
        write(self._pipe(), request)
        return self._hear()

    def _hear(self) -> Any:
        """What the life answers; None if it died."""
        assert self._program.stdout
        heard = read(self._program.stdout.fileno())
        if heard == "died":
            self.deaths += 1
            self._lives = False
            return None
        return heard

    def _pipe(self) -> int:
        assert self._program.stdin
        return self._program.stdin.fileno()


def write(pipe: int, message: object) -> None:
    data = pickle.dumps(message)
    data = struct.pack(">I", len(data)) + data
    while data:
        data = data[os.write(pipe, data) :]


def read(pipe: int) -> Any:
    return pickle.loads(_exactly(pipe, *struct.unpack(">I", _exactly(pipe, 4))))


def _exactly(pipe: int, size: int) -> bytes:
    """Not a byte more: the next message may be for another life."""
    data = b""
    while len(data) < size:
        part = os.read(pipe, size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


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


def serve(app: Any) -> None:
    while (request := read(0)) != "end":
        body = request.pop("body")
        said: list[Any] = []
        environ = {**request, "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr}
        answer = app(environ, lambda status, headers, _fault=None, said=said: said.extend((status, headers)))
        write(1, (*said, b"".join(answer)))


def warm_up(app: Flask) -> None:
    """Learn what every life needs before the first one: what a life learns dies with it."""
    configure_mappers()
    app.test_client().get("/staff/sign-in", headers={"Accept-Language": "ja"})
    environment: Any = app.jinja_env
    spoken = environment.speaking("ja")
    for name in environment.list_templates(["html"]):
        spoken.get_template(name)
    app.extensions["portal"].database.engine.dispose()  # no connection is shared between lives
    gc.collect()
    gc.freeze()


def main(folder: str, url: str) -> None:
    """Fork a life for each order and tell how it ended."""
    from portal.mailbox import rules

    rules.CHUNK = CHUNK
    settings = Settings(state_dir=Path(folder), database_url=url)
    clock.follow(settings.clock_file)
    anchor = Anchor(settings.state_dir / "audit-heads", signing_key(settings.master, "audit-anchor"))
    key = derive_key(settings.master, "audit-chain")
    database = Database(make_engine(settings.url), wiring.LISTENERS, key, anchor)  # connects in each life anew
    app = create_app(settings, database)
    warm_up(app)
    while True:
        try:
            what, death, only_commits = read(0)
        except EOFError:
            return
        life = os.fork()
        if not life:
            if death:
                die_at(death, only_commits=only_commits)
            if what == "serve":
                serve(app.wsgi_app)
            else:
                Worker(database, wiring.work(settings), ()).run_pending()
            write(1, "ended")
            os._exit(0)
        if os.waitpid(life, 0)[1]:
            write(1, "died")


if __name__ == "__main__":
    main(*sys.argv[1:])
