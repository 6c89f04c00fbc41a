"""Forms sent to addresses with ids that are nobody's: told in words, whatever was chosen."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask

from portal.core.permissions import Role
from tests.conftest import StaffClient

OURS = ("/staff/points", "/staff/volunteering", "/staff/partners", "/staff/coupon")
NOBODYS = {"UUIDConverter": UUID(int=7), "IntegerConverter": 7, "_RowNumber": 7, "UnicodeConverter": "nobody"}
DECISIONS = ("", "agree", "yes", "uphold")
pytestmark = pytest.mark.usefixtures("cast_residents")


def addresses(app: Flask) -> Iterator[str]:
    """Of every form of the staff's pages of points that is about something."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(OURS) and "POST" in (rule.methods or ()) and rule.arguments:
            kinds = rule._converters
            given = {name: NOBODYS[type(kinds[name]).__name__] for name in rule.arguments}
            yield adapter.build(rule.endpoint, given, method="POST")


def test_what_is_not_there_is_told_in_words(app: Flask, staff_client: StaffClient) -> None:
    staff = staff_client(Role.POINTS_CHIEF)
    found = list(addresses(app))
    assert len(found) > 30
    wrong = set[str]()
    token = staff.get("/staff/").csrf_token
    for address in found:
        for decision in DECISIONS:
            typed = {"csrf_token": token, "decision": decision, "note": "確認しました。", "minutes": "60"}
            wrong |= {address} if staff.client.post(address, data=typed).status_code >= 500 else set()
    assert not wrong
