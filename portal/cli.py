"""The command line of the portal: `portal --help` lists what can be done.

Each command imports what it alone needs: all rooms and their libraries would be half of a small process's memory.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from portal.certificates import cli as certificates
from portal.config import Settings
from portal.core import backup as backups
from portal.core import journal, restoration
from portal.core.audit import Purpose
from portal.core.crypto import derive_key, signing_key
from portal.core.db import snapshot
from portal.core.uow import Database
from portal.core.worker import STATEMENTS, Worker
from portal.devices.command import clients
from portal.importing import import_
from portal.opening import open_database
from portal.oversight import reader
from portal.points.command import books
from portal.points.ledger import heads


@contextmanager
def _opened() -> Iterator[Database]:
    """The city's database for one command."""
    database = open_database(Settings())
    yield database
    database.close()


@click.group()
def main() -> None:
    """The city's portal."""
    journal.set_up()


main.add_command(import_)


@main.command()
@click.option("--down-to", help="Go back to this revision instead.")
def migrate(down_to: str | None) -> None:
    """Bring the database's schema up to date."""
    from portal import migrations

    database = open_database(Settings())
    if down_to is None:
        migrations.upgrade(database.engine)
    else:
        migrations.downgrade(database.engine, down_to)
    database.close()
    click.echo("The schema is up to date." if down_to is None else f"The schema is at {down_to}.")


@main.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", default=1, show_default=True, help="Processes; more than one needs PostgreSQL.")
@click.option("--threads", default=16, show_default=True)
def serve(bind: str, workers: int, threads: int) -> None:
    """Serve the portal."""
    from granian import Granian
    from granian.constants import Interfaces

    if workers > 1 and Settings().url.startswith("sqlite"):
        raise click.UsageError("SQLite has one writing process: set PORTAL_DATABASE_URL or use --workers 1")
    server = Granian(
        "portal.serve:app",
        address=bind.rpartition(":")[0],
        port=int(bind.rpartition(":")[2]),
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        log_access=False,
    )
    server.serve()


@main.command()
@click.option("--notices-only", is_flag=True, help="Bring notices to many and alarms into mailboxes, and nothing else.")
def worker(notices_only: bool) -> None:
    """Deliver what was promised, until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    settings = Settings()
    if notices_only:
        from portal import delivering

        one = delivering.deliverer(delivering.open_database(settings))
    else:
        from portal import rounds, wiring

        database = open_database(settings, statements=STATEMENTS)
        one = Worker(database, wiring.work(settings), rounds.PERIODIC)
    one.run(stop)
    one.database.close()


@main.command()
def routes() -> None:
    """List every door: method, address, who may enter, room."""
    from portal.app import create_app
    from portal.web.room import describe

    for line in describe(create_app().extensions["doors"]):
        click.echo(line)


@main.command()
@click.option("--reset", is_flag=True, help="Begin anew: everything in the database is replaced by the demo city.")
@click.option("--residents", default=1_000, show_default=True, help="How many people the city has, up to 1,000,000.")
@click.option("--database-url", help="Another database than the one of PORTAL_DATABASE_URL.")
@click.option("--accounts-json", is_flag=True, help="Every demo sign-in, card, PIN, API client and address as JSON.")
@click.option("--personas-json", is_flag=True, help="The people of the demo cards, for `card-reader prepare`.")
@click.option(
    "--clock", "city_time", metavar="'YYYY-MM-DD HH:MM'|now", help="Move the demo city to this time in Japan."
)
def demo(
    reset: bool,
    residents: int,
    database_url: str | None,
    accounts_json: bool,
    personas_json: bool,
    city_time: str | None,
) -> None:
    """Load the fictitious city, tell its accounts, or move its clock."""
    from portal.demo import command

    settings = Settings(database_url=database_url) if database_url else Settings()
    if not settings.demo:
        raise click.UsageError("a portal in production has no demo")
    if accounts_json or personas_json:
        click.echo(command.accounts(settings) if accounts_json else command.personas())
    if city_time:
        command.move_clock(settings, city_time)
    if reset:
        command.reset(settings, residents=residents)


certificates.add_to(main, import_, open_database)


@main.group()
def procedures() -> None:
    """The files of the procedures residents prepare at home."""


@procedures.command("check")
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def procedures_check(directory: Path | None) -> None:
    """Tell every fault of the files in DIRECTORY (those shipped with the portal) and what to do about it."""
    from rich.console import Console

    from portal.applications import catalogue_command

    sys.exit(catalogue_command.check_files(directory, Console()))


@procedures.command("preview")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", default="ja", show_default=True, type=click.Choice(["ja", "en", "zh", "ko", "es", "pt"]))
def procedures_preview(file: Path, language: str) -> None:
    """Print what FILE asks, of whom and when, in one of the six languages."""
    from rich.console import Console

    from portal.applications import catalogue_command

    sys.exit(catalogue_command.preview(file, language, Console()))


@main.group()
def guidance() -> None:
    """The rules by which the city tells people what concerns them (portal/guidance/data)."""


@guidance.command("check")
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--count", is_flag=True, help="Count too whom each rule fits today, of the whole population.")
def guidance_check(directory: Path | None, count: bool) -> None:
    """Tell every fault of the rules in DIRECTORY (those shipped with the portal) and what to do about it."""
    from rich.console import Console

    from portal.guidance import command

    faults = command.check_files(directory, Console())
    if count and not faults:
        command.count(open_database(Settings()), Console())
    sys.exit(faults)


@main.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write everything to FILE, while the city goes on working."""
    import portal.app  # noqa: F401 - knows every room, and with it every table

    database = open_database(Settings())
    counts = backups.save(database.engine, file)
    database.close()
    click.echo(f"{sum(counts.values()):,} rows of {len(counts)} tables are in {file}.")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask; programs, which have no terminal, are never asked.")
