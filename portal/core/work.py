"""Proof of work: a reservation costs a machine some computing, so a thousand at once cost a thousand times as much.

The city hands out a signed task, bound to who asks and for what, with an end; whoever finds a number whose SHA-256
together with the task begins with so many zero bits has worked for it. Who cannot compute waits instead: the task says
after how many seconds it counts without an answer. Each task is good for one deed: it is spent in the deed's own
transaction, so a refusal costs nobody a second task. No foreign service sees who reserves.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.crypto import b64url, mac
from portal.core.db import Base
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.core.writing import NewRows

LIFE = timedelta(minutes=30)
LONGEST_TASK, LONGEST_ANSWER = 200, 20


class WorkMissing(Refusal):
    code = "check-not-finished"
    status = 422
    message = N_("The check against automatic reservations was not finished.")
    next_step = N_("Please wait a moment and press the button again. What you chose is kept.")


class SpentTask(Base):
    """A task that was used for a deed; kept until the task itself has ended."""

    __tablename__ = "spent_tasks"

    task: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Task:
    """What a browser gets: `bits` zero bits to find (0: nothing to do), or `wait` seconds from `given_at` instead."""

    token: str
    bits: int
    wait: int
    given_at: datetime

    @property
    def spends(self) -> str:
        """Under which name it is spent."""
        return sha256(self.token.encode()).hexdigest()


def give(key: bytes, binding: str, *, bits: int, wait: int) -> Task:
    """A fresh task for *binding*: who may use it and for what (a session, a purpose)."""
    now = clock.now()
    said = f"{bits}.{wait}.{int(now.timestamp())}.{secrets.token_urlsafe(12)}"
    return Task(f"{said}.{_seal(key, binding, said)}", bits, wait, now)


def read(key: bytes, binding: str, token: str) -> Task | None:
    """The task of *token* if it is ours, given to *binding*, and has not ended."""
    said, _, seal = token[:LONGEST_TASK].rpartition(".")
    if not hmac.compare_digest(seal.encode(), _seal(key, binding, said).encode()):
        return None
    bits, wait, given, _ = said.split(".")
    given_at = datetime.fromtimestamp(int(given), clock.now().tzinfo)
    if not timedelta(seconds=-1) < clock.now() - given_at < LIFE:
        return None
    return Task(token, int(bits), int(wait), given_at)


def is_done(task: Task, answer: str) -> bool:
    """Whether *answer* (a decimal number) solves *task*, or enough time went by since it was given."""
    if clock.now() - task.given_at >= timedelta(seconds=task.wait):
        return True
    if not (answer.isascii() and answer.isdigit() and len(answer) <= LONGEST_ANSWER):
        return False
    digest = sha256(f"{task.token}.{answer}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - task.bits) == 0


def _seal(key: bytes, binding: str, said: str) -> str:
    return b64url(mac(key, binding.encode(), said.encode()))


def spent(session: Session, tasks: Sequence[str]) -> frozenset[str]:
    """Which of *tasks* (by `Task.spends`) were used before."""
    if not tasks:
        return frozenset()
    return frozenset(session.scalars(select(SpentTask.task).where(SpentTask.task.in_(tasks))))


def spend(session: Session, tasks: Sequence[str]) -> None:
    """Use up *tasks*; WorkMissing if one was used at this same instant by another process."""
    until = clock.now() + LIFE
    rows = [{"task": task, "expires_at": until} for task in sorted(tasks)]
    if _SPEND.many(session, rows) < len(rows):
        raise WorkMissing


_SPEND = NewRows(SpentTask.__table__, once=True)


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Drop tasks that ended anyway (worker, hourly)."""
    session.execute(delete(SpentTask).where(SpentTask.expires_at < clock.now()))
