"""Sign-in sessions, kept on the server: listable, revocable, ended by idleness and by age.

The cookie is a random token; the database holds only its hash. `__Host-` and Secure also in the demo:
browsers accept both over http on the loopback address.
"""

import json
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from flask import Response, g, request
from sqlalchemy import String, bindparam, cast, delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.core import clock, journal
from portal.core.actor import STRANGER, Actor, Kind
from portal.core.crypto import b64url, mac, token_hash
from portal.core.permissions import Role, permissions_of
from portal.core.reading import Read, Reading, Row
from portal.web.cookies import cookie
from portal.web.hall import hall
from portal.web.signed_in import WebSession

log = journal.get_logger("session")
COOKIE = "__Host-portal"
VISITOR_COOKIE = "__Host-visitor"
TYPED_COOKIE = "__Host-typed"
GUEST_COOKIE = "__Host-guest"
OIDC_COOKIE = "__Host-oidc"
SEEN_EVERY = timedelta(seconds=60)


_LOAD = Reading(
    select(
        WebSession.kind,
        WebSession.actor_id,
        cast(WebSession.who, String),
        WebSession.assurance,
        WebSession.seen_at,
        WebSession.ends_at,
    ).where(WebSession.token_hash == bindparam("hash"))
)


def load() -> None:
    """Recognise the asker of this request from the cookie; sets `g.actor` and `g.session_hash`.

    Of a session that ended by itself it still tells whose it was (`g.lapsed_owner`): that opens nothing, but what
    was typed in it can be kept for them.
    """
    known = g._get_current_object()  # the proxy looks it up again at each use
    known.actor, known.session_hash, known.cookies_to_set = STRANGER, None, {}
    known.lapsed_owner, known.lapsed_hash = None, None
    token = cookie(COOKIE) if request.endpoint != "static" else None
    if not token or len(token) > 100:
        return
    hashed, here = token_hash(token), hall()
    found = _LOAD.raw(here.database.engine, hash=hashed)
    if not found:
        return
    actor, seen_at, ends_at = _who_asks(_LOAD.reader(here.database.engine), found[0])
    now = clock.now()
    idle = timedelta(minutes=here.settings.idle_minutes)
    if not now - idle <= seen_at <= now + idle or now >= ends_at:
        known.lapsed_owner, known.lapsed_hash = actor.id, hashed
        return
    known.session_hash, known.actor = hashed, actor
    if now - seen_at > SEEN_EVERY:
        touch()


@lru_cache(maxsize=1024)
def _who_asks(read: Read, row: Row) -> tuple[Actor, datetime, datetime]:
    """Who it is, when they were last seen and when the session ends, of a row as it lies in the database: most pages
    are asked for by somebody who asked a moment ago. That the session still stands was read anew."""
    kind, actor_id, text, assurance, seen_at, ends_at = read(row)
    who = json.loads(text)
    actor = Actor(
        kind=Kind(kind),
        id=actor_id,
        label=who["label"],
        assurance=assurance,
        office=who["office"],
        section=UUID(who["section"]) if who["section"] else None,
        company=UUID(who["company"]) if who.get("company") else None,
        permissions=permissions_of([Role(role) for role in who["roles"]]),
        display_name=who["name"],
    )
    return actor, seen_at, ends_at


def visitor() -> str:
    """What names this browser before and after sign-in, made when it is first asked for."""
    known = g._get_current_object()
    bound: str = cookie(VISITOR_COOKIE) or known.cookies_to_set.get(VISITOR_COOKIE, "")
    if not bound:
        bound = known.cookies_to_set[VISITOR_COOKIE] = secrets.token_urlsafe(24)
    return bound


def reader_mark(actor: Actor | None) -> str:
    """What tells a browser's pages of one signed-in person from those of another, and says nothing of either; "" for
    strangers."""
    return _mark_of(hall().key("reader mark"), actor.id) if actor and actor.id else ""


@lru_cache(maxsize=1024)
def _mark_of(key: bytes, actor_id: UUID) -> str:
    return b64url(mac(key, actor_id.bytes)[:12])


def stands(session: Session, hash_start: str) -> bool:
    """Whether a session whose hash begins so is neither over nor idle for too long."""
    now, idle = clock.now(), timedelta(minutes=hall().settings.idle_minutes)
    begins = (
        WebSession.token_hash >= hash_start,
        WebSession.token_hash < hash_start + "g",
    )  # behind every hexadecimal digit
    query = select(WebSession.token_hash).where(*begins, WebSession.seen_at >= now - idle, WebSession.ends_at > now)
    return session.scalar(query.limit(1)) is not None


def touch() -> None:
    """The person is still here: push the idle limit out."""
    try:
        with hall().database.job("session seen") as session:
            touch_in(session)
    except DBAPIError as fault:  # a full disk: who only reads goes on reading, until the idle limit
        log.warning("session.not-touched", error=type(fault.orig).__name__)


def touch_in(session: Session) -> None:
    """Push the idle limit out within a transaction that is open already."""
    session.execute(update(WebSession).where(WebSession.token_hash == g.session_hash).values(seen_at=clock.now()))


def sign_in(session: Session, actor: Actor, roles: tuple[Role, ...] = ()) -> None:
    """Begin a session for *actor* under a fresh token; a session this browser held before ends."""
    end_this(session)
    token, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        WebSession(
            token_hash=token_hash(token),
            kind=str(actor.kind),
            actor_id=actor.id,
            who={
                "label": actor.label,
                "office": actor.office,
                "section": str(actor.section) if actor.section else None,
                "company": str(actor.company) if actor.company else None,
                "roles": list(roles),
                "name": actor.display_name,
            },
            assurance=actor.assurance,
            device=(request.user_agent.string or "")[:120],
            started_at=now,
            seen_at=now,
            ends_at=now + timedelta(hours=hall().settings.session_hours),
        )
    )
    g.cookies_to_set[COOKIE] = token


def end_this(session: Session) -> None:
    """End the session of this browser, if there is one."""
    if g.session_hash:
        session.execute(delete(WebSession).where(WebSession.token_hash == g.session_hash))
        g.cookies_to_set[COOKIE] = ""
        # "storage" would end the push messages of a resident's phone too: they come to who is signed out. What their pages
        # keep there goes by itself (js/page.js).
        g.browser_forgets = '"cache"' if g.actor.kind is Kind.RESIDENT else '"cache", "storage"'


def set_cookies(response: Response) -> Response:
    """Put what this request decided about cookies onto the answer."""
    for name, value in g.get("cookies_to_set", {}).items():
        if value:
            stays = name not in (COOKIE, TYPED_COOKIE, GUEST_COOKIE, OIDC_COOKIE)  # they end with the browser
            response.set_cookie(
                name,
                value,
                secure=True,
                httponly=True,
                samesite="Lax",
                path="/",
                max_age=31_536_000 if stays else None,
            )
        else:
            response.delete_cookie(name, secure=True, httponly=True, samesite="Lax", path="/")
            if name == COOKIE:
                response.headers["Clear-Site-Data"] = g.browser_forgets
    return response
