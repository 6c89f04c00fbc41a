"""A town in which the cast's company holds two restaurant licences and has told its basics."""

from typing import Any

import pytest

from portal.config import Settings
from portal.demo.filings import employ, license_shops
from portal.demo.tenders import _found_agencies
from tests.beginnings import furnishing
from tests.portal.basics import people


@furnishing
def a_restaurant(session: Any) -> None:
    """Public bodies, the company's licences and basics, its agent; needs staff and companies."""
    _found_agencies(session)
    license_shops(session, Settings())
    employ(session)
    for kind in people.CONTENT:
        people.tell(session, kind)


@pytest.fixture
def town(cast_staff: None, cast_companies: None, a_restaurant: None) -> None:
    """Staff, companies, bodies and a restaurant."""
