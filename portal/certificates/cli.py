"""Commands of this room for the portal's command line. Each imports what it alone needs (portal.cli)."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from portal.config import Settings
from portal.core.uow import Database

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def add_to(main: click.Group, imports: click.Group, open_database: Callable[[Settings], Database]) -> None:
    """`portal verify-certificate`, `portal revoke-certificate`, `portal import seals` and `portal import taxes`."""
    main.add_command(verify_certificate)
    main.add_command(_revoke(open_database))
    for what, text in LEDGERS.items():
        imports.add_command(_import(what, text, open_database))


LEDGERS = {
    "seals": "Registered seals from a CSV file, the impressions as PNG beside it (portal/certificates/ledgers/README.md).",
    "taxes": "Municipal tax, assessed and paid, from a CSV file (portal/certificates/ledgers/README.md).",
}


def _import(what: str, text: str, open_database: Callable[[Settings], Database]) -> click.Command:
    @click.command(name=what, help=text)
    @FILE
    def take(file: Path) -> None:
        from rich.console import Console

        from portal.certificates.ledgers import command

        database = open_database(Settings())
        status = command.import_file(database, file, Console(), what=what)
        database.close()
        sys.exit(status)

    return take


def _revoke(open_database: Callable[[Settings], Database]) -> click.Command:
    @click.command(name="revoke-certificate")
    @click.argument("number")
    @click.option("--because", required=True, help="What was wrong with it; kept, and not told to whoever checks it.")
    def revoke(number: str, because: str) -> None:
        """Take back certificate NUMBER (its issue number): whoever checks it at /verify is told not to accept it."""
        from portal.certificates import service

        database = open_database(Settings())
        try:
            with database.command("revoke-certificate") as session:
                service.revoke(session, service.read_issue_number(number), because=because)
        except service.OrderUnknown as refusal:
            raise click.ClickException(refusal.message) from None
        finally:
            database.close()
        click.echo(f"{number} is taken back.")

    return revoke


@click.command(name="verify-certificate")
@FILE
@click.option("--city", default="", metavar="ADDRESS", help="Fetch the city's published keys from its portal.")
@click.option("--keys", type=click.Path(exists=True, path_type=Path), help="… or read them: certificate-keys.json")
@click.option("--seal", type=click.Path(exists=True, path_type=Path), help="… and certificate-seal.pem.")
def verify_certificate(file: Path, city: str, keys: Path | None, seal: Path | None) -> None:
    """Check FILE (a certificate as PDF, the text of its large code, or an electronic certificate); exit 1 if it is not ours.

    Needs no database. Without options this installation's own keys are used.
    """
    from rich.console import Console

    from portal.certificates import command

    by = command.published(city, keys, seal) or command.own(Settings())
    sys.exit(command.verify(file, by, Console()))
