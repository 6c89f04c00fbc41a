"""Loopback only: who may speak to the kiosk's and the coin box's pages, and what a browser may do with them.

A page of a stranger could reach 127.0.0.1 through a name of its own (DNS rebinding) or by a form. The Host
header settles the first, the Origin header the second.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, abort, request

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
    # no-referrer would make the browser send `Origin: null` with its forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def guard_loopback() -> None:
    """Refuse foreign Host names (421) and posts that say they come from another origin (403)."""
    if not is_loopback_host(request.host):
        abort(421)
    origin = request.headers.get("Origin")
    if request.method == "POST" and origin is not None and origin != f"{request.scheme}://{request.host}":
        abort(403)


def is_loopback_host(host: str) -> bool:
    """True for 127.0.0.1, localhost and [::1], with or without a port."""
    try:
        return urlsplit(f"//{host}").hostname in _LOOPBACK
    except ValueError:
        return False


def harden(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.headers.get("Content-Type", "").startswith(("text/css", "text/javascript", "image/", "audio/")):
        response.headers["Cache-Control"] = "no-cache"
    return response
