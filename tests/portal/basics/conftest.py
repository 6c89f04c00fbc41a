"""Bodies with their sections and tasks, and the companies of the cast."""

from collections.abc import Iterator
from typing import Any

import pytest

from portal.core import clock
from portal.demo.tenders import _found_agencies
from tests.beginnings import furnishing


@furnishing
def bodies_with_tasks(session: Any) -> None:
    """The cast's public bodies and the tasks of their sections; needs staff."""
    _found_agencies(session)


@pytest.fixture
def town(cast_staff: None, cast_companies: None, bodies_with_tasks: None) -> None:
    """Staff, companies and bodies."""


@pytest.fixture
def still() -> Iterator[None]:
    """The clock stands: no midnight passes between two lines of a test that counts days."""
    with clock.freeze(clock.now()):
        yield
