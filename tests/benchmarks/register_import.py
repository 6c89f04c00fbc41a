"""The resident register from a CSV file against the driver's bare executemany of the same rows.

Ours decodes, checks every cell, compares with what is there, and keeps the audit; the limit only writes. CPU time.
"""

import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert

from portal.core import clock
from portal.core.audit import Purpose
from portal.core.ids import new_id
from portal.demo.load import SEED, city_rows
from portal.residents import import_csv
from portal.residents.service import Person, write_register
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns

TARGET = 6.0


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    count = min(10_000, sizes.residents)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.csv"
        people = list(islice(city_rows(count, seed=SEED, today=clock.today()), count))
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            write_register(file, people)
        take(place, path)
        ready = [dict(row._mapping) for row in read_all(place)]
        calls = {"ours": lambda: take(place, path), "limit": lambda: write_raw(place, ready)}
        seconds = in_turns(calls, rounds=min(2, sizes.rounds), clock=time.perf_counter)
    rate = len(ready) / seconds["ours"]
    yield at_most(
        f"register import / raw executemany ({place.kind})",
        ours=seconds["ours"],
        limit=seconds["limit"],
        unit="s",
        target=TARGET,
        note=f"wall s for {len(ready):,} rows of CSV, checked cell by cell: {rate:,.0f} rows/s",
    )


def empty(place: Place) -> None:
    with place.database.command("benchmark") as session:
        session.execute(delete(Person))


def take(place: Place, path: Path) -> None:
    empty(place)
    with path.open("rb") as file:
        report = import_csv.take_file(
            file, lambda: place.database.command("benchmark", Purpose.REGISTER), lambda done: None
        )
    assert report.bad_rows == 0


def read_all(place: Place) -> Any:
    with place.database.command("benchmark") as session:
        return session.execute(Person.__table__.select()).all()


def write_raw(place: Place, ready: list[dict[str, Any]]) -> None:
    """The same rows, ready made, by the driver's executemany in one transaction."""
    empty(place)
    with place.database.engine.execution_options(writes=True).begin() as connection:
        connection.execute(insert(Person.__table__), [{**row, "id": new_id()} for row in ready])  # type: ignore[arg-type]
