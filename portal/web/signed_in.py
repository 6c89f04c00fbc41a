"""Where somebody is signed in: the table behind sessions, and what is done with it when nobody asks for a page.

Apart from `session`, which reads requests: the worker forgets sessions and need not carry Flask for it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.db import Base


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


def places(session: Session, actor_id: UUID) -> list[WebSession]:
    """The places where *actor_id* is signed in, newest first."""
    query = select(WebSession).where(WebSession.actor_id == actor_id).order_by(WebSession.seen_at.desc())
    return list(session.scalars(query))


def began(session: Session, token_hash: str | None) -> datetime | None:
    """When a session began. Each sign-in and each stronger one begins a new session: it tells how fresh it is."""
    return session.scalar(select(WebSession.started_at).where(WebSession.token_hash == token_hash))


def revoke(session: Session, actor_id: UUID, hash_start: str | None = None) -> int:
    """End sessions of *actor_id*: the one whose hash begins with *hash_start*, or all of them."""
    query = delete(WebSession).where(WebSession.actor_id == actor_id)
    if hash_start is not None:
        query = query.where(WebSession.token_hash.startswith(hash_start, autoescape=True))
    return session.execute(query).rowcount  # type: ignore[attr-defined]


def forget_ended(session: Session, _payload: dict[str, Any]) -> None:
    """Remove sessions past their end (worker, hourly)."""
    session.execute(delete(WebSession).where(WebSession.ends_at < clock.now()))
