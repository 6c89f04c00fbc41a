"""The machine of test_kiosk_api, for every test of the room."""

from tests.portal.kiosks.test_kiosk_api import kiosk  # noqa: F401 - a fixture
