"""A machine gets a token by its own key, once an assertion, for its own scopes, until it is revoked."""

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from werkzeug.test import TestResponse

from portal.core import clock
from portal.core.actor import Kind
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import devices as demo_devices
from portal.devices import service
from tests.conftest import StaffClient

AUDIENCE = "http://127.0.0.1:8000/oauth/token"
KIOSK = "kiosk-chuo-1"


@dataclass
class Machine:
    """A machine with a key of its own, at the portal's door."""

    app: Flask
    key: ECKey
    client_id: str = KIOSK
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256"})

    def assertion(self, **changes: Any) -> str:
        now = int(clock.machine_now().timestamp())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": AUDIENCE, "exp": now + 120, "jti": str(uuid4())}
        claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
        return jwt.encode(self.header, claims, self.key, algorithms=[self.header["alg"]])

    def ask(self, assertion: str | None = None, **changes: Any) -> TestResponse:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion if assertion is not None else self.assertion(),
            **changes,
        }
        return self.app.test_client().post("/oauth/token", data=form)


@pytest.fixture
def kiosk(app: Flask, database: Database, tmp_path: Path) -> Machine:
    with database.command("demo devices") as session:
        demo_devices.enrol_machines(session, tmp_path / "clients")
    return Machine(app, demo_devices.key_of(tmp_path / "clients", KIOSK))


@pytest.fixture
def holder(database: Database) -> Iterator[Callable[[str], Any]]:
    def ask(token: str) -> Any:
        with database.command("token") as session:
            return service.recognise(session, token)

    return ask


def refused(answer: TestResponse, error: str = "invalid_client", status: int = 401) -> bool:
    body = answer.get_json()
    return answer.status_code == status and body["error"] == error and "access_token" not in body


def test_a_machine_gets_a_token_by_its_own_key(kiosk: Machine, holder: Callable[[str], Any]) -> None:
    answer = kiosk.ask(scope="kiosk")
    body = answer.get_json()
    assert answer.status_code == 200, body
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "kiosk")
    assert answer.headers["Cache-Control"] == "no-store"
    actor = holder(body["access_token"])
    assert (actor.kind, actor.office, actor.scopes) == (Kind.CLIENT, "chuo", frozenset({"kiosk"}))


def test_the_same_assertion_twice_is_refused(kiosk: Machine) -> None:
    assertion = kiosk.assertion()
    assert kiosk.ask(assertion).status_code == 200
    assert refused(kiosk.ask(assertion))


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example/oauth/token"},
        {"aud": None},
        {"exp": 1_000_000_000},
        {"exp": 32_503_680_000},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": 32_503_680_000},
        {"jti": None},
        {"jti": 7},
        {"iss": "sender-kosodate"},
        {"sub": "nobody"},
        {"sub": None},
        {"sub": "kiosk\0", "iss": "kiosk\0"},
        {"sub": ["kiosk-chuo-1"]},
    ],
    ids=lambda changes: " ".join(f"{name}={value}" for name, value in changes.items()),
)
def test_an_assertion_that_does_not_fit_is_refused(kiosk: Machine, changes: dict[str, Any]) -> None:
    assert refused(kiosk.ask(kiosk.assertion(**changes)))


def test_another_machines_key_is_refused(kiosk: Machine, tmp_path: Path) -> None:
    kiosk.key = demo_devices.key_of(tmp_path / "clients", "sender-kosodate")
    assert refused(kiosk.ask())


def test_an_unsigned_assertion_is_refused(kiosk: Machine) -> None:
    _head, claims, _signature = kiosk.assertion().split(".")
    assert refused(kiosk.ask(f"eyJhbGciOiJub25lIn0.{claims}."))


def test_the_public_key_used_as_a_secret_is_refused(kiosk: Machine) -> None:
    secret = json.dumps(kiosk.key.as_dict(private=False)).encode()
    claims = {"iss": KIOSK, "sub": KIOSK, "aud": AUDIENCE, "exp": 32_503_680_000, "jti": "x"}
    forged = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))
    assert refused(kiosk.ask(forged))


@pytest.mark.parametrize("assertion", ["", "x", "a.b.c", "..", "ey.ey.ey", "é" * 100, "x" * 100_000])
def test_rubbish_is_refused_without_a_bug(kiosk: Machine, assertion: str) -> None:
    assert refused(kiosk.ask(assertion))


