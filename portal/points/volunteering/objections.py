"""A resident says that hours are wrong; the city decides, once, and says why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import emit
from portal.points.events import ObjectionAnswered
from portal.points.programmes import debts
from portal.points.volunteering import hosting, hours, rules, taking_back
from portal.points.volunteering.models import VolunteerActivity, VolunteerHost, VolunteerObjection, VolunteerPlace
from portal.points.volunteering.rules import Decision, Place
from portal.points.volunteering.taking_back import Wish


@dataclass(frozen=True, slots=True)
class Case:
    """An objection with what it is about."""

    objection: VolunteerObjection
    place: VolunteerPlace
    activity: VolunteerActivity
    host: str


def may_object(session: Session, place: VolunteerPlace, ends_at: datetime) -> bool:
    """Whether the person can object now."""
    is_time = rules.may_object(place.state, place.settled_at, ends_at, clock.now())
    return is_time and session.get(VolunteerObjection, place.id) is None


def object_to(session: Session, resident_id: UUID, activity_id: UUID, *, minutes: int, words: str) -> None:
    """The person took part for *minutes*. Raises NoPlace, HoursTooLong, ObjectionLate."""
    one = hosting.activity(session, activity_id)
    query = select(VolunteerPlace).where(
        VolunteerPlace.activity_id == activity_id, VolunteerPlace.resident_id == resident_id
    )
    place = session.scalars(query).one_or_none()
    if place is None:
        raise rules.NoPlace
    rules.check_minutes(minutes, one.starts_at, one.ends_at)
    row = {
        "place_id": place.id, "resident_id": resident_id, "minutes": minutes, "words": words,
        "state": str(Decision.OPEN), "made_at": clock.now(), "answer": "", "decided_label": "",
    }  # fmt: skip
    if not may_object(session, place, one.ends_at) or not insert_once(session, VolunteerObjection.__table__, row):  # type: ignore[arg-type]
        raise rules.ObjectionLate
    did(session, Action.CREATE, whose=resident_id, what="volunteer_objections", case_ref=str(place.id)[:8])


def waiting(session: Session) -> list[Case]:
    """Objections that nobody decided yet, the oldest first."""
    query = (
        select(VolunteerObjection, VolunteerPlace, VolunteerActivity, VolunteerHost.name)
        .join(VolunteerPlace, VolunteerPlace.id == VolunteerObjection.place_id)
        .join(VolunteerActivity, VolunteerActivity.id == VolunteerPlace.activity_id)
        .join(VolunteerHost, VolunteerHost.id == VolunteerActivity.host_id)
        .where(VolunteerObjection.state == Decision.OPEN)
        .order_by(VolunteerObjection.made_at)
    )
    return [Case(*row) for row in session.execute(query)]


def of_places(session: Session, places: Sequence[UUID]) -> dict[UUID, VolunteerObjection]:
    """By place."""
    query = select(VolunteerObjection).where(VolunteerObjection.place_id.in_(places))
    return {one.place_id: one for one in session.scalars(query)}


def uphold(session: Session, actor: Actor, place_id: UUID, *, minutes: int, answer: str) -> None:
    """So many minutes count, and what they bring beyond what was given is paid, past the same look as any hours (`hours.
    count`). Fewer than were paid are taken back as the city takes hours back. Raises Decided, HoursTooLong, PotEmpty,
    BackOver, BackWaiting."""
    place = _decide(session, actor, place_id, Decision.YES, answer)
    one = hosting.activity(session, place.activity_id)
    rules.check_minutes(minutes, one.starts_at, one.ends_at)
    is_paid = place.state == Place.SETTLED and debts.paid(session, f"place:{place_id}")
    if is_paid and minutes < (place.minutes or 0):
        taking_back.by_city(session, actor, place_id, Wish(minutes, answer))
    else:
        hours.count(session, actor, one, place, minutes, answer)


def refuse(session: Session, actor: Actor, place_id: UUID, answer: str) -> None:
    """The hours stay as they are. Raises Decided."""
    _decide(session, actor, place_id, Decision.NO, answer)


def _decide(session: Session, actor: Actor, place_id: UUID, decision: Decision, answer: str) -> VolunteerPlace:
    still_open = VolunteerObjection.place_id == place_id, VolunteerObjection.state == Decision.OPEN
    values = {
        "state": str(decision), "answer": answer, "decided_at": clock.now(), "decided_by": actor.id,
        "decided_label": actor.label,
    }  # fmt: skip
    if session.execute(update(VolunteerObjection).where(*still_open).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.Decided
    held = select(VolunteerPlace).where(VolunteerPlace.id == place_id).with_for_update()
    place = session.scalars(held.execution_options(populate_existing=True)).one()
    did(session, Action.CHANGE, whose=place.resident_id, what="volunteer_objections", case_ref=str(place_id)[:8])
    emit(session, ObjectionAnswered(resident_id=place.resident_id, place_id=place_id))
    return place
