"""The hall answers, in six languages, with its headers on."""

from flask import Flask


def test_health_is_answered(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok"}
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_api_describes_itself(app: Flask) -> None:
    document = app.test_client().get("/openapi.json").json
    assert document is not None
    assert document["openapi"] == "3.1.0"
