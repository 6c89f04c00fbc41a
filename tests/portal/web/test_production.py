"""What changes when the demo's doors are shut: secrets, hosts, addresses, surfaces made for trying."""

from pathlib import Path

import pytest
from flask import Flask
from pydantic import ValidationError

from portal.app import create_app
from portal.config import DEMO_SECRET, Mode, Settings
from portal.core.uow import Database

SECRET = "a secret of a city's own, long enough to be one"
BASE = "https://portal.city.example"


@pytest.fixture
def production(settings: Settings, database: Database) -> Flask:
    real = Settings(
        mode=Mode.PRODUCTION,
        master_secret=SECRET,  # type: ignore[arg-type]
        base_url=BASE,
        state_dir=settings.state_dir,
        database_url=settings.database_url,
        trusted_proxies=1,
    )
    return create_app(real, database)


@pytest.mark.parametrize(
    "wrong", [{"master_secret": DEMO_SECRET}, {"master_secret": "short"}, {"base_url": "http://a"}]
)
def test_production_refuses_what_the_demo_may_have(tmp_path: Path, wrong: dict[str, str]) -> None:
    given = {"mode": "production", "master_secret": SECRET, "base_url": BASE, "state_dir": tmp_path, **wrong}
    with pytest.raises(ValidationError) as refused:
        Settings(**given)  # type: ignore[arg-type]
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["evil.example", "portal.city.example.evil.example", "[", "a b", "portal.city.example@evil"]
)
def test_another_host_is_not_served(production: Flask, host: str) -> None:
    for path in ("/", "//staff", "/sign-in?lang=ko", "/nope", "/static/nope", "/openapi.json"):
        answer = production.test_client(use_cookies=False).get(path, headers={"Host": host})
        assert answer.status_code == 400 or (answer.status_code == 303 and answer.headers["Location"] == "/sign-in")
        assert "evil" not in answer.headers.get("Location", "")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_our_own_host_is_served_and_kept_to_https(production: Flask) -> None:
    answer = production.test_client().get("/sign-in", base_url=BASE)
    assert answer.status_code == 200
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_the_demo_surfaces_are_gone(production: Flask) -> None:
    client = production.test_client()
    assert client.get("/components", base_url=BASE).status_code == 404
    page = client.get("/sign-in", base_url=BASE)
    assert "demo" not in page.text.lower().replace("demo_clock", "")
    assert "架空" not in page.text.replace("架空の千葉市", "")


def test_tries_are_counted_by_the_address_the_front_server_tells(production: Flask) -> None:
    """Behind a front server everybody has its address; what a client writes into the header itself is not believed."""
    seen = []

    @production.before_request
    def look() -> None:
        from flask import request

        seen.append(request.remote_addr)

    client = production.test_client()
    client.get("/healthz", base_url=BASE, headers={"X-Forwarded-For": "198.51.100.9, 192.0.2.7"})
    assert seen == ["192.0.2.7"]
