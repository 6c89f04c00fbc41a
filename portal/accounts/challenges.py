"""Challenges: bytes to be signed once, kept on the server, bound to who asked and what for."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.accounts import rules
from portal.accounts.models import Challenge
from portal.core import clock
from portal.core.audit import afterwards
from portal.core.ids import new_id

LIFE = timedelta(minutes=5)
CARD_PREFIX = b"portal-card-auth-v1"


@dataclass(frozen=True, slots=True)
class Fresh:
    """A challenge just made: `bytes` is exactly what is to be signed."""

    id: UUID
    bytes: bytes


def new_challenge(session: Session, context: str) -> Fresh:
    """A challenge for a card: a fixed prefix, the context (who asks, ASCII) and 32 random bytes."""
    return keep(session, context, _card_bytes(context))


def offer_challenge(session: Session, context: str) -> Fresh:
    """The same for a page that only reads: the challenge is kept once the page's own transaction is over."""
    challenge = Fresh(new_id(), _card_bytes(context))
    expires_at = clock.now() + LIFE
    afterwards(session, lambda later: _add(later, challenge, context, expires_at))
    return challenge


def _add(session: Session, challenge: Fresh, context: str, expires_at: datetime) -> None:
    row = Challenge(id=challenge.id, context=context, value=challenge.bytes, expires_at=expires_at)
    session.add(row)
    session.flush()


def _card_bytes(context: str) -> bytes:
    return b"\0".join((CARD_PREFIX, context.encode("ascii"), secrets.token_bytes(32)))


def keep(session: Session, context: str, value: bytes) -> Fresh:
    """Remember *value* as challenge for *context* for five minutes."""
    challenge = Challenge(id=new_id(), context=context, value=value, expires_at=clock.now() + LIFE)
    session.add(challenge)
    session.flush()
    return Fresh(challenge.id, value)


def use_challenge(session: Session, challenge_id: UUID, context: str) -> bytes:
    """The bytes of a challenge, once: used, late or of another context it raises ChallengeOver.

    Also a signature that is refused afterwards has used the challenge up.
    """
    taken = session.execute(
        delete(Challenge)
        .where(Challenge.id == challenge_id, Challenge.context == context, Challenge.expires_at > clock.now())
        .returning(Challenge.value)
    ).first()
    if taken is None:
        raise rules.ChallengeOver
    afterwards(session, lambda later: _forget(later, challenge_id))
    return bytes(taken.value)


def _forget(session: Session, challenge_id: UUID) -> None:
    session.execute(delete(Challenge).where(Challenge.id == challenge_id))


def take_newest(session: Session, context: str) -> bytes:
    """The challenge kept last for *context*, once; the others of that context go with it."""
    rows = session.execute(
        delete(Challenge).where(Challenge.context == context).returning(Challenge.value, Challenge.expires_at)
    ).all()
    afterwards(session, lambda later: _forget_all(later, context))
    alive = [row for row in rows if row.expires_at > clock.now()]
    if not alive:
        raise rules.ChallengeOver
    return bytes(max(alive, key=lambda row: row.expires_at).value)


def _forget_all(session: Session, context: str) -> None:
    session.execute(delete(Challenge).where(Challenge.context == context))


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Drop challenges past their time (worker, hourly)."""
    session.execute(delete(Challenge).where(Challenge.expires_at < clock.now()))
