"""Machine clients, the tokens they hold, the assertions they used up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Client(Base):
    """A machine that may ask for tokens: `client_id` is its name in OAuth, `public_key` a JWK (EC, P-256)."""

    __tablename__ = "clients"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    office: Mapped[str] = mapped_column(String(20), ForeignKey("offices.code"))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    public_key: Mapped[dict[str, Any]] = mapped_column(JSON)
    active: Mapped[bool]
    enrolled_at: Mapped[datetime]
    last_seen: Mapped[datetime | None]
    health: Mapped[dict[str, Any]] = mapped_column(JSON)


class AccessToken(Base):
    """A token given out; only its hash is kept."""

    __tablename__ = "access_tokens"
    __table_args__ = (Index("ix_access_tokens_client", "client"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id"))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    expires_at: Mapped[datetime]


class UsedAssertion(Base):
    """An assertion's `jti` that was used, kept until the assertion would have expired anyway."""

    __tablename__ = "used_assertions"

    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    jti_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]
