"""Towns and browsers for the journeys: a town for each database, started when the first journey needs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from portal.demo.opening import start_town
from portal.demo.town import Town
from tests import databases
from tests.journeys.printing import Printer

RESIDENTS = 300


@contextmanager
def running_town(folder: Path, kind: str, residents: int = RESIDENTS) -> Iterator[tuple[Town, Printer]]:
    """A town in *folder* on the database *kind*, whose printer is the stand-in; everything ends with the block."""
    with ExitStack() as life:
        told = {"PORTAL_APPROVAL_OVER": "1000000"}  # one clerk sends here; that it takes two is told elsewhere
        if kind == "postgresql":
            url = databases.fresh_database(life.enter_context(databases.postgres_server()))
            life.callback(databases.drop_database, url)
            told["PORTAL_DATABASE_URL"] = url
        printer = Printer(folder / "printer")
        with pytest.MonkeyPatch.context() as patch:  # whoever prints finds `lp` on the PATH
            patch.setenv("PATH", str(printer.bin), prepend=os.pathsep)
            town = life.enter_context(start_town(folder / "state", residents=residents, environment=told))
        yield town, printer
