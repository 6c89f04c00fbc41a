"""Headers on every answer: nothing inline, nothing foreign, nothing framed, nothing of a person kept in caches."""

from functools import cache

from flask import Flask, Response, request

from portal.web import typed
from portal.web.hall import hall
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


def install(app: Flask) -> None:
    app.after_request(set_headers)
    app.after_request(set_cookies)
    app.after_request(typed.serve)  # runs before the cookies are set


def set_headers(response: Response) -> Response:
    """Put on what the answer's maker did not decide already; static files are the same for everybody."""
    given, settings = response.headers, hall().settings
    wanted = usual(settings.bridge_url if request.path.startswith("/staff/") else "", settings.demo)
    if request.endpoint == "static" and response.status_code < 400:
        given["Cache-Control"] = "public, max-age=3600"
    decided = {name.lower() for name, _ in given}  # asking `name in given` raises and catches for each that is not
    given.extend([pair for pair in wanted if pair[0].lower() not in decided])
    return response


@cache
def usual(bridge_url: str, demo: bool) -> list[tuple[str, str]]:
    """The headers of every answer. Staff pages may also speak to the card bridge on the same machine; nobody else may."""
    connect = f" {bridge_url}" if bridge_url else ""
    wanted = FIXED | {"Content-Security-Policy": POLICY.format(connect=connect), "Cache-Control": "no-store"}
    if bridge_url:
        # The bridge's prompt is a window of its own that reports back by polling, so openers may differ.
        wanted["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    if not demo:
        wanted["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return list(wanted.items())
