"""`portal client enrol | revoke`: machines let in and shut out from the command line."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from portal.core.errors import Refusal
from portal.core.permissions import Scope
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
