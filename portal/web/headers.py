"""Headers on every answer: nothing inline, nothing foreign, nothing framed, nothing of a person kept in caches."""

from collections.abc import Iterable
from functools import cache
from io import BytesIO
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, make_response

from portal.config import Settings
from portal.web import csrf, typed
from portal.web.session import set_cookies

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'{connect}; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
PERMISSIONS = "Permissions-Policy"
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    PERMISSIONS: "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
SMALL_BODY = 65_536  # bytes
Headers = list[tuple[str, str]]


def install(app: Flask, settings: Settings) -> None:
    app.after_request(set_cookies)
    app.after_request(typed.serve)  # runs before the cookies are set
    app.wsgi_app = Usual(app.wsgi_app, settings)  # type: ignore[method-assign]


class Usual:
    """WSGI middleware: puts on what the answer's maker did not decide already; no answer leaves without it."""

    def __init__(self, inner: WSGIApplication, settings: Settings) -> None:
        self._inner = inner
        self._people = [(pair[0].lower(), pair) for pair in usual("", settings.demo)]
        self._staff = [(pair[0].lower(), pair) for pair in usual(settings.bridge_url, settings.demo)]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        wanted = self._staff if path.startswith("/staff/") else self._people
        if not _has_come_in(environ):
            wanted = [*wanted, ("connection", ("Connection", "close"))]

        def start(status: str, given: Headers, *error: Any) -> Any:
            if path.startswith("/static/") and status < "4":
                # The same for everybody, also where Flask says of a file that it should be asked for again.
                given = [pair for pair in given if pair[0] != "Cache-Control"]
                given.append(("Cache-Control", "public, max-age=3600"))
            decided = {name.lower() for name, _ in given} | ({"connection"} if status < "4" else set())
            return start_response(status, given + [pair for name, pair in wanted if name not in decided], *error)

        return self._inner(environ, start)


def _has_come_in(environ: WSGIEnvironment) -> bool:
    """Take in a small body whole, whether or not the view will read it; False if there is one that was not.

    A refusal before the body was read leaves the rest of it on the line: the server then hangs up without a word, and
    the front server answers the next person on that line with 502.
    """
    if environ["REQUEST_METHOD"] in csrf.SAFE:
        return True
    length = environ.get("CONTENT_LENGTH") or ""
    if not length:
        return "HTTP_TRANSFER_ENCODING" not in environ
    if not (length.isascii() and length.isdigit()) or int(length) > SMALL_BODY:
        return False
    environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))
    return True


def with_camera(body: str) -> Response:
    """A page whose own scripts may ask for the camera; what is foreign may not, and every other page may not."""
    response = make_response(body)
    response.headers[PERMISSIONS] = FIXED[PERMISSIONS].replace("camera=()", "camera=(self)")
    return response


@cache
def usual(bridge_url: str, demo: bool) -> Headers:
    """The headers of every answer. Staff pages may also speak to the card bridge on the same machine; nobody else may."""
    connect = f" {bridge_url}" if bridge_url else ""
    wanted = FIXED | {"Content-Security-Policy": POLICY.format(connect=connect), "Cache-Control": "no-store"}
    if bridge_url:
        # The bridge's prompt is a window of its own that reports back by polling, so openers may differ.
        wanted["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    if not demo:
        wanted["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return list(wanted.items())
