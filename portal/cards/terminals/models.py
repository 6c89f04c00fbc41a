"""Terminals with the role they were given, and the versions of each role's keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class CardTerminal(Base):
    """A machine that reads cards: its role, where it stands, and what it was given. `key_print` is the thumbprint of the key
    its deliveries are wrapped for (RFC 7638; "" before the first); `versions` what it has ("31 11"), good until
    `valid_until`."""

    __tablename__ = "card_terminals"

    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(12))
    place: Mapped[str] = mapped_column(String(80))
    key_print: Mapped[str] = mapped_column(String(43), default="")
    versions: Mapped[str] = mapped_column(String(10), default="")
    delivered_at: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RoleKeys(Base):
    """The versions of a role's keys in use: `current`, and `former` while cards and terminals change over ("": none).
    `renewals` counts: after the third the numbers come again."""

    __tablename__ = "role_keys"

    role: Mapped[str] = mapped_column(String(12), primary_key=True)
    current: Mapped[str] = mapped_column(String(2))
    former: Mapped[str] = mapped_column(String(2), default="")
    changed_at: Mapped[datetime]
    renewals: Mapped[int] = mapped_column(default=0, server_default="0")
