"""`portal client enrol | revoke`: machines let in and shut out from the command line."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core.errors import Refusal
from portal.core.permissions import Scope
from portal.core.uow import Database
from portal.devices import rules, service
from portal.staff import service as staff


def enrol(
    session: Session, client_id: str, *, name: str, kind: str, office: str, scopes: tuple[str, ...], public_key: Path
) -> None:
    """Register a machine; what is wrong is said in one line."""
    if not rules.is_client_id(client_id):
        raise click.BadParameter("use 3 to 60 lower-case letters, digits or hyphens", param_hint="CLIENT_ID")
    if office not in {known.code for known in staff.offices(session)}:
        known_codes = ", ".join(known.code for known in staff.offices(session))
        raise click.BadParameter(f"one of {known_codes}", param_hint="--office")
    try:
        service.enrol(
            session,
            client_id=client_id,
            name=name or client_id,
            kind=rules.Kind(kind),
            office=office,
            scopes=[Scope(scope) for scope in scopes],
            public_key=rules.read_public_key(public_key.read_text()),
        )
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.message} {refusal.next_step}") from None


def revoke(session: Session, client_id: str) -> None:
    """Shut a machine out."""
    try:
        service.revoke(session, client_id)
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.message} {refusal.next_step}") from None


def clients(open_database: Callable[[Settings], Database]) -> click.Group:
    """The commands, for the command line of the portal."""

    @click.group(name="client")
    def group() -> None:
        """Machines that may use the portal."""

    @group.command(name="enrol")
    @click.argument("client_id")
    @click.option("--name", default="", help="What lists show; the ID when not given.")
    @click.option("--kind", required=True, type=click.Choice([str(kind) for kind in rules.Kind]))
    @click.option("--office", required=True, help="The code of an office: chuo, honcho, shori …")
    @click.option("--scope", "scopes", required=True, multiple=True, type=click.Choice([str(scope) for scope in Scope]))
    @click.option("--public-key", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def enrol_client(client_id: str, **facts: Any) -> None:
        """Let a machine in by its public key (a JWK file)."""
        with closing(open_database(Settings())) as database, database.command("client enrol") as session:
            enrol(session, client_id, **facts)
        click.echo(f"{client_id} is registered.")

    @group.command(name="revoke")
    @click.argument("client_id")
    def revoke_client(client_id: str) -> None:
        """Shut a machine out at once."""
        with closing(open_database(Settings())) as database, database.command("client revoke") as session:
            revoke(session, client_id)
        click.echo(f"{client_id} is shut out.")

    return group
