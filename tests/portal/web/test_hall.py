"""The hall answers, in six languages, with its headers on."""

import openapi_spec_validator
import pytest
from flask import Flask
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from tests.browser import Visitor


def test_health_is_answered(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok"}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_api_describes_itself(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
    openapi_spec_validator.validate(document)
    del document["info"]
    with pytest.raises(OpenAPIValidationError):
        openapi_spec_validator.validate(document)


@pytest.mark.parametrize("path", ["/%09/evil.example", "/%5Cevil.example", "//evil.example", "/%0d%0aX-Evil:1"])
def test_choosing_a_language_never_leads_to_another_site(app: Flask, path: str) -> None:
    answer = app.test_client().get(f"{path}?lang=ko&a=%0d%0ab")
    assert answer.status_code == 303
    location = answer.headers["Location"]
    assert location.startswith("/")
    assert location[1] not in "/\\\t"
    assert "X-Evil" not in answer.headers


def test_the_way_to_the_sign_in_cannot_be_broken_out_of(app: Flask) -> None:
    case = "00000000-0000-4000-8000-000000000000"
    answer = app.test_client().get(f"/applications/{case}/steps/%0d%0aX-Evil:%201&next=x")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in?next=/applications/")
    assert answer.headers["Location"].count("next=") == 1


@pytest.mark.parametrize(
    "origin", ["http://[", "null", "", "http://localhost.evil.example", "http://localhost@evil.example"]
)
def test_a_post_from_another_origin_is_refused_however_it_is_written(app: Flask, origin: str) -> None:
    visitor = Visitor(app)
    answer = visitor.post("/sign-in", {"login_id": "x", "password": "x"}, headers={"Origin": origin})
    assert answer.status == (422 if origin == "" else 400)


def test_a_file_that_is_not_there_is_a_page_and_not_kept(app: Flask) -> None:
    for path in ("/static/nope.css", "/static/%00", "/static/../app.py", "/static/..%5capp.py"):
        answer = app.test_client().get(path)
        assert answer.status_code == 404
        assert answer.headers["Cache-Control"] == "no-store"
    assert "public" in app.test_client().get("/static/css/base.css").headers["Cache-Control"]


def test_a_board_of_no_office_is_not_found(app: Flask) -> None:
    for path in ("/board/%00", "/board/%00/state", "/board/nowhere/state"):
        assert app.test_client().get(path).status_code == 404
