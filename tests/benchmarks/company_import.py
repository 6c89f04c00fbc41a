"""The national register from its CSV file against the database's own way in for the same rows, and the search's p95.

The limit writes the ready rows alone: COPY on PostgreSQL, the driver's executemany on SQLite. Ours decodes and checks every
cell, compares with what is there, and writes the pairs of letters that the search needs.
"""

import csv
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import delete, text

from portal.companies import finding, national_file, register
from portal.companies.models import Corporation, Gram
from portal.companies.rules import check_digit
from portal.core.audit import Purpose
from portal.demo.businesses import national_rows
from tests.benchmarks.city import Place
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns, resident_memory

TARGET = 12.0
SLOWEST = 0.150  # seconds, p95 of searches
COMPARED = 50_000  # corporations whose ready rows are held for the limit
COUNTRY, LONGEST = 5_000_000, 600  # corporations of Japan, and the seconds their file may take
NAMES = 5_000  # different ones; a larger register has them again with other numbers
TYPED = ("架空", "建設", "カイゴ", "さくら", "桜", "ｼｽﾃﾑ", "架空若草工務店", "株式会社架空港", "木材")
COLUMNS = "number, process, updated_on, changed_on, name, kana, english, kind, prefecture, city, street, postal_code, abroad, closed_on, close_cause, successor, digest, search_key".split(", ")  # fmt: skip  # noqa: E501, SIM905


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    count = min(COMPARED, sizes.companies)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "national.csv"
        ready = write_file(path, count)
        calls = {"ours": lambda: take(place, path), "limit": lambda: write_raw(place, ready)}
        seconds = in_turns(calls, rounds=min(1, sizes.rounds), clock=time.perf_counter)
        take(place, path)
        rate = count / seconds["ours"]
        yield at_most(
            f"national register import / the database's own way in ({place.kind})",
            ours=seconds["ours"],
            limit=seconds["limit"],
            unit="s",
            target=TARGET,
            note=f"wall s for {count:,} corporations with their letters for the search: {rate:,.0f} rows/s",
        )
        if sizes.companies > COMPARED:
            write_file(path, sizes.companies)
            yield whole_country(place, path, sizes.companies)
    yield at_most(
        f"company search, p95 ({place.kind})",
        ours=p95(place),
        limit=SLOWEST,
        unit="s",
        target=1.0,
        note=f"among {sizes.companies:,} corporations, by two letters and more of name or kana",
    )


def whole_country(place: Place, path: Path, count: int) -> Row:
    """A register too large to be held twice in memory, against the time it may take."""
    before, began = peak(), time.perf_counter()
    take(place, path)
    return at_most(
        f"national register, {count:,} corporations ({place.kind})",
        ours=time.perf_counter() - began,
        limit=LONGEST * count / COUNTRY,
        unit="s",
        target=1.0,
        note=f"wall s; the limit is ten minutes for five million; {peak() - before:.0f} MiB more at the peak",
    )


def peak() -> float:
    return resident_memory(os.getpid(), "VmHWM")


def write_file(path: Path, count: int) -> list[dict[str, Any]]:
    """The file, and its first rows as the table has them."""
    named = list(national_rows(NAMES, date(2026, 11, 22)))
    ready = []
    with path.open("w", newline="", encoding="cp932") as file:
        writer = csv.writer(file)
        for serial in range(1, count + 1):
            row = named[serial % len(named)]._replace(number=int(number_of(serial)))
            day = row.updated_on.isoformat()
            cells = [""] * 30
            cells[:7] = [str(serial), str(row.number), "01", "", day, day, row.name]
            cells[8:12] = [row.kind, row.prefecture, row.city, row.street]
            cells[23], cells[28] = "1", row.kana
            writer.writerow(cells)
            if serial <= COMPARED:
                ready.append(register._values(row, register._digest(row)))
    return ready


def number_of(serial: int) -> str:
    """A 法人番号 of nobody for a register larger than the demo's: check digit + 99 (no registry office) + ten digits."""
    body = f"99{serial:010d}"
    return f"{check_digit(body)}{body}"


def empty(place: Place) -> None:
    with place.database.command("benchmark") as session:
        session.execute(delete(Gram))
        session.execute(delete(Corporation))


def take(place: Place, path: Path) -> None:
    empty(place)
    with path.open("rb") as file:
        report = national_file.take_file(
            file, lambda: place.database.command("benchmark", Purpose.REGISTER), lambda done: None
        )
    assert report.bad_rows == 0


def write_raw(place: Place, ready: list[dict[str, Any]]) -> None:
    """The same rows, ready made, as fast as the database takes them, in one transaction."""
    empty(place)
    with place.database.engine.execution_options(writes=True).begin() as connection:
        if place.kind == "SQLite":
            marks = ", ".join(f":{name}" for name in COLUMNS)
            statement = text(f"INSERT INTO corporations ({', '.join(COLUMNS)}) VALUES ({marks})")
            connection.execute(statement, [{**row, **_days(row)} for row in ready])
            return
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY corporations ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in ready:
                copy.write_row([row[name] for name in COLUMNS])


def _days(row: dict[str, Any]) -> dict[str, str]:
    return {name: row[name].isoformat() for name in ("updated_on", "changed_on")}


def p95(place: Place) -> float:
    """Seconds, of a hundred searches for parts of names."""
    chance, taken = Random(2026), []
    for _ in range(100):
        typed = chance.choice(TYPED)
        with place.database.command("look") as session:
            began = time.perf_counter()
            finding.search(session, typed)
            taken.append(time.perf_counter() - began)
    return sorted(taken)[94]
