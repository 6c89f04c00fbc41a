"""What is still to be done with a notice that was sent."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index

WAITS = text("begun_at IS NULL")


class FollowUp(Base):
    """One step of one notice, from its sending on. The key is the proof of "once"; `begun_at` is set in the transaction
    that promises the step's work."""

    __tablename__ = "notice_follow_ups"
    __table_args__ = (partial_index("ix_notice_follow_ups_due_on", "due_on", where=WAITS),)

    notice_number: Mapped[int] = mapped_column(ForeignKey("notices.number"), primary_key=True)
    step: Mapped[str] = mapped_column(String(10), primary_key=True)
    due_on: Mapped[date]
    begun_at: Mapped[datetime | None]
