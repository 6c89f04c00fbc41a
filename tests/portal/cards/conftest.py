"""A writer with its keys in a file, a window beside it, and the library's terminal."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from card_reader.key_store import to_json
from card_reader.loopback import LoopbackServer
from card_reader.writer import Writer
from card_reader.writer_keys import FileVault, write_secret
from card_reader.writer_pin import open_pin, writer_key
from portal.cards.terminals import service as terminals
from portal.cards.terminals.rules import Role as TerminalRole
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import devices as demo_devices
from portal.rounds import PERIODIC
from portal.web.hall import Hall
from portal.wiring import work
from tests import serving
from tests.conftest import StaffClient
from tests.portal.cards.desk import KEYS, TERMINAL, TOKEN, Line, Reader, StopLists, Window
from tests.portal.devices.test_tokens import Machine


@pytest.fixture
def stops(app: Flask, database: Database, tmp_path: Path) -> StopLists:
    with database.command("demo devices") as session:
        demo_devices.enrol_machines(session, tmp_path / "clients")
        terminals.give_role(session, TERMINAL, TerminalRole.LIBRARY, demo_devices.PLACE)
    return StopLists(Machine(app, demo_devices.key_of(tmp_path / "clients", TERMINAL), TERMINAL))


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    write_secret(tmp_path / "keys.json", to_json(KEYS).decode())
    return FileVault(tmp_path / "keys.json")


@pytest.fixture
def writer(tmp_path: Path, vault: FileVault) -> Iterator[str]:
    opens = partial(open_pin, writer_key(tmp_path / "writer.jwk"))
    server = LoopbackServer(0, Writer(vault, token=TOKEN, open_pin=opens))
    serving.begin(server)
    yield server.url
    serving.end(server)


@pytest.fixture
def with_writer(app: Flask, writer: str) -> None:
    """The portal knows the writer."""
    hall: Hall = app.extensions["portal"]
    (hall.settings.state_dir / "writer.token").write_text(TOKEN)
    app.extensions["portal"] = replace(hall, settings=hall.settings.model_copy(update={"card_writer_url": writer}))


@pytest.fixture
def worker(app: Flask, database: Database, with_writer: None) -> Worker:
    """The worker of a portal that knows the writer."""
    hall: Hall = app.extensions["portal"]
    return Worker(database, work(hall.settings), PERIODIC)


@pytest.fixture
def window(with_writer: None, tmp_path: Path, staff_client: StaffClient, cast_residents: None) -> Window:
    return Window(staff_client(Role.WINDOW), Reader(writer_key=tmp_path / "writer.pub.jwk"))


@pytest.fixture
def line(app: Flask, tmp_path: Path, stops: StopLists) -> Line:
    return Line(app, tmp_path)
