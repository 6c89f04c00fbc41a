"""Forged requests are refused twice: by where they come from, and by a token only our pages hold."""

import hmac
from functools import lru_cache
from typing import Any

from flask import g, request

from portal.core.crypto import b64url, mac
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.web.hall import hall
from portal.web.session import visitor

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ForgedRequest(Refusal):
    code = "form-expired"
    status = 400
    message = N_("This form was open for too long, or was sent from another page.")
    next_step = N_("Go back, reload the page and send it again. What you typed is still there when you go back.")


def csrf_token() -> str:
    """The token of this browser: bound to its session, or to a visitor cookie before sign-in."""
    known = g._get_current_object()
    token: str | None = known.get("csrf_token")
    if token is None:  # a page writes it into each of its forms
        token = known.csrf_token = _token_for(hall().key("csrf"), _binding(known))
    return token


@lru_cache(maxsize=1024)
def _token_for(key: bytes, binding: str) -> str:
    """Worked out once for a browser: most pages are asked for by somebody who asked a moment ago."""
    return b64url(mac(key, binding.encode()))


def _binding(known: Any) -> str:
    bound: str = known.session_hash or known.lapsed_hash or visitor()
    return bound


def check() -> None:
    """Refuse a writing request that does not come from one of our own pages."""
    origin = request.headers.get("Origin")
    if origin and origin.partition("://")[2] != request.host:  # compared, not parsed: it is anybody's text
        raise ForgedRequest
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForgedRequest
    sent = request.form.get("csrf_token") or request.headers.get("X-CSRF-Token") or ""
    if not hmac.compare_digest(sent.encode(), csrf_token().encode()):
        raise ForgedRequest
