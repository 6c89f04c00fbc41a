"""Which records were joined, who proposed it, who agreed, and whether it was taken apart again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class PointJoin(Base):
    """The points of `gone_id` become those of `kept_id`. `open_key` names the two while a proposal waits: one at a time,
    whichever of them is to stay. `points` were carried; `last` is the newest transfer of both right after that."""

    __tablename__ = "point_joins"
    __table_args__ = (
        CheckConstraint("gone_id <> kept_id", name="two"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint("state IN ('proposed', 'refused') OR decided_by IS NOT NULL", name="agreed"),
        CheckConstraint(
            "(state = 'apart') = (apart_by IS NOT NULL) AND (apart_by IS NULL OR apart_by <> apart_asked_by)",
            name="apart",
        ),
    )
    __subject__ = "gone_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    gone_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), index=True)
    kept_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), index=True)
    open_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    why: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10))
    proposed_by: Mapped[UUID]
    proposed_label: Mapped[str] = mapped_column(String(200))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(300), default="")
    points: Mapped[int] = mapped_column(default=0)
    last: Mapped[int] = mapped_column(default=0)
    apart_why: Mapped[str] = mapped_column(String(300), default="")
    apart_asked_by: Mapped[UUID | None]
    apart_asked_label: Mapped[str] = mapped_column(String(200), default="")
    apart_by: Mapped[UUID | None]
    apart_label: Mapped[str] = mapped_column(String(200), default="")
    apart_at: Mapped[datetime | None]

    @property
    def reference(self) -> str:
        """How people call it, and records do."""
        return str(self.id)[:8]
