"""Who is refused before what they sent was read leaves the line clean for the next."""

from io import BytesIO

import pytest
from flask import Flask

from portal.web.headers import SMALL_BODY

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("path", ["/account/language", "/api/v1/notices", "/nowhere"])
def test_a_small_body_is_taken_in_before_a_refusal(app: Flask, path: str) -> None:
    body = BytesIO(b"a=" + b"x" * (SMALL_BODY - 2))
    answer = app.test_client().post(path, input_stream=body, content_length=SMALL_BODY, headers=FORM)
    assert answer.status_code in (401, 403, 404)
    assert body.tell() == SMALL_BODY
    assert "Connection" not in answer.headers


def test_after_a_refusal_of_a_large_body_the_line_is_closed_with_a_word(app: Flask) -> None:
    length = SMALL_BODY + 1
    answer = app.test_client().post("/nowhere", input_stream=BytesIO(b"x" * length), content_length=length)
    assert (answer.status_code, answer.headers["Connection"]) == (404, "close")
    assert "Connection" not in app.test_client().get("/nowhere").headers
