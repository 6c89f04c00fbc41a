"""What a running portal holds: settings, database, and how to recognise who is asking."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core.actor import Actor
from portal.core.crypto import derive_key
from portal.core.uow import Database


@dataclass(frozen=True, slots=True)
class Hall:
    """`recognise_client` turns a bearer token into a machine's actor; the room that enrols machines brings it."""

    settings: Settings
    database: Database
    recognise_client: Callable[[Session, str], Actor | None]

    def key(self, purpose: str) -> bytes:
        return derive_key(self.settings.master, purpose)


def hall() -> Hall:
    """The hall of the app that serves this request."""
    found: Hall = current_app.extensions["portal"]
    return found
