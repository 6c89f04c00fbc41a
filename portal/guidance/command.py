"""`portal guidance check [--count]`: what a city needs while it edits its rules."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from portal.applications import service as applications
from portal.core.small_numbers import guarded
from portal.core.uow import Database
from portal.guidance import catalogue, check, figures
from portal.web import i18n

Knows = Callable[[str], bool]


def check_files(directory: Path | None, console: Console) -> int:
    """Tell every fault of the rules in *directory* (the shipped ones); the exit status is 1 if there is one."""
    where = directory or catalogue.DIRECTORY
    offered = check.Offered(
        procedures={name for name, _ in applications.procedure_titles()},
        guides={name for name, _ in applications.life_events()},
        languages={code: _knows(code) for code in i18n.LANGUAGES},
    )
    found = check.problems(where, offered)
    for problem in found:
        console.print(str(problem), markup=False, highlight=False, soft_wrap=True)
    if not found:
        console.print(f"{len(catalogue.files_in(where))} rules are in order.", highlight=False)
    return 1 if found else 0


def _knows(code: str) -> Knows:
    words = getattr(i18n.catalogue(code), "_catalog", {})
    return lambda sentence: bool(words.get(sentence))


def count(database: Database, console: Console) -> None:
    """How many people each rule would tell today, of the whole population; nobody is told."""
    table = Table("rule", "fit", "not told yet", title="Guidance today")
    with database.command("guidance check") as session:
        for name, fit, new in figures.dry_run_all(session):
            table.add_row(name, guarded(fit), guarded(new))
    database.close()
    console.print(table)
