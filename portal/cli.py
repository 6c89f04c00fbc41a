"""The command line of the portal: `portal --help` lists what can be done."""

import signal
import sys
import threading

import click

from portal import migrations, wiring
from portal.app import create_app, open_database
from portal.config import Settings
from portal.core import journal
from portal.core.worker import Worker
from portal.web.room import describe


@click.group()
def main() -> None:
    """The city's portal."""
    journal.set_up()


@main.command()
@click.option("--down-to", help="Go back to this revision instead.")
def migrate(down_to: str | None) -> None:
    """Bring the database's schema up to date."""
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
    host, _, port = bind.rpartition(":")
    server = Granian(
        "portal.serve:app",
        address=host,
        port=int(port),
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        log_access=False,
    )
    server.serve()


@main.command()
def worker() -> None:
    """Deliver what was promised, until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    database = open_database(Settings())
    Worker(database, wiring.work(), wiring.PERIODIC).run(stop)
    database.close()


@main.command()
def routes() -> None:
    """List every door: method, address, who may enter, room."""
    for line in describe(create_app().extensions["doors"]):
        click.echo(line)


if __name__ == "__main__":
    sys.exit(main())
