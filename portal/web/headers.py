"""Headers on every answer: nothing inline, nothing foreign, nothing framed, nothing of a person kept in caches."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from portal.config import Settings
from portal.web import typed
from portal.web.session import set_cookies

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'{connect}; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
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

        def start(status: str, given: Headers, *error: Any) -> Any:
            if path.startswith("/static/") and status < "4":
                # The same for everybody, also where Flask says of a file that it should be asked for again.
                given = [pair for pair in given if pair[0] != "Cache-Control"]
                given.append(("Cache-Control", "public, max-age=3600"))
            decided = {name.lower() for name, _ in given}
            return start_response(status, given + [pair for name, pair in wanted if name not in decided], *error)

        return self._inner(environ, start)


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
