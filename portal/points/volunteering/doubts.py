"""What looks wrong about hours: found when they are approved or counted, kept with how it was decided."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.points import rules as point_rules
from portal.points.programmes import debts
from portal.points.programmes import rules as programme_rules
from portal.points.programmes import service as programmes
from portal.points.volunteering import rules
from portal.points.volunteering.models import VolunteerActivity, VolunteerDoubt, VolunteerPlace
from portal.points.volunteering.rules import Decision, Doubt, Place, Stay


def found(
    session: Session, one: VolunteerActivity, place: VolunteerPlace, *, housemates: set[UUID], keepers: set[UUID]
) -> list[Doubt]:
    """Of somebody's hours: *housemates* are those of who approves, *keepers* the organisation's people."""
    looks = {
        Doubt.SELF: place.resident_id in keepers,
        Doubt.HOUSEHOLD: place.resident_id in housemates and place.resident_id not in keepers,
        Doubt.OVERLAP: was_elsewhere(session, place, _stay(one, place)),
        Doubt.DEVICE: bool(place.device) and _shares_device(session, place),
    }
    return [kind for kind, is_so in looks.items() if is_so]


def _stay(one: VolunteerActivity, place: VolunteerPlace) -> Stay:
    return Stay(one.ward, place.came_at or one.starts_at, place.left_at or one.ends_at)


def was_elsewhere(session: Session, place: VolunteerPlace, stay: Stay) -> bool:
    """Compared with what was settled or came in elsewhere around the same day."""
    near = rules.LONGEST
    query = (
        select(VolunteerActivity, VolunteerPlace)
        .join(VolunteerPlace, VolunteerPlace.activity_id == VolunteerActivity.id)
        .where(
            VolunteerPlace.resident_id == place.resident_id,
            VolunteerPlace.id != place.id,
            VolunteerPlace.came_at.is_not(None) | (VolunteerPlace.minutes > 0),
            VolunteerActivity.starts_at.between(stay.begins - near, stay.ends + near),
        )
    )
    return any(rules.clash(stay, _stay(other, at)) for other, at in session.execute(query))


def _shares_device(session: Session, place: VolunteerPlace) -> bool:
    query = select(VolunteerPlace.id).where(
        VolunteerPlace.activity_id == place.activity_id,
        VolunteerPlace.device == place.device,
        VolunteerPlace.id != place.id,
    )
    return session.scalar(query.limit(1)) is not None


def write(session: Session, place: VolunteerPlace, kinds: Sequence[Doubt]) -> None:
    """They wait for a decision, also those that were decided before."""
    rows = [
        {
            "id": new_id(), "place_id": place.id, "resident_id": place.resident_id, "kind": str(kind),
            "state": str(Decision.OPEN), "found_at": clock.now(), "decided_label": "",
        }
        for kind in kinds
    ]  # fmt: skip
    if not rows:
        return
    insert_once(session, VolunteerDoubt.__table__, rows)  # type: ignore[arg-type]
    again = update(VolunteerDoubt).where(
        VolunteerDoubt.place_id == place.id, VolunteerDoubt.kind.in_([str(kind) for kind in kinds])
    )
    values = {"state": str(Decision.OPEN), "decided_at": None, "decided_by": None, "decided_label": ""}
    session.execute(again.values(**values))


def known(session: Session, place: VolunteerPlace) -> dict[str, str]:
    """What looked wrong before, and how it was decided."""
    query = select(VolunteerDoubt.kind, VolunteerDoubt.state).where(VolunteerDoubt.place_id == place.id)
    return {row.kind: row.state for row in session.execute(query)}


def is_large(session: Session, one: VolunteerActivity, place: VolunteerPlace, minutes: int, by: UUID) -> bool:
    """Whether it is more than this member of staff gives this person alone, with what they gave them lately."""
    terms = programmes.terms_on(session, one.programme, one.starts_at.astimezone(JST).date())
    if terms is None or not minutes:
        return False
    unit = programmes.programme(session, one.programme).unit
    worth = programme_rules.worth(unit, terms.points, minutes if unit == programme_rules.Unit.HOUR else 1)
    more = worth - debts.paid(session, f"place:{place.id}")
    lately = select(VolunteerPlace.id).where(
        VolunteerPlace.resident_id == place.resident_id, VolunteerPlace.settled_by == by, VolunteerPlace.minutes > 0,
        VolunteerPlace.state == Place.SETTLED, VolunteerPlace.settled_at > clock.now() - point_rules.GIVEN_WITHIN,
    )  # fmt: skip
    given = sum(debts.paid(session, f"place:{other}") for other in session.scalars(lately))
    return more > 0 and point_rules.is_much(given + more)
