"""Tables: blocks of numbers lent to desks for a day, and the steps desks made without network, as merged."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class Lease(Base):
    """Numbers `block`01 … `block`99 of every letter, for one browser of one member of staff on one day.

    `secret_hash` is of a secret only that browser holds: whoever merges needs it beside a sign-in at the same office."""

    __tablename__ = "offline_leases"
    __table_args__ = (UniqueConstraint("office", "day", "block"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    secret_hash: Mapped[str] = mapped_column(String(64))
    office: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    block: Mapped[int]
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_members.id"))
    issued_at: Mapped[datetime]


class MergedStep(Base):
    """One step of a journal, once. `id` and `place` were made by the desk, `desk_at` is its clock and `at` the city's.

    `label` is the number it was about, `ticket_id` what that is here; `code` and `facts` tell what no longer fitted."""

    __tablename__ = "offline_steps"
    __table_args__ = (
        UniqueConstraint("lease_id", "place"),
        Index("ix_offline_steps_lease_id_label", "lease_id", "label"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lease_id: Mapped[UUID] = mapped_column(ForeignKey("offline_leases.id", ondelete="CASCADE"))
    place: Mapped[int]
    what: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(10))
    desk_at: Mapped[datetime]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10))
    code: Mapped[str] = mapped_column(String(40), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))
    merged_at: Mapped[datetime]
    merged_by: Mapped[UUID]
