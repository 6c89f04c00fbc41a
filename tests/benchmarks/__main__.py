"""All benchmarks in one table: `python -m tests.benchmarks` (make bench); BENCH_JSON=FILE keeps the rows as JSON.

BENCH_RESIDENTS says how large the city is (100,000), BENCH_MAILS how many are told by e-mail at once (10,000),
BENCH_COMPANIES how many the national register has (50,000; the country has 5,000,000). BENCH_ONLY="points_ledger fan_out"
measures these alone.
Ends with 0 also when a target is missed: the table says so.
"""

import gc
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from types import ModuleType

from rich.console import Console
from rich.table import Table

from portal.core import journal
from tests import databases
from tests.benchmarks import (
    audit_trail,
    award_history,
    board,
    booking,
    card_sign_in,
    cards,
    certificate,
    company_import,
    company_post,
    fan_out_live,
    form_rules,
    guidance,
    issuing,
    kills,
    kiosk,
    large_mailbox,
    mails,
    opening,
    pages,
    points_history,
    points_ledger,
    points_of_many,
    register_import,
    tender_push,
)
from tests.benchmarks.city import Place, on_postgresql, on_sqlite
from tests.benchmarks.measure import Row, Sizes

Opener = Callable[[], AbstractContextManager[Place]]
ON_DATABASES = (
    pages,
    booking,
    opening,
    board,
    kills,
    issuing,
    points_history,
    points_ledger,
    points_of_many,
    audit_trail,
    award_history,
    register_import,
    company_import,
    company_post,
    tender_push,
    fan_out_live,
    guidance,
    large_mailbox,
    mails,
)


def measure(sizes: Sizes, places: Sequence[Opener]) -> Iterator[Row]:
    """Every row, as soon as it is measured; each benchmark gets databases of its own."""
    yield from pages.waiting_room(sizes)
    yield from certificate.rows(sizes)
    yield from form_rules.rows(sizes)
    with tempfile.TemporaryDirectory() as folder:
        yield from cards.rows(sizes, Path(folder))
        yield from card_sign_in.rows(sizes, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        yield from kiosk.rows(sizes, Path(folder))
    for benchmark in ON_DATABASES:
        yield from _on_each(benchmark, places, sizes)


def only(names: str, places: Sequence[Opener], sizes: Sizes) -> Iterator[Row]:
    """The rows of the benchmarks on databases with these names, e.g. "points_ledger fan_out"."""
    wanted = names.split()
    known = {benchmark.__name__.rpartition(".")[2]: benchmark for benchmark in ON_DATABASES}
    if unknown := set(wanted) - known.keys():
        raise SystemExit(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    for name in wanted:
        yield from _on_each(known[name], places, sizes)


def _on_each(benchmark: ModuleType, places: Sequence[Opener], sizes: Sizes) -> Iterator[Row]:
    for opened in places:
        with opened() as place:
            yield from benchmark.rows(place, sizes)
        gc.collect()


def main() -> None:
    journal.set_up()
    usual = Sizes()
    sizes = replace(
        usual,
        residents=int(os.environ.get("BENCH_RESIDENTS", usual.residents)),
        mails=int(os.environ.get("BENCH_MAILS", usual.mails)),
        companies=int(os.environ.get("BENCH_COMPANIES", usual.companies)),
    )
    console, found = Console(), []
    # The server is kept for the whole run: starting one for every benchmark takes longer.
    with databases.postgres_server(is_durable=True), console.status("measuring") as status:
        places, names = (on_sqlite, partial(on_postgresql, is_durable=True)), os.environ.get("BENCH_ONLY", "")
        for row in only(names, places, sizes) if names else measure(sizes, places):
            found.append(row)
            status.update(f"measured: {row.name} {row.ratio:.2f}")
    console.print(table(found))
    if file := os.environ.get("BENCH_JSON"):
        Path(file).write_text(json.dumps([asdict(row) for row in found], ensure_ascii=False, indent=1) + "\n")


def table(rows: list[Row]) -> Table:
    shown = Table(title="Ours and its limit, measured in the same run")
    for heading in ("what", "ours", "limit", "ratio", "target", "", "how to read it"):
        shown.add_column(heading, justify="right" if heading in ("ours", "limit", "ratio", "target") else "left")
    for row in rows:
        met = "[green]met[/]" if row.met else "[red]missed[/]"
        figures = (f"{row.ours:,.4g} {row.unit}", f"{row.limit:,.4g} {row.unit}", f"{row.ratio:.2f}", row.target)
        shown.add_row(row.name, *figures, met, row.how_to_read_it)
    return shown


if __name__ == "__main__":
    main()
