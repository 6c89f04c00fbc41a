"""Gifts to many: what one person proposed and another decided, and how far the worker has come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class PointGift(Base):
    """`points` for everybody whom `whom` (segments.as_json) chooses, from the pot of `programme`.

    `after` is the last resident of the chunks that are done, `round` counts how often giving began: a chunk promised in
    an earlier round gives nothing. `people` is how many were given points until now.
    """

    __tablename__ = "point_gifts"
    __table_args__ = (
        CheckConstraint("points > 0 AND people >= 0", name="amounts"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("state IN ('proposed', 'refused') OR decided_by IS NOT NULL", name="approved"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    programme: Mapped[str] = mapped_column(ForeignKey("point_programmes.code"))
    points: Mapped[int]
    whom: Mapped[dict[str, Any]] = mapped_column(JSON)
    why: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10))
    proposed_by: Mapped[UUID]
    proposed_label: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(300), default="")
    round: Mapped[int] = mapped_column(default=0)
    after: Mapped[UUID | None]
    people: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
