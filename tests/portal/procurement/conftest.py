"""Bodies that buy, and the companies of the cast with their grades."""

from collections.abc import Iterator
from typing import Any

import pytest

from portal.core import clock
from portal.demo.tenders import _found_agencies, _give_grades
from tests.beginnings import furnishing


@furnishing
def bodies_that_buy(session: Any) -> None:
    """The cast's public bodies and the grades of its companies; needs staff and companies."""
    _found_agencies(session)
    _give_grades(session)


@pytest.fixture
def town(cast_staff: None, cast_companies: None, bodies_that_buy: None) -> None:
    """Staff, companies and bodies."""


@pytest.fixture
def still() -> Iterator[None]:
    """No midnight passes between two lines of a test that counts days."""
    with clock.freeze(clock.now()):
        yield
