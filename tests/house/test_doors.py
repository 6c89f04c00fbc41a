"""Every door is listed, and every door that is not public is shut to strangers."""

import re
from pathlib import Path

from flask import Flask

from portal.core.permissions import ROLES, Permission, Scope
from portal.web.room import Door, describe

LIST = Path(__file__).parent / "routes.txt"
PARAMETER = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>")
SAMPLES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1", None: "x", "string": "x", "path": "x"}


def doors(app: Flask) -> list[Door]:
    found: list[Door] = app.extensions["doors"]
    return found


def test_every_opened_door_is_a_line_in_a_diff(app: Flask) -> None:
    """After opening a door on purpose: `portal routes > tests/house/routes.txt`."""
    assert [line.rstrip() for line in describe(doors(app))] == LIST.read_text().splitlines()


def test_every_route_was_declared_by_a_room(app: Flask) -> None:
    declared = {door.endpoint for door in doors(app)}
    assert {rule.endpoint for rule in app.url_map.iter_rules()} - declared == {"static"}


def test_a_stranger_is_stopped_at_every_door_that_is_not_public(app: Flask) -> None:
    client = app.test_client()
    opened = []
    for door in doors(app):
        if str(door.access) == "public":
            continue
        address = PARAMETER.sub(lambda found: SAMPLES[found.group(1)], door.path)
        for method in door.methods:
            status = client.open(address, method=method).status_code
            stopped = {303, 401} if not door.machine and method == "GET" else {401}
            if status not in stopped:
                opened.append(f"{method} {door.path} answered {status}")
    assert opened == []


def test_no_permission_is_promised_that_opens_nothing(app: Flask) -> None:
    named = {door.access.permission for door in app.extensions["doors"]}
    assert set(Permission) == named - {None}
    assert {permission for held in ROLES.values() for permission in held} == set(Permission)


def test_no_scope_is_promised_that_opens_nothing(app: Flask) -> None:
    assert set(Scope) == {door.access.scope for door in app.extensions["doors"]} - {None}
