"""The table of what somebody typed and must not lose (`typed` says when), apart from requests: the worker forgets it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.crypto import token_hash
from portal.core.db import Base

MOST = 5  # forms kept for one person, one for each browser: the oldest makes room


class TypedForm(Base):
    """One form as typed, sealed. `token` is the hash of the cookie's; `page` and `action` are paths."""

    __tablename__ = "typed_forms"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[UUID]
    page: Mapped[str] = mapped_column(String(300))
    action: Mapped[str] = mapped_column(String(300))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]


def drop(session: Session, token: str) -> None:
    if token:
        session.execute(delete(TypedForm).where(TypedForm.token == token_hash(token)))


def make_room(session: Session, owner: UUID) -> None:
    """Whoever sends forms without the cookie must not fill the disk."""
    newest = select(TypedForm.token).where(TypedForm.owner == owner).order_by(TypedForm.expires_at.desc())
    tokens = session.scalars(newest.offset(MOST - 1)).all()
    session.execute(delete(TypedForm).where(TypedForm.token.in_(tokens)))


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Drop forms past their time (worker, every ten minutes)."""
    session.execute(delete(TypedForm).where(TypedForm.expires_at < clock.now()))