def restore(file: Path, yes: bool) -> None:
    """Replace everything by what is in FILE; wholly or not at all."""
    import portal.app  # noqa: F401 - knows every room, and with it every table
    from portal import migrations

    if not yes and sys.stdin.isatty():
        click.confirm("Everything in the database is replaced by the backup. Go on?", abort=True)
    try:
        backup = restoration.Backup(*backups.about(file))
        backups.check_schema(file, migrations.newest())
    except backups.BackupUnusable as fault:
        raise click.ClickException(f"Nothing was changed: {fault}.") from None
    database = open_database(Settings())
    try:
        migrations.upgrade(database.engine)
        counts = backups.load(database.engine, file)
        restoration.record(database, backup)
        with database.engine.connect() as connection:
            heads.of(Settings()).close_epoch(connection, backup.taken_at)
    except backups.BackupUnusable as fault:
        raise click.ClickException(f"No row was replaced: {fault}.") from None
    finally:
        database.close()
    click.echo(f"{sum(counts.values()):,} rows of {len(counts)} tables are back.")


@main.command(name="verify-audit")
def verify_audit() -> None:
    """Check every audit record against its chain and against the heads kept outside; exit 1 if one is wrong."""
    settings = Settings()
    database = open_database(settings)
    with snapshot(database.engine) as connection:
        findings = reader.verify(
            connection,
            derive_key(settings.master, "audit-chain"),
            settings.state_dir / "audit-heads",
            signing_key(settings.master, "audit-anchor").public_key(),
        )
    database.close()
    for restoration_found in findings.restorations:
        click.echo(restoration_found)
    for fault in findings.faults:
        click.echo(fault, err=True)
    click.echo(f"{findings.rows:,} records and {findings.heads:,} kept heads read: {len(findings.faults)} faults.")
    sys.exit(1 if findings.faults else 0)


@main.command(name="verify-signature")
@click.argument("reference")
@click.option("--save", type=click.Path(file_okay=False, path_type=Path), help="Write what was kept into this folder.")
def verify_signature(reference: str, save: Path | None) -> None:
    """Check again, from what was kept, the card's signature on application REFERENCE; exit 1 if it does not hold."""
    from portal.applications import command

    settings = Settings()
    database = open_database(settings)
    with database.command("verify-signature", Purpose.CHECK) as session:
        holds = command.verify_signature(session, reference, settings.card_ca, save)
    database.close()
    sys.exit(0 if holds else 1)


