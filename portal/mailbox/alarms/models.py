"""The table of alarms."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id


class Alarm(Base):
    """What everybody must know now. `texts` is {language: {"title", "body"}}, with "easy" for やさしい日本語; `wards` is
    empty for the whole city. `checked_by` looked at it after it began, `end_asked_by` and `ended_by` ended it."""

    __tablename__ = "alarms"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    texts: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON)
    link: Mapped[str] = mapped_column(String(300))
    wards: Mapped[list[str]] = mapped_column(JSON)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    notice_number: Mapped[int | None] = mapped_column(ForeignKey("notices.number"))
    begun_by: Mapped[UUID]
    begun_label: Mapped[str] = mapped_column(String(200))
    checked_by: Mapped[UUID | None]
    end_asked_by: Mapped[UUID | None]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
