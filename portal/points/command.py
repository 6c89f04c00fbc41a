"""`portal points …`: the books checked and handed out."""

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from portal.config import Settings
from portal.core import clock
from portal.core.audit import Purpose
from portal.core.crypto import signing_key
from portal.core.db import snapshot
from portal.core.text import TextRefused
from portal.core.uow import Database
from portal.points.ledger import heads
from portal.points.ledger.sealing import SIGNING

Opener = Callable[[Settings], Database]


def verify(database: Database, settings: Settings) -> int:
    """Tell every fault; how many there are. What lies outside is read first: the worker may be sealing."""
    from portal.points.ledger import checks

    outside = heads.of(settings)
    kept = heads.read(outside.directory, outside.key.public_key())
    with snapshot(database.engine) as connection:
        found = [*kept.faults, *heads.missing(connection, kept)]
        found += checks.faults(connection, signing_key(settings.master, SIGNING).public_key())
        told = [*kept.told, *checks.not_sealed(connection)]
    for fault in [*told, *found]:
        click.echo(fault)
    click.echo(f"{len(found)} faults in the books of points." if found else "The books of points are in order.")
    return len(found)


def export(database: Database, settings: Settings, folder: Path) -> None:
    """Everything of one moment, whoever goes on writing."""
    from portal.points.ledger import export as exporting

    with snapshot(database.engine) as connection:
        count = exporting.save(connection, folder, signing_key(settings.master, SIGNING).public_key())
    click.echo(f"{count:,} transfers are in {folder}.")


def bring(database: Database, file: Path) -> None:
    """The rewards of *file*; what is wrong with it is told, and nothing is changed."""
    from portal.points.spending import catalogue

    try:
        found = catalogue.read(file)
    except ValueError as fault:
        raise click.ClickException(f"{file}: {fault}") from None
    with database.command("points rewards") as session:
        catalogue.bring(session, found)
    click.echo(f"{len(found)} rewards are offered.")


def tell_balance(database: Database, member: str, at: datetime, known_by: datetime | None) -> None:
    """What the person with this addressee number had at a moment; nothing else of them."""
    from portal.points import past
    from portal.residents import service as residents

    with database.command("points balance", Purpose.POINTS) as session:
        try:
            found = residents.find_by_number(session, member)
        except TextRefused:
            found = None
        if found is None:
            raise click.ClickException("no resident has this addressee number")
        points = past.look_up(session, found.id, at, known_by)
    told = f", as the books knew it at {known_by:%Y-%m-%d %H:%M}" if known_by else ""
    click.echo(f"{points:,} points at {at:%Y-%m-%d %H:%M} (Japan){told}")


def _moment(typed: str) -> datetime:
    from portal.points import past

    try:
        return past.read_moment(typed, clock.now())
    except past.MomentUnclear as unclear:
        raise click.BadParameter(f"{unclear.message} {unclear.next_step}") from None


@click.command(name="verify")
@click.pass_obj
def verify_books(open_database: Opener) -> None:
    """Work out everything anew from the transfers and look at every seal; exit 1 if something is wrong."""
    settings = Settings()
    database = open_database(settings)
    count = verify(database, settings)
    database.close()
    sys.exit(bool(count))


@click.command(name="export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def export_books(open_database: Opener, folder: Path) -> None:
    """Write the books to FOLDER, without names, with what checks them: checker.py (points), seal_checker.py (seals)."""
    settings = Settings()
    database = open_database(settings)
    export(database, settings, folder)
    database.close()


@click.command(name="rewards")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def rewards(open_database: Opener, file: Path) -> None:
    """Let the catalogue of rewards be what FILE says (portal/points/spending/rewards.toml shows how)."""
    database = open_database(Settings())
    bring(database, file)
    database.close()


@click.command(name="balance")
@click.argument("member")
@click.option("--at", "at", required=True, help="A day (its end), or a day and a time in Japan: 2026-04-01T12:00.")
@click.option("--known-by", help="Only what was on record at that moment.")
@click.pass_obj
def balance(open_database: Opener, member: str, at: str, known_by: str | None) -> None:
    """How many points the person with the addressee number MEMBER had at a moment; that is on record with them."""
    database = open_database(Settings())
    try:
        tell_balance(database, member, _moment(at), _moment(known_by) if known_by else None)
    finally:
        database.close()


def books(open_database: Opener) -> click.Group:
    """The commands, for the command line of the portal."""
    commands = [verify_books, export_books, rewards, balance]
    told = "The books of citizen points."
    return click.Group("points", commands, help=told, context_settings={"obj": open_database})
