"""Organisations, what they publish, who took part for how long, and what is asked about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import new_id
from portal.points.programmes.models import PointProgramme


class VolunteerHost(Base):
    """An organisation the city lets publish activities, for one programme."""

    __tablename__ = "volunteer_hosts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    programme: Mapped[str] = mapped_column(ForeignKey(PointProgramme.code))
    is_open: Mapped[bool]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(200))


class VolunteerKeeper(Base):
    """A resident who acts for an organisation. Who named them (`named_by`) is never who agreed; until somebody agreed they
    do nothing. Those of before a second person was needed have no `named_by`."""

    __tablename__ = "volunteer_keepers"
    __table_args__ = (
        Index("ix_volunteer_keepers_resident_id", "resident_id"),
        CheckConstraint("agreed_by IS NULL OR agreed_by <> named_by", name="four_eyes"),
    )
    __subject__ = "resident_id"

    host_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer_hosts.id"), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    since: Mapped[datetime]
    named_by: Mapped[UUID | None]
    named_label: Mapped[str] = mapped_column(String(200), default="")
    agreed_by: Mapped[UUID | None]
    agreed_label: Mapped[str] = mapped_column(String(200), default="")


class VolunteerActivity(Base):
    """Something to do: `taken` of `seats` places are given away. `revision` counts what calendars have to take over.

    At an event (`is_event`, by its programme) it counts who came, not for how long. `walk_in`: who is there gets a place
    without applying before. Sessions published together have one `series`.
    """

    __tablename__ = "volunteer_activities"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="times"),
        CheckConstraint("taken >= 0 AND taken <= seats", name="seats"),
        Index("ix_volunteer_activities_starts_at", "starts_at"),
        Index("ix_volunteer_activities_host_id", "host_id", "starts_at"),
        Index("ix_volunteer_activities_series", "series"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    host_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer_hosts.id"))
    programme: Mapped[str] = mapped_column(ForeignKey(PointProgramme.code))
    title: Mapped[str] = mapped_column(String(100))
    about: Mapped[str] = mapped_column(Text)
    ward: Mapped[str] = mapped_column(String(10))
    meeting: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    seats: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[datetime]
    is_event: Mapped[bool] = mapped_column(default=False)
    walk_in: Mapped[bool] = mapped_column(default=False)
    series: Mapped[UUID | None]


class VolunteerPlace(Base):
    """Somebody's place in an activity: from the application to the hours. `device` tells phones apart within one
    activity only (a keyed hash); `note` is told to the person."""

    __tablename__ = "volunteer_places"
    __table_args__ = (
        UniqueConstraint("activity_id", "resident_id"),
        CheckConstraint("minutes IS NULL OR minutes >= 0", name="minutes"),
        Index("ix_volunteer_places_resident_id", "resident_id"),
    )
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    activity_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer_activities.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    state: Mapped[str] = mapped_column(String(10))
    applied_at: Mapped[datetime]
    came_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(32), default="")
    minutes: Mapped[int | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
    note: Mapped[str] = mapped_column(String(300), default="")


class VolunteerDoubt(Base):
    """Why the hours of a place wait for the city: `kind` of VolunteerDoubt, decided once."""

    __tablename__ = "volunteer_doubts"
    __table_args__ = (UniqueConstraint("place_id", "kind"), Index("ix_volunteer_doubts_state", "state", "found_at"))
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer_places.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(10))
    found_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")


class VolunteerObjection(Base):
    """A resident says that hours are wrong; staff decide once, in words the person reads."""

    __tablename__ = "volunteer_objections"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        Index("ix_volunteer_objections_state", "state", "made_at"),
    )
    __subject__ = "resident_id"

    place_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer_places.id"), primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    minutes: Mapped[int]
    words: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(300), default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")


class VolunteerTakeback(Base):
    """Hours that were paid are to be taken back: `minutes` count instead, `why` is told to the person. Of a place one is
    open at a time (`open_key`). A large sum waits for a second person, who never is the one that asked."""

    __tablename__ = "volunteer_takebacks"
    __table_args__ = (
        CheckConstraint("minutes >= 0 AND points > 0 AND owed >= 0 AND owed <= points", name="amounts"),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="four_eyes"),
        CheckConstraint("NOT needs_second OR state <> 'done' OR decided_by IS NOT NULL", name="second"),
        Index("ix_volunteer_takebacks_state", "state", "asked_at"),
        Index("ix_volunteer_takebacks_place_id", "place_id"),
    )
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer_places.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    minutes: Mapped[int]
    why: Mapped[str] = mapped_column(String(300))
    points: Mapped[int]
    owed: Mapped[int]
    needs_second: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10))
    open_key: Mapped[str | None] = mapped_column(String(40), unique=True)
    asked_by: Mapped[UUID]
    asked_label: Mapped[str] = mapped_column(String(200))
    asked_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None]


class VolunteerTerminal(Base):
    """The organisation whose terminal this machine is: a card put on it says that its holder came, or goes."""

    __tablename__ = "volunteer_terminals"

    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id"), primary_key=True)
    host_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer_hosts.id"), index=True)
    since: Mapped[datetime]


class VolunteerTouch(Base):
    """A card was put on an organisation's terminal: `at` by its clock, told at `recorded_at`. `state` of rules.Touch;
    only `clash` waits for the city, which looks at it once."""

    __tablename__ = "volunteer_touches"
    __table_args__ = (
        UniqueConstraint("client", "resident_id", "at"),
        Index("ix_volunteer_touches_activity_id", "activity_id", "resident_id"),
        Index("ix_volunteer_touches_at", "at"),
        Index("ix_volunteer_touches_state", "state", "recorded_at"),
    )
    __subject__ = "resident_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client: Mapped[UUID] = mapped_column(ForeignKey("clients.id"))
    host_id: Mapped[UUID] = mapped_column(ForeignKey("volunteer_hosts.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    activity_id: Mapped[UUID | None] = mapped_column(ForeignKey("volunteer_activities.id"))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    decided_at: Mapped[datetime | None]
    decided_label: Mapped[str] = mapped_column(String(200), default="")
