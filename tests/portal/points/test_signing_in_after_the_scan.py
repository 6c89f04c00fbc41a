"""Who scans the code at an activity before signing in: the scan of that moment counts, in that browser, for a short time."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.points.volunteering import codes, rules
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient
from tests.portal.points.offered import activity, apply, host, place, programme

KEY = b"k" * 32
LATE = timedelta(minutes=5)


def test_a_pass_is_one_browsers_for_one_activity_and_ten_minutes() -> None:
    now, one = clock.now().replace(microsecond=0), uuid4()
    written = codes.write_pass(KEY, one, "browser", now)
    assert codes.scanned_at(KEY, one, written, "browser", now + codes.PASS_HOLDS) == now
    for activity_id, browser, at in (
        (one, "browser", now + codes.PASS_HOLDS + timedelta(seconds=1)), (one, "browser", now - timedelta(seconds=2)),
        (one, "another", now), (one, "", now), (uuid4(), "browser", now),
    ):  # fmt: skip
        with pytest.raises(rules.CodeOld):
            codes.scanned_at(KEY, activity_id, written, browser, at)
    code = codes.write(KEY, one, now)
    for forged in ("p", "p.", f"p{code}", "pいま.x", f"p{int(now.timestamp())}.{code.partition('.')[2]}", "x" * 50):
        with pytest.raises(rules.CodeOld):
            codes.scanned_at(KEY, one, forged, "browser", now)


@pytest.fixture
def begun(database: Database, cast_residents: None) -> tuple[UUID, UUID]:
    """An activity that has begun, and 花子's place."""
    programme(database)
    one = activity(database, host(database), starts_at=clock.now() + timedelta(minutes=5))
    return one, apply(database, cast.HANAKO, one)


def scan(visitor: Visitor, one: UUID, *, written: timedelta = timedelta()) -> str:
    """Where the phone's browser is led by the code on the wall, written so long ago."""
    key = visitor.client.application.extensions["portal"].key(codes.PURPOSE)
    code = codes.write(key, one, clock.now() - written)
    answer = visitor.client.get(f"/points/volunteering/{one}/scan?code={code}")
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def sign_in(visitor: Visitor, door: Page) -> Page:
    """花子 signs in on the page the scan led to, and is led back."""
    assert door.path.startswith("/sign-in"), door.path
    return visitor.submit(door, "/sign-in", login_id=cast.HANAKO.login_id, password=cast.HANAKO.password)


def press(visitor: Visitor, page: Page, one: UUID) -> Page:
    return visitor.submit(page, f"/points/volunteering/{one}/here")


def test_the_scan_of_somebody_who_signs_in_afterwards_counts(
    database: Database, app: Flask, begun: tuple[UUID, UUID]
) -> None:
    (one, mine), visitor, at = begun, Visitor(app), clock.now()
    with clock.freeze(at):
        door = visitor.get(scan(visitor, one))
    with clock.freeze(at + LATE):
        assert press(visitor, sign_in(visitor, door), one).status == 200
    came = place(database, mine).came_at
    assert came is not None
    assert abs(came - at) < timedelta(seconds=1), "the moment of the scan, not that of the press"


def test_in_another_browser_or_too_late_it_is_nothing(
    database: Database, app: Flask, begun: tuple[UUID, UUID], resident_client: ResidentClient
) -> None:
    (one, mine), visitor, at = begun, Visitor(app), clock.now()
    with clock.freeze(at):
        path = scan(visitor, one)
        door, other = visitor.get(path), resident_client("hanako")
        assert press(other, other.get(path), one).status == rules.CodeOld.status
    with clock.freeze(at + codes.PASS_HOLDS + timedelta(minutes=1)):
        assert press(visitor, sign_in(visitor, door), one).status == rules.CodeOld.status
    assert place(database, mine).came_at is None


def test_an_old_code_becomes_no_pass_and_who_is_signed_in_needs_none(
    database: Database, app: Flask, begun: tuple[UUID, UUID], resident_client: ResidentClient
) -> None:
    (one, mine), visitor, at = begun, Visitor(app), clock.now()
    with clock.freeze(at):
        old = scan(visitor, one, written=timedelta(minutes=3))
        assert f"code={codes.PASS}" not in old
        assert press(visitor, sign_in(visitor, visitor.get(old)), one).status == rules.CodeOld.status
        hanako = resident_client("hanako")
        path = scan(hanako, one)
        assert f"code={codes.PASS}" not in path
        assert press(hanako, hanako.get(path), one).status == 200
    assert place(database, mine).came_at == at
