"""From an empty folder to a running town: demo cards, schema, demo city, programs.

    with start_town(folder) as town:
        browser.goto(town.portal_url)
        town.kill("worker")

What was made is kept in the state folder and not made again, so that a second start takes seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from portal.demo import cast
from portal.demo.programs import PERSONAS, Ports
from portal.demo.town import ROOT, Say, Town, TownFailed

# What the city was loaded with: read at every start, because asking the portal would take seconds.
ACCOUNTS = "accounts.json"
# Which schema and which city were brought into which database.
SCHEMA_MARK = "schema-made"
CITY_MARK = "city-loaded"


def start_town(
    state_dir: Path,
    ports: Ports | None = None,
    say: Say = lambda _: None,
    residents: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Town:
    """Prepare and start a town, on free ports unless told otherwise. TownFailed says what stands in the way."""
    ports = ports or Ports.any_free()
    if taken := ports.taken():
        which = ", ".join(f"{port} ({name})" for name, port in taken.items())
        others = " ".join(f"--port {name}=NUMBER" for name in taken)
        raise TownFailed(
            f"Ports taken by other programs: {which}. Is the town running already? "
            f'End them, or choose other ports: make run OPTIONS="{others}"'
        )
    town = Town(state_dir, ports, say, environment)
    prepare(town, say, residents)
    town.start()
    return town


def prepare(town: Town, say: Say, residents: int | None = None) -> None:
    """Make what is missing: the demo cards, the schema, the demo city."""
    town.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (town.state / "cards" / "ca.pem").exists():
        say("Making the demo cards")
        _make_cards(town, say)
    database = _database(town)
    schema = f"{database} {_migrations()}"
    if not _is(town.state / CITY_MARK, database):
        say("Loading the demo city")  # with its schema; by one command, because each takes seconds to start
        size = () if residents is None else ("--residents", str(residents))
        accounts = town.command("portal.cli", "demo", "--reset", "--accounts-json", *size)
        (town.state / ACCOUNTS).write_text(accounts, "utf-8")
    elif not _is(town.state / SCHEMA_MARK, schema):
        town.command("portal.cli", "migrate")
    database = _database(town)
    (town.state / SCHEMA_MARK).write_text(f"{database} {_migrations()}")
    (town.state / CITY_MARK).write_text(database)


def _make_cards(town: Town, say: Say) -> None:
    personas = town.state / PERSONAS
    personas.write_text(json.dumps(cast.personas(), ensure_ascii=False), "utf-8")
    try:
        town.command("card_reader", "prepare", "--state", str(town.state), "--personas", str(personas))
    except TownFailed as failure:
        say(f"There are no demo cards to use, everything else works. {failure}")


def _database(town: Town) -> str:
    """A word for the database in use that does not tell its password; another one once a file is gone."""
    if town.database_url:
        return hashlib.sha256(town.database_url.encode()).hexdigest()
    return "sqlite" if (town.state / "portal.db").exists() else "nothing"


def _migrations() -> str:
    """A word that changes with the migrations."""
    digest = hashlib.sha256()
    for file in sorted((ROOT / "portal" / "migrations").rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _is(mark: Path, word: str) -> bool:
    return mark.exists() and mark.read_text() == word
