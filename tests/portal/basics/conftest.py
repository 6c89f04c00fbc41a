"""Bodies with their sections and tasks, and the companies of the cast."""

from typing import Any

import pytest

from portal.demo.tenders import _found_agencies
from tests.beginnings import furnishing


@furnishing
def bodies_with_tasks(session: Any) -> None:
    """The cast's public bodies and the tasks of their sections; needs staff."""
    _found_agencies(session)


@pytest.fixture
def town(cast_staff: None, cast_companies: None, bodies_with_tasks: None) -> None:
    """Staff, companies and bodies."""
