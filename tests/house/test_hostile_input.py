"""Whatever anybody sends to whatever door: an answer, never a bug, and always with the headers on.

`HOSTILE_REQUESTS=20000 TEST_SEED=7` makes it as long as wanted and repeats a run.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Response

from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import devices as demo_devices
from portal.reservations import slots
from portal.residents.models import Resident
from portal.web.room import Door
from portal.web.session import COOKIE, VISITOR_COOKIE
from tests.browser import Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.house.hostile import FORM, PARAMETER, Attacker, Hostile
from tests.portal.companies.people import BusinessClient
from tests.portal.devices.test_tokens import Machine
from tests.portal.reservations import visits

REQUESTS = int(os.environ.get("HOSTILE_REQUESTS", "300"))
SEED = int(os.environ.get("TEST_SEED", "20261122"))
ALWAYS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options", "Cache-Control")
FIELD = re.compile(rb'<(?:input|select|textarea|button)[^>]*\bname="([^"]+)"')
TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
# Fields no page shows in its first state.
HIDDEN = ["lang", "next", "page", "q", "who", "why", "code", "office", "day", "slot", "lookup", "section", "back",
          "certificate", "signature", "challenge_id", "window", "document", "reference", "comment-name",
          "reason-name", "grant_type", "client_assertion", "client_assertion_type", "scope"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who sends: a browser, its cookies and CSRF token, or a machine's token."""

    client: FlaskClient
    cookie: str = ""
    token: str = ""
    bearer: str = ""


@pytest.fixture
def senders(
    app: Flask,
    database: Database,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    business_client: BusinessClient,
    tmp_path: Path,
) -> dict[str, Sender]:
    """A stranger, a resident, a representative of a company, a machine, and one clerk of each role."""
    with database.command("furnish") as session:
        demo_devices.enrol_machines(session, tmp_path / "clients")
        slots.open_ahead(session, clock.today(), 8)
    machine = Machine(app, demo_devices.key_of(tmp_path / "clients", "kiosk-chuo-1"))
    bearer = (machine.ask(scope="kiosk").json or {})["access_token"]
    people = {"stranger": Visitor(app), "resident": resident_client("hanako"), "business": business_client("shoko")}
    people |= {str(role): staff_client(role) for role in Role}
    found = {name: Sender(visitor.client, *_cookies_and_token(visitor)) for name, visitor in people.items()}
    return found | {"client": Sender(app.test_client(), bearer=bearer)}


@pytest.fixture
def attacker(app: Flask, database: Database, senders: dict[str, Sender]) -> Attacker:
    names = {name.decode() for door in _doors(app) if "<" not in door.path and "GET" in door.methods
             for sender in _fitting(door, senders) for name in FIELD.findall(sender.client.get(door.path).data)}  # fmt: skip
    with database.command("look") as session:
        residents = list(session.scalars(select(Resident.id).order_by(Resident.addressee_number)))
    cases = [visits.application(database, someone) for someone in residents[:4]]
    slot = visits.slot_at(database, _a_slot(database), places=2)
    bookings: list[UUID] = [visits.book(database, residents[0], cases[0], slot).id]
    return Attacker(Random(SEED), sorted(names | set(HIDDEN)), [*residents[:3], *cases, *bookings, uuid4()])


def test_no_request_is_a_bug(app: Flask, senders: dict[str, Sender], attacker: Attacker) -> None:
    print(f"TEST_SEED={SEED}")
    doors, faults = _doors(app), _faults_of_numbers(app, senders)
    for _ in range(REQUESTS):
        door = attacker.random.choice(doors)
        pool = list(senders.values()) if attacker.random.random() < 0.2 else _fitting(door, senders)
        sender = attacker.random.choice(pool)
        asked = attacker.request(door, sender.token)
        faults += [f"{fault}: {asked}" for fault in _faults(_send(app, sender, asked))]
    assert faults == []


def _faults_of_numbers(app: Flask, senders: dict[str, Sender]) -> list[str]:
    """What is wrong at the doors of numbered rows for the largest number a column holds, and the next one."""
    faults = []
    for door in (door for door in _doors(app) if "<int:" in door.path):
        sender = _fitting(door, senders)[0]
        for number in (2**63 - 1, 2**63):
            path = PARAMETER.sub(lambda found, number=number: str(number) if found[1] == "int" else "x", door.path)
            asked = Hostile(door.methods[0], path, f"csrf_token={sender.token}".encode(), FORM)
            faults += [f"{fault}: {asked}" for fault in _faults(_send(app, sender, asked))]
    return faults


def _a_slot(database: Database) -> object:
    from portal.reservations.models import Slot

    with database.command("look") as session:
        return session.scalars(
            select(Slot.starts_at).where(Slot.office == "chuo").order_by(Slot.starts_at.desc())
        ).first()


def _cookies_and_token(visitor: Visitor) -> tuple[str, str]:
    found = [TOKEN.search(visitor.client.get(path).data) for path in ("/sign-in", "/account", "/business", "/staff/")]
    kept = [visitor.client.get_cookie(name) for name in (COOKIE, VISITOR_COOKIE)]
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in kept if cookie)
    return cookies, next(token[1].decode() for token in found if token)


def _doors(app: Flask) -> list[Door]:
    return [door for door in app.extensions["doors"] if "sign-out" not in door.path]


def _fitting(door: Door, senders: dict[str, Sender]) -> list[Sender]:
    """Those the door opens for: what is behind it is what is tried."""
    kind, permission = str(door.access.kind or "stranger"), door.access.permission
    if kind != "staff":
        return [senders[kind]]
    from portal.core.permissions import ROLES

    return [senders[str(role)] for role in Role if permission is None or permission in ROLES[role]]


def _send(app: Flask, sender: Sender, asked: Hostile) -> Response:
    """Straight to the application: a client would refuse to speak to hosts like "["."""
    headers = {"Accept": "text/html", "Idempotency-Key": str(uuid4()), "Cookie": sender.cookie, **asked.headers}
    if sender.bearer:
        headers = {"Authorization": f"Bearer {sender.bearer}", **headers}
    environ = EnvironBuilder(path=asked.path, method=asked.method, data=asked.body or None).get_environ()
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    environ["CONTENT_TYPE"] = asked.content_type
    body, status, answered = run_wsgi_app(app, environ, buffered=True)
    return Response(body, status, answered)


def _faults(answer: Response) -> list[str]:
    faults = [f"no {name}" for name in ALWAYS if name not in answer.headers]
    if answer.status_code >= 500:
        faults.append(f"status {answer.status_code}")
    if urlsplit(answer.headers.get("Location", "")).hostname not in (None, "localhost", "127.0.0.1"):
        faults.append("leads away")
    if "X-Evil" in answer.headers:
        faults.append("a header of the sender's")
    for cookie in answer.headers.getlist("Set-Cookie"):
        if not all(word in cookie for word in ("__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/")):
            faults.append(f"a weak cookie {cookie.partition('=')[0]}")
    return faults
