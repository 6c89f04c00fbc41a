"""`portal hold`: contents the law wants kept longer than announced."""

import click
from sqlalchemy.orm import Session

from portal.applications import service
from portal.core.errors import Refusal
from portal.core.text import TextRefused


def hold(session: Session, reference: str, *, because: str, lift: bool) -> None:
    """Hold a case's contents, or lift the hold; what is wrong is said in one line."""
    if lift == bool(because):
        raise click.UsageError("say either --because or --lift")
    try:
        if lift:
            service.lift_hold(session, reference)
        else:
            service.hold(session, reference, because)
    except (Refusal, TextRefused) as refused:
        raise click.ClickException(str(getattr(refused, "message", refused))) from None
