"""A document on its way to a browser."""

from urllib.parse import quote

from flask import Response

from portal.files import service as files

# Nothing a file holds may act as a page of ours.
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def file_answer(opened: files.Opened) -> Response:
    """Always to be saved, under its own name; the type is what the content was found to be."""
    answer = Response(opened.content, mimetype=opened.mime)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(opened.name, safe='')}"
    answer.headers["Content-Security-Policy"] = POLICY
    return answer
