"""A household before a kiosk, and Hanako at home."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import update

from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.web.signed_in import WebSession
from tests.browser import Visitor
from tests.conftest import ResidentClient
from tests.portal.certificates.at_machines import HOME
from tests.portal.certificates.city import Town


@pytest.fixture
def town() -> Town:
    return Town(HOME)


@pytest.fixture
def kiosk(database: Database) -> Callable[[], object]:
    """Opens a writing unit of work as a kiosk's request does."""
    actor = Actor(Kind.CLIENT, uuid4(), "kiosk")
    return lambda: database.page(actor, Purpose.CERTIFICATE, writes=True)


@pytest.fixture
def hanako(resident_client: ResidentClient, database: Database) -> Visitor:
    """Signed in with her passkey."""
    visitor = resident_client("hanako")
    with database.command("passkey") as session:
        session.execute(update(WebSession).values(assurance=2))
    return visitor
