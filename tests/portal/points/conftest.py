"""A town with rewards and a shop in it, for the tests that ask for them by name."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from card_reader.key_store import to_json
from card_reader.loopback import LoopbackServer
from card_reader.writer import Writer
from card_reader.writer_keys import FileVault, write_secret
from portal.config import Settings
from portal.core.uow import Database
from portal.demo import cards as demo_cards
from portal.demo import devices as demo_devices
from portal.points.spending import catalogue
from portal.web.hall import Hall
from tests import serving
from tests.portal.points.shops import open_shop
from tests.portal.points.test_pages import earn, resident
from tests.portal.points.till import TOKEN, Till, demo_masters, place


@pytest.fixture
def town(database: Database, settings: Settings, cast_residents: None) -> Database:
    """Rewards, 花子 with 6,000 points and the cast's cards."""
    with database.command("rewards") as session:
        catalogue.bring(session, catalogue.read())
        demo_cards.load(session, settings)
    earn(database, resident(database), 6_000)
    return database


@pytest.fixture
def shop(town: Database, settings: Settings) -> UUID:
    return open_shop(town, settings)


@pytest.fixture
def with_writer(app: Flask, tmp_path: Path) -> Iterator[LoopbackServer]:
    """The portal knows the program that has the keys of cards."""
    write_secret(tmp_path / "keys.json", to_json(demo_masters()).decode())
    server = LoopbackServer(0, Writer(FileVault(tmp_path / "keys.json"), token=TOKEN))
    serving.begin(server)
    hall: Hall = app.extensions["portal"]
    (hall.settings.state_dir / "writer.token").write_text(TOKEN)
    knows = hall.settings.model_copy(update={"card_writer_url": server.url})
    app.extensions["portal"] = replace(hall, settings=knows)
    yield server
    serving.end(server)


@pytest.fixture
def till(app: Flask, town: Database, shop: UUID, tmp_path: Path, with_writer: LoopbackServer) -> Till:
    """The terminal of the shop."""
    place(town, tmp_path, demo_devices.SHOP, shop)
    return Till(app, demo_devices.SHOP, tmp_path)
