"""A household before a kiosk."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.uow import Database
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