def test_every_refusal_of_a_client_reads_the_same(kiosk: Machine) -> None:
    bodies = [kiosk.ask(kiosk.assertion(**changes)).get_json() for changes in ({"sub": "nobody"}, {"aud": "x"})]
    assert bodies[0] == bodies[1]


def test_a_scope_it_does_not_have_is_refused(kiosk: Machine) -> None:
    assert refused(kiosk.ask(scope="notices"), "invalid_scope", 400)


def test_another_grant_is_refused(kiosk: Machine) -> None:
    assert refused(kiosk.ask(grant_type="password"), "unsupported_grant_type", 400)


def test_a_parameter_given_twice_is_refused(kiosk: Machine) -> None:
    answer = kiosk.app.test_client().post("/oauth/token", data={"grant_type": ["client_credentials", "password"]})
    assert refused(answer, "invalid_request", 400)


def test_a_token_ends_after_ten_minutes(kiosk: Machine, holder: Callable[[str], Any]) -> None:
    from datetime import timedelta

    token = kiosk.ask().get_json()["access_token"]
    with clock.freeze(clock.now() + timedelta(seconds=599)):
        assert holder(token) is not None
    with clock.freeze(clock.now() + timedelta(seconds=601)):
        assert holder(token) is None


def test_a_revoked_machine_is_out_at_once(kiosk: Machine, holder: Callable[[str], Any], database: Database) -> None:
    token = kiosk.ask().get_json()["access_token"]
    with database.command("revoke") as session:
        service.revoke(session, KIOSK)
    assert holder(token) is None
    assert refused(kiosk.ask())


def test_only_a_tokens_hash_is_kept(kiosk: Machine, database: Database) -> None:
    token = kiosk.ask().get_json()["access_token"]
    with database.engine.connect() as connection:
        from portal.devices.models import AccessToken

        rows = connection.execute(AccessToken.__table__.select()).all()
    assert token not in str(rows)


def test_demo_keys_are_their_owners_alone_and_stay(kiosk: Machine, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "clients" / f"{KIOSK}.jwk"
    before = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with database.command("demo again") as session:
        demo_devices.enrol_machines(session, tmp_path / "clients")
    assert file.read_text() == before
    assert kiosk.ask().status_code == 200


def test_the_server_describes_itself(app: Flask) -> None:
    document = app.test_client().get("/.well-known/oauth-authorization-server").get_json()
    assert document["token_endpoint"] == AUDIENCE
    assert document["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]


def test_the_operator_enrols_and_revokes_a_machine(app: Flask, staff_client: StaffClient) -> None:
    operator = staff_client(Role.OPERATOR)
    key = ECKey.generate_key("P-256", private=True)
    fields = {
        "client_id": "kiosk-inage-1",
        "name": "稲毛区役所 キオスク端末1",
        "kind": "kiosk",
        "office": "inage",
        "scopes": ["kiosk"],
        "public_key": json.dumps(key.as_dict(private=False)),
    }
    page = operator.submit(operator.get("/staff/clients"), "/staff/clients", **fields)
    assert "kiosk-inage-1" in page.text
    machine = Machine(app, key, "kiosk-inage-1")
    assert machine.ask().status_code == 200
    again = operator.submit(page, "/staff/clients", **fields)
    assert again.status == 422
    asked = operator.get("/staff/clients/kiosk-inage-1/revoke")
    operator.submit(asked, "/staff/clients/kiosk-inage-1/revoke")
    assert refused(machine.ask())


def test_a_private_key_is_not_taken_nor_sent_back(staff_client: StaffClient) -> None:
    operator = staff_client(Role.OPERATOR)
    private = json.dumps(ECKey.generate_key("P-256", private=True).as_dict(private=True))
    page = operator.submit(operator.get("/staff/clients"), "/staff/clients", public_key=private)
    assert page.status == 422
    assert json.loads(private)["d"] not in page.text


def test_only_operators_enrol(staff_client: StaffClient) -> None:
    watcher = staff_client(Role.SECURITY_MANAGER)
    page = watcher.get("/staff/clients")
    assert page.status == 200
    assert not list(page.find("input", name="client_id"))
    assert watcher.post("/staff/clients", {"client_id": "x"}, page=page).status == 404
    assert staff_client(Role.WINDOW).get("/staff/clients").status == 404
