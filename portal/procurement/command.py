"""`portal office-body OFFICE [BODY]`: whose house an office is (decision 0101)."""

import click
from sqlalchemy.orm import Session

from portal.procurement.models import Agency
from portal.staff import service as staff


def give_office(session: Session, office: str, body: str) -> None:
    """The office belongs to this body, or with "" to the city. Raises ClickException for an unknown one of either."""
    if body and session.get(Agency, body) is None:
        raise click.ClickException(f"There is no public body {body!r} here.")
    if not staff.give_office(session, office, body):
        raise click.ClickException(f"There is no office {office!r} here.")
