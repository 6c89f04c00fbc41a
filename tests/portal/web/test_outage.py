"""Nothing can be written, or nothing read: an outage is told as one, and whoever only reads goes on."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from portal.core import clock
from portal.core.uow import Database
from tests.conftest import ResidentClient


@contextmanager
def nothing_written(database: Database) -> Iterator[None]:
    """Every connection refuses to write, as on a full disk."""

    def refuse(connection: Any, _record: Any, _proxy: Any) -> None:
        if database.engine.dialect.name == "sqlite":
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.execute("SET default_transaction_read_only=on")
            connection.commit()

    event.listen(database.engine, "checkout", refuse)
    try:
        yield
    finally:
        event.remove(database.engine, "checkout", refuse)


def test_who_reads_goes_on_reading(database: Database, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    page = hanako.get("/account")
    with clock.freeze(clock.now() + timedelta(minutes=2)), nothing_written(database):
        assert hanako.get("/account").status == 200
        assert hanako.get("/mailbox").status == 200
        answer = hanako.post("/account/language", {"language": "en"}, page=page)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


def test_a_database_that_is_gone_is_an_outage_and_no_bug(database: Database, resident_client: ResidentClient) -> None:
    hanako = resident_client("hanako")
    with nothing_read(database):
        for path in ("/account", "/mailbox", "/sign-in?next=/account", "/healthz", "/openapi.json"):
            assert hanako.client.get(path).status_code == 503
    assert hanako.get("/account").status == 200


@contextmanager
def nothing_read(database: Database) -> Iterator[None]:
    """No connection is given out, as when the server is down."""

    def refuse(_connection: Any, _record: Any, _proxy: Any) -> None:
        raise OperationalError("connect", None, ConnectionError("gone"))

    database.engine.dispose()  # also the connections that readers keep
    event.listen(database.engine, "checkout", refuse)
    try:
        yield
    finally:
        event.remove(database.engine, "checkout", refuse)


def test_lines_cut_silently_are_made_anew_and_nobody_sees_it(
    database: Database, resident_client: ResidentClient
) -> None:
    """A firewall forgot them, or the server's machine died: no word came, and no page is lost by it."""
    if database.engine.dialect.name == "sqlite":
        return
    lines: list[Any] = []
    database.engine.dispose()
    event.listen(database.engine, "connect", lambda line, _record: lines.append(line))
    hanako = resident_client("hanako")
    assert [hanako.get(path).status for path in ("/mailbox", "/account")] == [200, 200]
    assert sum(map(cut, lines)) > 1, "those kept for reading, and those of the pool"
    answers = [hanako.client.get(path).status_code for path in ("/mailbox", "/account", "/mailbox", "/account")]
    assert answers == [200] * 4
    assert sum(map(cut, lines)) > 1
    assert hanako.client.get("/mailbox").status_code == 200, "asked together with who asks"


def cut(line: Any) -> bool:
    """Shut the socket beneath a connection that is open, as if the other end were gone."""
    if line.closed:
        return False
    with socket.socket(fileno=os.dup(line.fileno())) as beneath:
        beneath.shutdown(socket.SHUT_RDWR)
    return True
