"""The table of answers given once (`idempotency`), to machines and to forms of people (portal.points.once), apart from
requests: the worker forgets them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core import clock
from portal.core.db import Base

KEEP = timedelta(days=2)
LONGEST_KEY = 100


class Answered(Base):
    """An answer given once, kept for two days for whoever asks the same again."""

    __tablename__ = "idempotency"

    actor_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int] = mapped_column(default=0)
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    at: Mapped[datetime]


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Drop answers past their keeping time (worker, hourly)."""
    session.execute(delete(Answered).where(Answered.at < clock.now() - KEEP))
