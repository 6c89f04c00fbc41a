"""Hours: approved by the host, held when something looks wrong, and paid in points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.points.ledger import service as ledger
from portal.points.programmes import earning
from portal.points.programmes import rules as programme_rules
from portal.points.programmes import service as programmes
from portal.points.programmes.earning import Act
from portal.points.volunteering import doubts, hosting, rules
from portal.points.volunteering.models import VolunteerActivity, VolunteerDoubt, VolunteerHost, VolunteerPlace
from portal.points.volunteering.rules import Decision, Doubt, Place
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
    if is_city:
        _come_alone(session, one.id, minutes)
    keepers, paid = set(hosting.keepers(session, one.host_id)), []
    for place in board(session, one.id):
        if (claimed := minutes.get(place.id)) is None or place.state != Place.APPLIED:
            continue
        rules.check_minutes(claimed, one.starts_at, one.ends_at)
        kinds = doubts.found(session, one, place, housemates=housemates, keepers=keepers) if claimed else []
        if is_city and doubts.is_large(session, one, place, claimed, by):
            kinds.append(Doubt.LARGE)
        if not _settle(session, place, Place.HELD if kinds else Place.SETTLED, claimed, by):
            continue
        doubts.write(session, place, kinds)
        if not kinds and claimed:
            paid.append(place)
    pay(session, one, paid)


def _come_alone(session: Session, activity_id: UUID, minutes: Mapping[UUID, int]) -> None:
    """What the city gave these people lately is counted while nobody gives them more. Places come before accounts, as by
    all who decide on hours."""
    claimed = VolunteerPlace.activity_id == activity_id, VolunteerPlace.id.in_(list(minutes))
    query = select(VolunteerPlace).where(*claimed).order_by(VolunteerPlace.applied_at, VolunteerPlace.id)
    places = session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    ledger.hold_accounts(session, {place.resident_id for place in places})


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
    ledger.hold_accounts(session, [place.resident_id])
    decided = doubts.known(session, place)
    is_new = minutes and not (place.state == Place.SETTLED and place.minutes)
    keepers = set(hosting.keepers(session, one.host_id))
    found = doubts.found(session, one, place, housemates=set(), keepers=keepers) if is_new else []
    kinds = [kind for kind in found if kind not in decided]
    if doubts.is_large(session, one, place, minutes, actor.id):
        kinds.append(Doubt.LARGE)
    is_held = bool(kinds) or (place.state == Place.HELD and Decision.OPEN in decided.values())
    place.state, place.minutes = (Place.HELD if is_held else Place.SETTLED), minutes
    place.settled_at, place.settled_by, place.note = clock.now(), actor.id, note
    session.flush()
    doubts.write(session, place, kinds)
    if not is_held:
        pay(session, one, [place])


def pay(session: Session, one: VolunteerActivity, places: Sequence[VolunteerPlace]) -> None:
    """The points for hours that were approved, by the terms of the day of the activity. What was taken back before does
    not stand in the way of the same minutes."""
    is_hours = programmes.programme(session, one.programme).unit == programme_rules.Unit.HOUR
    back = earning.taken_back(session, [f"place:{place.id}" for place in places])
    earning.earn_all(
        session,
        [
            Act(
                fact=f"place:{place.id}",
                key=_key(place, back[f"place:{place.id}"]),
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


def _key(place: VolunteerPlace, back: int) -> str:
    key = f"place:{place.id}:{place.minutes}"
    return f"{key}:{back}" if back else key


# ---- what looks wrong ---------------------------------------------------------------------


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
    if session.get(VolunteerPlace, place_id) is None:
        raise rules.Decided
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
    paid = [one.quantity for one in earning.earnings(session, f"place:{place_id}") if not one.reversed_at]
    place = session.get_one(VolunteerPlace, place_id)
    one = hosting.activity(session, place.activity_id)
    is_hours = programmes.programme(session, one.programme).unit == programme_rules.Unit.HOUR
    return (max(paid) if is_hours else place.minutes or 0) if paid else 0
