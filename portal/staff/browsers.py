"""Browsers of the city's offices: where a member of staff signed in before, wrong passwords typed elsewhere close no door.

A login ID of staff is easily known. Tries are counted per name, so without this a stranger could keep a whole office from
signing in with nine wrong passwords each. A mark in a cookie, bound to the browser's own, says that somebody of the staff
signed in here; such a browser has a count of its own for each name (password_try), because offices share their computers.
It opens nothing: the password is asked all the same.
"""

import hmac
from uuid import UUID

from flask import g
from sqlalchemy.orm import Session

from portal.core.crypto import b64url, mac
from portal.web import password_try
from portal.web.cookies import cookie
from portal.web.hall import hall

DESK_COOKIE = "__Host-desk"


def knows(_session: Session, _member: UUID, browser: str) -> bool:
    """Whether a member of staff signed in from *browser* (the hash of its cookie) before."""
    return bool(browser) and hmac.compare_digest(cookie(DESK_COOKIE).encode("latin-1", "replace"), _mark(browser))


def remember() -> None:
    """Somebody of the staff signed in here."""
    if browser := password_try.browser():
        g.cookies_to_set[DESK_COOKIE] = _mark(browser).decode()


def _mark(browser: str) -> bytes:
    return b64url(mac(hall().key("staff browser"), browser.encode())).encode()