@main.command(name="rewrap-files")
def rewrap_files() -> None:
    """Wrap the keys of files, of what is kept for city cards, of sealed quotations, of basics of companies, of accounts
    of partners and of files of who came with the first of PORTAL_FILE_KEYS: older ones can go."""
    from portal.basics import service as basics
    from portal.cards import contents
    from portal.files import service as files
    from portal.points.health import attendance
    from portal.points.partners import contracts as partners
    from portal.procurement import service as procurement

    settings, done = Settings(), 0
    database = open_database(settings)
    kinds = (files, contents, partners, procurement, basics, attendance)
    while True:
        with database.command("rewrap-files") as session:
            ring = settings.file_ring
            some = sum(one.rewrap(session, ring) for one in kinds)
        done += some
        if not some:
            break
    database.close()
    click.echo(f"{done:,} keys of files are wrapped anew; all are wrapped by {settings.file_ring.current}.")


@main.command()
@click.argument("reference")
@click.option("--because", default="", help="The legal duty to keep what was typed, e.g. the number of a lawsuit.")
@click.option("--lift", is_flag=True, help="The duty is over: the announced days count again.")
def hold(reference: str, because: str, lift: bool) -> None:
    """Keep the contents of application REFERENCE longer than announced."""
    from portal.applications import command

    with _opened() as database, database.command("hold") as session:
        command.hold(session, reference, because=because, lift=lift)
    click.echo("The announced days count again." if lift else "The contents stay until the hold is lifted.")


@main.command()
@click.argument("reference")
def disclosure(reference: str) -> None:
    """Everything kept about application REFERENCE, notes of staff too, as JSON (個人情報保護法第76条)."""
    import json

    from portal.applications import command

    with _opened() as database, database.command("disclosure") as session:
        click.echo(json.dumps(command.disclose(session, reference), ensure_ascii=False, indent=1))


@main.command(name="let-client-act")
@click.argument("client_id")
@click.argument("body")
def let_client_act(client_id: str, body: str) -> None:
    """Let machine CLIENT_ID register licences of companies, and read those of others, for public body BODY (its code)."""
    from portal.devices import service as devices
    from portal.procurement import service as procurement

    with _opened() as database, database.command("let-client-act") as session:
        procurement.let_client_act(session, devices.known(session, client_id).id, body)
    click.echo(f"{client_id} acts for {body}.")


@main.command(name="office-body")
@click.argument("office")
@click.argument("body", default="")
def office_body(office: str, body: str) -> None:
    """OFFICE is the house of public body BODY (codes), whose sections do nothing of the city's; without BODY: the city's."""
    from portal.procurement import command

    with _opened() as database, database.command("office-body") as session:
        command.give_office(session, office, body)
    click.echo(f"{office} is the house of {body or 'the city'}.")


@main.group()
def exports() -> None:
    """Sections' own systems that receive decided cases (portal/applications/casework/README.md)."""


@exports.command("allow")
@click.argument("client_id")
@click.argument("procedure")
def exports_allow(client_id: str, procedure: str) -> None:
    """Let machine CLIENT_ID receive the cases of PROCEDURE."""
    from portal.applications import command

    with _opened() as database, database.command("exports allow", Purpose.EXPORT) as session:
        following = command.allow_export(session, client_id, procedure)
    click.echo(f"{client_id} receives {procedure}; cases that follow at once: {following}.")


@exports.command("stop")
@click.argument("client_id")
@click.argument("procedure")
def exports_stop(client_id: str, procedure: str) -> None:
    """Machine CLIENT_ID receives the cases of PROCEDURE no longer."""
    from portal.applications import command

    with _opened() as database, database.command("exports stop", Purpose.EXPORT) as session:
        command.stop_export(session, client_id, procedure)
    click.echo(f"{client_id} receives {procedure} no longer.")


main.add_command(clients(open_database))
main.add_command(books(open_database))

if __name__ == "__main__":
    sys.exit(main())
