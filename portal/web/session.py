"""Sign-in sessions, kept on the server: listable, revocable, ended by idleness and by age.

The cookie is a random token; the database holds only its hash. `__Host-` and Secure also in the demo:
browsers accept both over http on the loopback address.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from flask import Response, g, request
from sqlalchemy import JSON, Index, String, bindparam, delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.actor import STRANGER, Actor, Kind
from portal.core.crypto import token_hash
from portal.core.db import Base
from portal.core.permissions import Role, permissions_of
from portal.core.reading import Reading
from portal.web.cookies import cookie
from portal.web.hall import hall

log = structlog.get_logger("session")
COOKIE = "__Host-portal"
VISITOR_COOKIE = "__Host-visitor"
TYPED_COOKIE = "__Host-typed"
SEEN_EVERY = timedelta(seconds=60)


class WebSession(Base):
    """One place where somebody is signed in."""

    __tablename__ = "web_sessions"
    __table_args__ = (Index("ix_web_sessions_actor_id", "actor_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID]
    who: Mapped[dict[str, Any]] = mapped_column(JSON)
    assurance: Mapped[int]
    device: Mapped[str] = mapped_column(String(120))
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]


_LOAD = Reading(
    select(
        WebSession.kind,
        WebSession.actor_id,
        WebSession.who,
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
    found = _LOAD.rows(here.database.engine, hash=hashed)
    if not found:
        return
    kind, actor_id, who, assurance, seen_at, ends_at = found[0]
    now = clock.now()
    idle = timedelta(minutes=here.settings.idle_minutes)
    if not now - idle <= seen_at <= now + idle or now >= ends_at:
        known.lapsed_owner, known.lapsed_hash = actor_id, hashed
        return
    known.session_hash = hashed
    known.actor = _actor(kind, actor_id, who, assurance)
    if now - seen_at > SEEN_EVERY:
        touch()


def _actor(kind: str, actor_id: UUID, who: dict[str, Any], assurance: int) -> Actor:
    return Actor(
        kind=Kind(kind),
        id=actor_id,
        label=who["label"],
        assurance=assurance,
        office=who["office"],
        section=UUID(who["section"]) if who["section"] else None,
        permissions=permissions_of([Role(role) for role in who["roles"]]),
        display_name=who["name"],
    )


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


def places(session: Session, actor_id: UUID) -> list[WebSession]:
    """The places where *actor_id* is signed in, newest first."""
    query = select(WebSession).where(WebSession.actor_id == actor_id).order_by(WebSession.seen_at.desc())
    return list(session.scalars(query))


def revoke(session: Session, actor_id: UUID, hash_start: str | None = None) -> int:
    """End sessions of *actor_id*: the one whose hash begins with *hash_start*, or all of them."""
    query = delete(WebSession).where(WebSession.actor_id == actor_id)
    if hash_start is not None:
        query = query.where(WebSession.token_hash.startswith(hash_start, autoescape=True))
    return session.execute(query).rowcount  # type: ignore[attr-defined]


def forget_ended(session: Session, _payload: dict[str, Any]) -> None:
    """Remove sessions past their end (worker, hourly)."""
    session.execute(delete(WebSession).where(WebSession.ends_at < clock.now()))


def set_cookies(response: Response) -> Response:
    """Put what this request decided about cookies onto the answer."""
    for name, value in g.get("cookies_to_set", {}).items():
        if value:
            stays = name not in (COOKIE, TYPED_COOKIE)  # they end with the browser
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
                response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
