"""Headers on every answer: nothing inline, nothing foreign, nothing framed, nothing of a person kept in caches."""

from flask import Flask, Response, request

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


def set_headers(response: Response) -> Response:
    """Staff pages may also speak to the card bridge on the same machine; nobody else may."""
    connect = f" {hall().settings.bridge_url}" if request.path.startswith("/staff/") else ""
    response.headers.setdefault("Content-Security-Policy", POLICY.format(connect=connect))
    response.headers.extend({name: value for name, value in FIXED.items() if name not in response.headers})
    if request.path.startswith("/staff/"):
        # The bridge's prompt is a window of its own that reports back by polling, so openers may differ.
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    if not hall().settings.demo:
        response.headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    if request.endpoint == "static" and response.status_code < 400:
        response.headers["Cache-Control"] = "public, max-age=3600"
    else:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
