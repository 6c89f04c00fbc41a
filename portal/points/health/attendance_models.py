"""Files of who came: what each was worth and who brought it; the rows of those that wait, sealed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class AttendanceFile(Base):
    """A file of who came to a check-up, a class or an event. `points` is what it gives at most, `given` what it gave.

    Until a second member of staff has decided, its rows lie in `sealed`, and `open_mark` (a keyed hash of them) keeps the
    same file from waiting twice; then both are emptied. Who brought it is never who decided.
    """

    __tablename__ = "health_attendance_files"
    __table_args__ = (
        CheckConstraint("decided_by IS NULL OR decided_by <> brought_by", name="four_eyes"),
        CheckConstraint("(state = 'waiting') = (sealed IS NOT NULL)", name="emptied"),
        CheckConstraint("state <> 'agreed' OR decided_by IS NOT NULL", name="agreed"),
        Index("ix_health_attendance_files_brought_at", "brought_at"),
        Index("ix_health_attendance_files_state", "state", "brought_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    programme: Mapped[str] = mapped_column(ForeignKey("point_programmes.code"))
    people: Mapped[int]
    acts: Mapped[int]
    points: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]
    brought_at: Mapped[datetime]
    brought_by: Mapped[UUID]
    brought_label: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    open_mark: Mapped[str | None] = mapped_column(String(64), unique=True)
    key_id: Mapped[str] = mapped_column(String(40), default="")
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary(80), default=b"")
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    given: Mapped[int] = mapped_column(default=0)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(300), default="")

    def __repr__(self) -> str:
        """Nothing of its rows."""
        return f"<AttendanceFile {self.id}>"


class AttendanceBringer(Base):
    """A member of staff who brings files: whoever reads how much they gave lately holds this row, so that of their files
    one comes after the other."""

    __tablename__ = "health_attendance_bringers"

    member: Mapped[UUID] = mapped_column(primary_key=True)
