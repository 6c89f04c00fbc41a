"""What somebody typed is not lost: when the session ended before a form was sent, or when a refused form is left and
come back to, the page of the form comes again with it.

The texts lie for half an hour in a table of ours, sealed with a key of which one half is in a cookie of that browser:
the database alone cannot open them, nor can another browser. Only the person who typed them gets them back, after
signing in; secrets (passwords, codes, what a card signed) and files are never kept. Works without JavaScript.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Response, g, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from portal.core import clock
from portal.core.actor import Kind
from portal.core.audit import Purpose
from portal.core.crypto import mac, token_hash
from portal.core.errors import Refusal
from portal.web import csrf, way_back
from portal.web.cookies import cookie
from portal.web.hall import hall
from portal.web.session import TYPED_COOKIE
from portal.web.typed_forms import TypedForm, drop, make_room

LIFE = timedelta(minutes=30)
LONGEST = 100_000  # bytes of one form
# Never kept: secrets, what is good once, and what the page brings itself.
NEVER = frozenset(
    {
        "csrf_token", "act", "password", "again", "old", "code", "pin", "username", "next",
        "certificate", "signature", "challenge", "challenge_id",
        "quotation",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form stood and where it was sent: two paths."""

    page: str
    action: str


def keep_of_ended_session() -> bool:
    """The session ended before this form was sent: keep it for the same person. False if it cannot be kept."""
    if g.lapsed_owner is None:
        return False
    try:
        csrf.check()
    except (Refusal, HTTPException):  # also a form too large to be read, say with a photo
        return False
    return keep(g.lapsed_owner, _place(), request.form.items(multi=True))


def keep(owner: UUID, place: Place, fields: Iterable[tuple[str, str]]) -> bool:
    """Keep *fields* for *owner* and this browser, instead of what was kept before; False if there is nothing to keep."""
    kept = [[name, text] for name, text in fields if name not in NEVER]
    plain = json.dumps(kept).encode()
    if not kept or len(plain) > LONGEST or max(len(place.page), len(place.action)) > 300:
        return False
    token = secrets.token_urlsafe(32)
    row = TypedForm(
        token=token_hash(token),
        owner=owner,
        page=place.page,
        action=place.action,
        sealed=_seal(token, owner, place, plain),
        expires_at=clock.now() + LIFE,
    )
    try:
        with hall().database.page(g.actor, Purpose.ACCOUNT, writes=True) as session:
            drop(session, cookie(TYPED_COOKIE))
            make_room(session, owner)
            session.add(row)
    except DBAPIError:
        return False  # a full disk must not turn a refused form into a broken page
    g.cookies_to_set[TYPED_COOKIE] = token
    return True


def serve(response: Response) -> Response:
    """After each request: keep a refused form, fill a form come back to, forget one that was taken."""
    if request.method == "GET" and not cookie(TYPED_COOKIE):
        return response
    if g.get("actor") is None or g.actor.kind not in (Kind.RESIDENT, Kind.BUSINESS, Kind.STAFF):
        return response
    if request.method == "POST" and response.status_code == 200 and response.mimetype == "application/json":
        _forget(page=_place().page)  # the page saved itself: what was kept of it is older than what the draft says now
        return response
    if response.mimetype != "text/html":
        return response
    if request.method == "POST" and response.status_code == 422:
        keep(g.actor.id, _place(), request.form.items(multi=True))
    elif request.method == "GET" and response.status_code == 200:
        _fill(response)
    return _taken(response)


def _fill(response: Response) -> None:
    token = cookie(TYPED_COOKIE)
    with hall().database.page(g.actor, Purpose.ACCOUNT, writes=False) as session:
        row = session.get(TypedForm, token_hash(token))
        if row is None or row.owner != g.actor.id or row.page != request.path or row.expires_at <= clock.now():
            return
        fields, action = _open(token, row), row.action
    if fields:
        from portal.web import refill  # here: the worker, which only forgets, need not carry pages and languages

        page = refill.fill(response.get_data(as_text=True), here=request.path, action=action, fields=fields)
        response.set_data(page)


def _taken(response: Response) -> Response:
    """A form that was taken (a POST that led on) needs no keeping any more."""
    if request.method == "POST" and cookie(TYPED_COOKIE) and _leads_on(response):
        _forget(action=request.path)
    return response


def _forget(*, page: str = "", action: str = "") -> None:
    """Drop what this browser keeps, if it is the form of *page* or the one sent to *action*."""
    token = cookie(TYPED_COOKIE)
    if not token or not g.actor.id:
        return
    with hall().database.page(g.actor, Purpose.ACCOUNT, writes=True) as session:
        row = session.get(TypedForm, token_hash(token))
        if row and row.owner == g.actor.id and (row.page == page or row.action == action):
            drop(session, token)  # by a statement: of two presses at one instant the other may have dropped it
            g.cookies_to_set[TYPED_COOKIE] = ""


def _leads_on(response: Response) -> bool:
    """To another page, or as a page of its own (what is shown once) that does not ask for the same form again."""
    if response.status_code == 200:
        return f'action="{request.path}"' not in response.get_data(as_text=True)
    return response.status_code == 303


def _place() -> Place:
    """The page that sent this request, if it is one of ours and says so; else the address itself."""
    return Place(way_back.page_before()[0] or request.path, request.path)


def _key(token: str) -> AESGCM:
    return AESGCM(mac(hall().key("typed form"), token.encode()))


def _seal(token: str, owner: UUID, place: Place, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(12)
    return nonce + _key(token).encrypt(nonce, plain, _bound_to(owner, place.page, place.action))


def _open(token: str, row: TypedForm) -> list[tuple[str, str]]:
    bound = _bound_to(row.owner, row.page, row.action)
    try:
        plain = _key(token).decrypt(row.sealed[:12], row.sealed[12:], bound)
    except InvalidTag:
        return []
    return [(name, text) for name, text in json.loads(plain)]


def _bound_to(owner: UUID, page: str, action: str) -> bytes:
    return b"\0".join((owner.bytes, page.encode(), action.encode()))
