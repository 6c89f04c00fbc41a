"""Hours: approved by the host, held when something looks wrong, and paid in points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.points import rules as point_rules
from portal.points.programmes import debts
from portal.points.programmes import rules as programme_rules
from portal.points.programmes import service as programmes
from portal.points.programmes.service import Act
from portal.points.volunteering import hosting, rules
from portal.points.volunteering.models import VolunteerActivity, VolunteerDoubt, VolunteerHost, VolunteerPlace
from portal.points.volunteering.rules import Decision, Doubt, Place, Stay
from portal.residents import service as residents


@dataclass(frozen=True, slots=True)
class Case:
    """A place whose hours wait for the city, and why."""

    place: VolunteerPlace
    activity: VolunteerActivity
    host: str
    kinds: tuple[str, ...]


def board(session: Session, activity_id: UUID) -> Sequence[VolunteerPlace]:
    """Everybody with a place, in the order they applied."""
    query = select(VolunteerPlace).where(
        VolunteerPlace.activity_id == activity_id, VolunteerPlace.state != Place.WITHDRAWN
    )
    return session.scalars(query.order_by(VolunteerPlace.applied_at, VolunteerPlace.id)).all()


def approve(session: Session, keeper_id: UUID, activity_id: UUID, minutes: Mapping[UUID, int]) -> None:
    """By somebody who acts for the organisation. Raises NotBegun (before the end), HoursTooLong, PotEmpty."""
    one = hosting.own_activity(session, keeper_id, activity_id)
    _approve(session, one, minutes, by=keeper_id, housemates=set(residents.housemates(session, keeper_id)))


def approve_by_city(session: Session, actor: Actor, one: VolunteerActivity, minutes: Mapping[UUID, int]) -> None:
    """By the city's section, for an activity of its own or one an organisation left open; much waits for a second person.
    Raises as `approve`."""
    assert actor.id
    _approve(session, one, minutes, by=actor.id, housemates=set(), is_city=True)


def _approve(
    session: Session, one: VolunteerActivity, minutes: Mapping[UUID, int], *, by: UUID, housemates: set[UUID],
    is_city: bool = False,
) -> None:  # fmt: skip
    """Settle the hours of these places (0: did not come). What looks wrong is held for the city; the rest is paid.

    A place that was settled meanwhile is left as it is.
    """
    if one.ends_at > clock.now():
        raise rules.NotBegun
    keepers, paid = set(hosting.keepers(session, one.host_id)), []
    for place in board(session, one.id):
        if (claimed := minutes.get(place.id)) is None or place.state != Place.APPLIED:
            continue
        rules.check_minutes(claimed, one.starts_at, one.ends_at)
        kinds = _doubts(session, one, place, housemates=housemates, keepers=keepers) if claimed else []
        if is_city and _is_large(session, one, place, claimed, by):
            kinds.append(Doubt.LARGE)
        if not _settle(session, place, Place.HELD if kinds else Place.SETTLED, claimed, by):
            continue
        _write_doubts(session, place, kinds)
        if not kinds and claimed:
            paid.append(place)
    pay(session, one, paid)


def _settle(session: Session, place: VolunteerPlace, state: Place, minutes: int, by: UUID) -> bool:
    """By one statement: of two keepers who approve at the same instant one comes first."""
    settled = update(VolunteerPlace).where(VolunteerPlace.id == place.id, VolunteerPlace.state == Place.APPLIED)
    values = {"state": str(state), "minutes": minutes, "settled_at": clock.now(), "settled_by": by}
    if session.execute(settled.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        return False
    session.refresh(place)
    did(session, Action.CHANGE, whose=place.resident_id, what="volunteer_places", case_ref=str(place.id)[:8])
    return True


def count(
    session: Session, actor: Actor, one: VolunteerActivity, place: VolunteerPlace, minutes: int, note: str
) -> None:
    """So many minutes count by a decision of the city on a place the caller holds, and are paid. What nobody looked at yet
    is looked at now; what looks wrong, still or anew, waits for another member of staff."""
    assert actor.id
    known_doubts = _known_doubts(session, place)
    is_new = minutes and not (place.state == Place.SETTLED and place.minutes)
    keepers = set(hosting.keepers(session, one.host_id))
    found = _doubts(session, one, place, housemates=set(), keepers=keepers) if is_new else []
    kinds = [kind for kind in found if kind not in known_doubts]
    if _is_large(session, one, place, minutes, actor.id):
        kinds.append(Doubt.LARGE)
    is_held = bool(kinds) or (place.state == Place.HELD and Decision.OPEN in known_doubts.values())
    place.state, place.minutes = (Place.HELD if is_held else Place.SETTLED), minutes
    place.settled_at, place.settled_by, place.note = clock.now(), actor.id, note
    session.flush()
    _write_doubts(session, place, kinds)
    if not is_held:
        pay(session, one, [place])


def _is_large(session: Session, one: VolunteerActivity, place: VolunteerPlace, minutes: int, by: UUID) -> bool:
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


def pay(session: Session, one: VolunteerActivity, places: Sequence[VolunteerPlace]) -> None:
    """The points for hours that were approved, by the terms of the day of the activity. What was taken back before does
    not stand in the way of the same minutes."""
    is_hours = programmes.programme(session, one.programme).unit == programme_rules.Unit.HOUR
    programmes.earn_all(
        session,
        [
            Act(
                fact=f"place:{place.id}",
                key=_key(session, place),
                programme=one.programme,
                resident_id=place.resident_id,
                quantity=(place.minutes or 0) if is_hours else 1,
                at=one.starts_at,
                case_ref=one.title[:80],
            )
            for place in places
            if place.minutes
        ],
    )


def _key(session: Session, place: VolunteerPlace) -> str:
    key = f"place:{place.id}:{place.minutes}"
    back = sum(1 for one in programmes.earnings(session, f"place:{place.id}") if one.reversed_at)
    return f"{key}:{back}" if back else key


# ---- what looks wrong ---------------------------------------------------------------------


def _doubts(
    session: Session, one: VolunteerActivity, place: VolunteerPlace, *, housemates: set[UUID], keepers: set[UUID]
) -> list[Doubt]:
    found = {
        Doubt.SELF: place.resident_id in keepers,
        Doubt.HOUSEHOLD: place.resident_id in housemates and place.resident_id not in keepers,
        Doubt.OVERLAP: was_elsewhere(session, place, _stay(one, place)),
        Doubt.DEVICE: bool(place.device) and _shares_device(session, place),
    }
    return [kind for kind, is_so in found.items() if is_so]


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


def _write_doubts(session: Session, place: VolunteerPlace, kinds: Sequence[Doubt]) -> None:
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


def _known_doubts(session: Session, place: VolunteerPlace) -> dict[str, str]:
    """What looked wrong before, and how it was decided."""
    query = select(VolunteerDoubt.kind, VolunteerDoubt.state).where(VolunteerDoubt.place_id == place.id)
    return {row.kind: row.state for row in session.execute(query)}


def waiting(session: Session, *, limit: int = 200) -> list[Case]:
    """Places with open doubts, the oldest first."""
    query = (
        select(VolunteerPlace, VolunteerActivity, VolunteerHost.name, VolunteerDoubt.kind)
        .join(VolunteerDoubt, VolunteerDoubt.place_id == VolunteerPlace.id)
        .join(VolunteerActivity, VolunteerActivity.id == VolunteerPlace.activity_id)
        .join(VolunteerHost, VolunteerHost.id == VolunteerActivity.host_id)
        .where(VolunteerDoubt.state == Decision.OPEN, VolunteerPlace.state == Place.HELD)
        .order_by(VolunteerDoubt.found_at, VolunteerPlace.id, VolunteerDoubt.kind)
        .limit(limit)
    )
    cases: dict[UUID, Case] = {}
    for place, one, name, kind in session.execute(query):
        before = cases[place.id].kinds if place.id in cases else ()
        cases[place.id] = Case(place, one, name, (*before, kind))
    return list(cases.values())


def clear(session: Session, actor: Actor, place_id: UUID, note: str) -> None:
    """The hours are right after all, and are paid. Raises Decided, OwnHours (who approved them), PotEmpty."""
    place = session.get(VolunteerPlace, place_id)
    if place is not None and place.state == Place.HELD and place.settled_by == actor.id:
        raise rules.OwnHours
    place = _decide(session, actor, place_id, Decision.NO, note)
    pay(session, hosting.activity(session, place.activity_id), [place])


def confirm(session: Session, actor: Actor, place_id: UUID, note: str) -> None:
    """The hours do not count, beyond those paid before; the person reads why and can object. Raises Decided."""
    _decide(session, actor, place_id, Decision.YES, note)


def _decide(session: Session, actor: Actor, place_id: UUID, decision: Decision, note: str) -> VolunteerPlace:
    held = update(VolunteerPlace).where(VolunteerPlace.id == place_id, VolunteerPlace.state == Place.HELD)
    values = {"state": str(Place.SETTLED), "settled_at": clock.now(), "settled_by": actor.id, "note": note}
    if decision is Decision.YES:
        values["minutes"] = _paid_minutes(session, place_id)
    else:
        held = held.where(VolunteerPlace.settled_by != actor.id)
    if session.execute(held.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.Decided
    session.execute(
        update(VolunteerDoubt)
        .where(VolunteerDoubt.place_id == place_id, VolunteerDoubt.state == Decision.OPEN)
        .values(state=str(decision), decided_at=clock.now(), decided_by=actor.id, decided_label=actor.label)
    )
    place = session.get_one(VolunteerPlace, place_id, populate_existing=True)
    did(session, Action.CHANGE, whose=place.resident_id, what="volunteer_doubts", case_ref=str(place_id)[:8])
    return place


def _paid_minutes(session: Session, place_id: UUID) -> int:
    """Of hours that were paid once and counted higher by an objection, which then was held."""
    paid = [one.quantity for one in programmes.earnings(session, f"place:{place_id}") if not one.reversed_at]
    place = session.get_one(VolunteerPlace, place_id)
    one = hosting.activity(session, place.activity_id)
    is_hours = programmes.programme(session, one.programme).unit == programme_rules.Unit.HOUR
    return (max(paid) if is_hours else place.minutes or 0) if paid else 0
