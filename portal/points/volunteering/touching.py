"""Cards put on an organisation's terminal: who came and went, also told hours later, twice, or in any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.cards.events import CardRead
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.points.volunteering import doubts, rules, taking_part
from portal.points.volunteering.models import (
    VolunteerActivity,
    VolunteerHost,
    VolunteerPlace,
    VolunteerTerminal,
    VolunteerTouch,
)
from portal.points.volunteering.rules import Place, State, Stay, Touch

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Case:
    """A touch that contradicts hours which were decided before it was told."""

    touch: VolunteerTouch
    activity: VolunteerActivity
    host: str


def on_card_read(session: Session, event: CardRead) -> None:
    """A terminal of the city read a card of points: if it is an organisation's, its holder came, or goes."""
    terminal = session.get(VolunteerTerminal, event.client)
    if terminal is None:
        return
    row: dict[str, Any] = {
        "id": new_id(), "client": event.client, "host_id": terminal.host_id, "resident_id": event.resident_id,
        "at": event.at, "recorded_at": clock.now(), "state": str(Touch.STRAY), "decided_label": "",
    }  # fmt: skip
    if not insert_once(session, VolunteerTouch.__table__, row):  # type: ignore[arg-type]
        return
    did(session, Action.CREATE, whose=event.resident_id, what="volunteer_touches", case_ref=str(row["id"])[:8])
    if (place := _place(session, terminal.host_id, event.resident_id, event.at)) is None:
        return
    touched = session.get_one(VolunteerTouch, row["id"])
    touched.activity_id = place.activity_id
    session.flush()
    touched.state = _use(session, place, event.at)
    session.flush()


def _place(session: Session, host_id: UUID, resident_id: UUID, at: datetime) -> VolunteerPlace | None:
    """The place the touch is about: the person's own at this organisation around that time, or one that is left."""
    near = (
        VolunteerActivity.host_id == host_id, VolunteerActivity.state == State.OPEN,
        VolunteerActivity.starts_at <= at + rules.EARLY, VolunteerActivity.ends_at >= at - rules.EARLY,
    )  # fmt: skip
    found = session.scalars(select(VolunteerActivity).where(*near).order_by(VolunteerActivity.starts_at)).all()
    found = sorted(found, key=lambda one: not one.starts_at <= at <= one.ends_at)
    places = [(one, taking_part.place_of(session, resident_id, one.id)) for one in found]
    own = next((place for _one, place in places if place and place.state != Place.WITHDRAWN), None)
    if own is not None:
        return own
    return next((place for one, _gone in places if (place := _walked_in(session, resident_id, one.id))), None)


def _walked_in(session: Session, resident_id: UUID, activity_id: UUID) -> VolunteerPlace | None:
    try:
        with session.begin_nested():
            taking_part.walk_in(session, resident_id, activity_id)
    except Refusal:
        return None
    return taking_part.place_of(session, resident_id, activity_id)


def _use(session: Session, place: VolunteerPlace, at: datetime) -> Touch:
    """Come and go by every touch there is, counted while nobody else changes the place."""
    held = select(VolunteerPlace).where(VolunteerPlace.id == place.id).with_for_update()
    place = session.scalars(held.execution_options(populate_existing=True)).one()
    if place.state != Place.APPLIED:
        one = session.get_one(VolunteerActivity, place.activity_id)
        return Touch.CLASH if doubts.was_elsewhere(session, place, Stay(one.ward, at, at)) else Touch.LATE
    seen = [moment for moment in (place.came_at, place.left_at) if moment]
    place.came_at, place.left_at = rules.presence([*seen, *_moments(session, place)])
    return Touch.USED


def _moments(session: Session, place: VolunteerPlace) -> Sequence[datetime]:
    query = select(VolunteerTouch.at).where(
        VolunteerTouch.activity_id == place.activity_id, VolunteerTouch.resident_id == place.resident_id
    )
    return session.scalars(query.order_by(VolunteerTouch.at)).all()


# ---- telling ------------------------------------------------------------------------------


def touches_of(session: Session, places: Sequence[VolunteerPlace]) -> dict[UUID, list[datetime]]:
    """Every touch by place, the first one first."""
    return {place.id: list(_moments(session, place)) for place in places}


def strays(session: Session, one: VolunteerActivity) -> int:
    """Touches around the time of an activity that belong to no place: it was full, or nobody's."""
    query = select(func.count(func.distinct(VolunteerTouch.resident_id))).where(
        VolunteerTouch.host_id == one.host_id, VolunteerTouch.activity_id.is_(None),
        VolunteerTouch.at.between(one.starts_at - rules.EARLY, one.ends_at + rules.EARLY),
    )  # fmt: skip
    return session.scalar(query) or 0


def waiting(session: Session) -> list[Case]:
    """What contradicts decided hours, the oldest first."""
    query = (
        select(VolunteerTouch, VolunteerActivity, VolunteerHost.name)
        .join(VolunteerActivity, VolunteerActivity.id == VolunteerTouch.activity_id)
        .join(VolunteerHost, VolunteerHost.id == VolunteerTouch.host_id)
        .where(VolunteerTouch.state == Touch.CLASH)
        .order_by(VolunteerTouch.recorded_at, VolunteerTouch.id)
        .limit(SHOWN)
    )
    return [Case(*row) for row in session.execute(query)]


def note_seen(session: Session, actor: Actor, touch_id: UUID) -> None:
    """The city looked at it. Raises Decided."""
    still = VolunteerTouch.id == touch_id, VolunteerTouch.state == Touch.CLASH
    values = {"state": str(Touch.SEEN), "decided_at": clock.now(), "decided_label": actor.label}
    if session.execute(update(VolunteerTouch).where(*still).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.Decided
    found = session.get_one(VolunteerTouch, touch_id, populate_existing=True)
    did(session, Action.CHANGE, whose=found.resident_id, what="volunteer_touches", case_ref=str(touch_id)[:8])


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Every day: touches of half a year ago."""
    session.execute(delete(VolunteerTouch).where(VolunteerTouch.at < clock.now() - rules.TOUCHES_KEPT))
