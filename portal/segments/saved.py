"""Conditions a section keeps: by name, in versions, for its own clerks alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.segments import asking, conditions
from portal.segments.conditions import Condition
from portal.segments.models import Segment, SegmentVersion
from portal.segments.rules import SegmentChangedMeanwhile, SegmentNameTaken, SegmentUnknown

MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """A version of a section's segment."""

    id: UUID
    name: str
    version: int
    condition: Condition
    written_at: datetime


def of_section(session: Session, clerk: Actor) -> list[Saved]:
    """The section's segments by name, each in its newest version."""
    return _read(session, clerk, SegmentVersion.version == Segment.version)


def find(session: Session, clerk: Actor, segment_id: UUID, *, version: int | None = None) -> Saved:
    """One of the section's segments, the newest version or the one asked for."""
    wanted = SegmentVersion.version == (Segment.version if version is None else version)
    found = _read(session, clerk, wanted, Segment.id == segment_id)
    if not found:
        raise SegmentUnknown
    return found[0]


def versions(session: Session, clerk: Actor, segment_id: UUID) -> list[Saved]:
    """All versions of one, the newest first."""
    return sorted(_read(session, clerk, Segment.id == segment_id), key=lambda one: -one.version)


def keep(session: Session, clerk: Actor, name: str, condition: Condition) -> UUID:
    """A new segment of the clerk's section under *name*."""
    if clerk.section is None:
        raise SegmentUnknown
    checked, segment_id = conditions.check(condition), new_id()
    asking.check(session, checked, asking.of(clerk))
    row = {"id": segment_id, "section_id": clerk.section, "name": name, "version": 1}
    if insert_once(session, Segment.__table__, row) == 0:  # type: ignore[arg-type]
        raise SegmentNameTaken
    _add_version(session, clerk, segment_id, 1, checked)
    did(session, Action.CREATE, whose=None, what="segments", case_ref=str(segment_id))
    return segment_id


def change(session: Session, clerk: Actor, seen: Saved, condition: Condition) -> int:
    """A new version after the one that was *seen*; its number. Two colleagues at once: the second is told."""
    if clerk.section is None:
        raise SegmentUnknown
    checked = conditions.check(condition)
    if checked == seen.condition:
        return seen.version
    asking.check(session, checked, asking.of(clerk))
    taken = session.execute(
        update(Segment)
        .where(Segment.id == seen.id, Segment.section_id == clerk.section, Segment.version == seen.version)
        .values(version=seen.version + 1)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise SegmentChangedMeanwhile
    _add_version(session, clerk, seen.id, seen.version + 1, checked)
    did(session, Action.CHANGE, whose=None, what="segments", case_ref=str(seen.id))
    return seen.version + 1


def _add_version(session: Session, clerk: Actor, segment_id: UUID, version: int, condition: Condition) -> None:
    session.add(
        SegmentVersion(
            segment_id=segment_id,
            version=version,
            condition=condition,
            author_id=clerk.id,
            written_at=clock.now(),
        )
    )
    session.flush()


def _read(session: Session, clerk: Actor, *wanted: Any) -> list[Saved]:
    if clerk.section is None:
        return []
    columns = (Segment.id, Segment.name, SegmentVersion.version, SegmentVersion.condition, SegmentVersion.written_at)
    query = (
        select(*columns)
        .join(SegmentVersion, SegmentVersion.segment_id == Segment.id)
        .where(Segment.section_id == clerk.section, *wanted)
        .order_by(Segment.name)
        .limit(MOST_KEPT)
    )
    return [Saved(*row) for row in session.execute(query)]
