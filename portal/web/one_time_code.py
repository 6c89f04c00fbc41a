"""Codes for a new password: handed over once by a person who has seen who gets it, good once and for a day.

A code has 54 random bits; what is kept is its Argon2id hash, as of a password. Tries are counted like those of
passwords (password_try), but not per name alone. A newer code ends the older one.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock, passwords
from portal.core.db import Base, insert_once
from portal.core.reference import new_reference, read_reference
from portal.core.text import TextRefused

# Long enough to go home and sit down at one's own computer.
LIFE = timedelta(hours=24)


class OneTimeCode(Base):
    """The code that `owner`, a resident or a member of staff, may set a new password with."""

    __tablename__ = "one_time_codes"

    owner: Mapped[UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


def new_code() -> tuple[str, str]:
    """(code to hand over, what is kept of it). Takes some 30 ms: make it before a transaction opens."""
    code = new_reference()
    return code, passwords.hash_password(code)


def as_kept(typed: str) -> str:
    """A code as somebody typed it, in the form it was handed over in; what is no code stays what it is."""
    try:
        return read_reference(typed)
    except TextRefused:
        return typed[: passwords.LONGEST]


def give(session: Session, owner: UUID, code_hash: str) -> None:
    """Keep a fresh code for *owner* instead of any older one."""
    now = clock.now()
    values = {"code_hash": code_hash, "made_at": now, "expires_at": now + LIFE}
    if insert_once(session, OneTimeCode.__table__, {"owner": owner, **values}) == 0:  # type: ignore[arg-type]
        session.execute(update(OneTimeCode).where(OneTimeCode.owner == owner).values(**values))


def kept_of(session: Session, owner: UUID) -> str | None:
    """What is kept of the code that is good for *owner* now."""
    return session.scalar(
        select(OneTimeCode.code_hash).where(OneTimeCode.owner == owner, OneTimeCode.expires_at > clock.now())
    )


def use(session: Session, owner: UUID, code_hash: str) -> bool:
    """Use the code up; False if somebody else just did, or a newer one took its place."""
    used = session.execute(
        delete(OneTimeCode).where(
            OneTimeCode.owner == owner, OneTimeCode.code_hash == code_hash, OneTimeCode.expires_at > clock.now()
        )
    )
    return bool(used.rowcount)  # type: ignore[attr-defined]


def forget(session: Session, owner: UUID) -> None:
    """End the code of *owner*, if there is one: the password was set in another way."""
    session.execute(delete(OneTimeCode).where(OneTimeCode.owner == owner))


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Drop codes past their time (worker, hourly)."""
    session.execute(delete(OneTimeCode).where(OneTimeCode.expires_at < clock.now()))
