"""`portal import …`: files of other systems, on the command line. Each command imports what it alone needs."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from portal.config import Settings
from portal.opening import open_database


@click.group(name="import")
def import_() -> None:
    """Bring data of other systems into the portal."""


CSV_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@import_.command(name="residents")
@CSV_FILE
@click.option("--preview", is_flag=True, help="Say what would happen and change nothing.")
def import_residents(file: Path, preview: bool) -> None:
    """The resident register from a CSV file (columns: portal/residents/README.md)."""
    from portal.residents import command

    _import(command.preview_residents if preview else command.import_residents, file)


@import_.command(name="numbers")
@CSV_FILE
def import_numbers(file: Path) -> None:
    """Personal numbers (columns 宛名番号, 個人番号), sealed one by one; delete the file afterwards."""
    from portal.number_vault import command

    _import(partial(command.import_numbers, ring=Settings().number_ring), file)


@import_.command(name="companies")
@CSV_FILE
def import_companies(file: Path) -> None:
    """The national register of corporations (法人番号 全件 or 差分): CSV of 30 columns, Shift_JIS or UTF-8."""
    from portal.companies import command

    _import(command.import_companies, file)


@import_.command(name="banks")
@CSV_FILE
@click.option("--changes", is_flag=True, help="The file holds changes alone: what is not in it stays.")
@click.option("--preview", is_flag=True, help="Say what would happen and change nothing.")
def import_banks(file: Path, changes: bool, preview: bool) -> None:
    """The national list of banks and branches from a CSV file (columns: portal/banks/README.md)."""
    from portal.banks import command

    _import(partial(command.import_banks, whole=not changes, preview=preview), file)


@import_.command(name="facts")
@CSV_FILE
@click.option("--section", required=True, help="The section whose system wrote the file, as people read it.")
@click.option("--preview", is_flag=True, help="Say what would happen and change nothing.")
def import_facts(file: Path, section: str, preview: bool) -> None:
    """What a section knows about residents, from a CSV file (columns: portal/facts/README.md)."""
    from portal.facts import command

    _import(partial(command.import_facts, source=section[:60], preview=preview), file)


@import_.command(name="awards")
@CSV_FILE
@click.option("--agency", required=True, help="The code of the public body whose awards they are.")
@click.option("--preview", is_flag=True, help="Say what would happen and change nothing.")
def import_awards(file: Path, agency: str, preview: bool) -> None:
    """Awards of years before, for statistics, from a CSV file (columns: portal/procurement/README.md)."""
    from portal.procurement.history import command

    _import(partial(command.import_awards, agency=agency[:20], preview=preview), file)


def _import(act: Callable[..., int], file: Path) -> None:
    """Run an import to its end; its status is the program's."""
    from rich.console import Console

    database = open_database(Settings())
    status = act(database, file, Console())
    database.close()
    sys.exit(status)
