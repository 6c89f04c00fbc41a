"""Organisations, who acts for them, and what they publish."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.events import emit
from portal.core.ids import new_id
from portal.devices import service as devices
from portal.points import keepers as points_keepers
from portal.points.events import ActivityCancelled
from portal.points.ledger.rules import Reason
from portal.points.programmes import service as programmes
from portal.points.programmes.rules import NoTerms
from portal.points.volunteering import rules
from portal.points.volunteering.models import (
    VolunteerActivity,
    VolunteerHost,
    VolunteerKeeper,
    VolunteerPlace,
    VolunteerTerminal,
)
from portal.points.volunteering.rules import Place, State

# ---- organisations ------------------------------------------------------------------------


def hosts(session: Session) -> Sequence[VolunteerHost]:
    """All organisations by name."""
    return session.scalars(select(VolunteerHost).order_by(VolunteerHost.name)).all()


def host(session: Session, host_id: UUID) -> VolunteerHost:
    """One of them. Raises HostUnknown."""
    found = session.get(VolunteerHost, host_id)
    if found is None:
        raise rules.HostUnknown
    return found


def register(session: Session, actor: Actor, *, name: str, programme: str) -> VolunteerHost:
    """Let an organisation publish activities of a programme. Raises HostExists, ProgrammeUnknown."""
    programmes.programme(session, programme)
    if session.scalar(select(VolunteerHost.id).where(VolunteerHost.name == name)) is not None:
        raise rules.HostExists
    made = VolunteerHost(name=name, programme=programme, is_open=True, made_at=clock.now(), made_by=actor.label)
    session.add(made)
    session.flush()
    did(session, Action.CREATE, whose=None, what="volunteer_hosts", case_ref=str(made.id)[:8])
    return made


def set_open(session: Session, host_id: UUID, is_open: bool) -> None:
    """Whether the organisation may publish; what is published stays."""
    host(session, host_id).is_open = is_open
    did(session, Action.CHANGE, whose=None, what="volunteer_hosts", case_ref=str(host_id)[:8])


def name_keeper(session: Session, actor: Actor, host_id: UUID, number: str) -> UUID:
    """The resident with this addressee number is to act for the organisation, once a second person agrees. Raises
    KeeperUnknown."""
    return points_keepers.name(session, actor, VolunteerKeeper, {"host_id": host(session, host_id).id}, number)


def agree_keeper(session: Session, actor: Actor, host_id: UUID, resident_id: UUID) -> None:
    """The second person: from now on they act for the organisation. Raises OwnNaming, NamingDecided."""
    points_keepers.agree(session, actor, VolunteerKeeper, {"host_id": host_id}, resident_id)


def dismiss_keeper(session: Session, host_id: UUID, resident_id: UUID) -> None:
    """The resident acts for the organisation no longer, or not at all."""
    points_keepers.dismiss(session, VolunteerKeeper, {"host_id": host_id}, resident_id)


def named(session: Session, host_id: UUID) -> Sequence[VolunteerKeeper]:
    """Everybody, also those who wait for a second person."""
    query = select(VolunteerKeeper).where(VolunteerKeeper.host_id == host_id)
    return session.scalars(query.order_by(VolunteerKeeper.since, VolunteerKeeper.resident_id)).all()


def hosts_waiting(session: Session) -> set[UUID]:
    """The organisations for which somebody is named to whom a second person has still to agree."""
    return set(session.scalars(select(VolunteerKeeper.host_id).where(~_agreed()).distinct()))


def _agreed() -> ColumnElement[bool]:
    return points_keepers.agreed(VolunteerKeeper)


def keepers(session: Session, host_id: UUID) -> Sequence[UUID]:
    """Who acts for the organisation."""
    query = select(VolunteerKeeper.resident_id).where(VolunteerKeeper.host_id == host_id, _agreed())
    return session.scalars(query.order_by(VolunteerKeeper.since)).all()


def kept_by(session: Session, resident_id: UUID) -> Sequence[VolunteerHost]:
    """The organisations for which the resident acts."""
    query = select(VolunteerHost).join(VolunteerKeeper, VolunteerKeeper.host_id == VolunteerHost.id)
    mine = query.where(VolunteerKeeper.resident_id == resident_id, _agreed())
    return session.scalars(mine.order_by(VolunteerHost.name)).all()


def own_host(session: Session, resident_id: UUID, host_id: UUID) -> VolunteerHost:
    """An organisation for which the resident acts. Raises HostUnknown, also when they do not."""
    found = host(session, host_id)
    if resident_id not in keepers(session, host_id):
        raise rules.HostUnknown
    return found


def place_terminal(session: Session, client_id: str, host_id: UUID) -> None:
    """Cards put on this machine come to the organisation's activities from now on. Raises TerminalUnfit."""
    client = devices.find(session, client_id)
    if client is None or cards.role_of_machine(session, client.id) != cards.Service.POINTS:
        raise rules.TerminalUnfit
    row = session.get(VolunteerTerminal, client.id) or VolunteerTerminal(client=client.id)
    row.host_id, row.since = host(session, host_id).id, clock.now()
    session.add(row)
    session.flush()
    did(session, Action.CHANGE, whose=None, what="volunteer_terminals", case_ref=client_id)


def remove_terminal(session: Session, client_id: str, host_id: UUID) -> None:
    """The machine is the organisation's no longer; what it told stays."""
    client = devices.find(session, client_id)
    row = session.get(VolunteerTerminal, client.id) if client else None
    if row is not None and row.host_id == host_id:
        session.delete(row)
        did(session, Action.CHANGE, whose=None, what="volunteer_terminals", case_ref=client_id)


def terminals_of(session: Session, host_id: UUID) -> list[devices.Machine]:
    """The machines on which cards are put at the organisation's activities."""
    ids = session.scalars(select(VolunteerTerminal.client).where(VolunteerTerminal.host_id == host_id)).all()
    return sorted(devices.machines(session, ids).values(), key=lambda one: one.client_id)


# ---- activities ---------------------------------------------------------------------------


def publish(session: Session, one: VolunteerHost, sessions: Sequence[dict[str, Any]]) -> VolunteerActivity:
    """A new activity, open for everybody, in one or several sessions; the first of them. Whether somebody may publish for
    the organisation the caller knows. Raises HostClosed, NoTerms (the programme gives nothing on one of these days)."""
    if not one.is_open:
        raise rules.HostClosed
    series = new_id() if len(sessions) > 1 else None
    made = [_session(session, one, facts | {"series": series}) for facts in sessions]
    session.add_all(made)
    session.flush()
    for new in made:
        did(session, Action.CREATE, whose=None, what="volunteer_activities", case_ref=str(new.id)[:8])
    return made[0]


def _session(session: Session, one: VolunteerHost, facts: dict[str, Any]) -> VolunteerActivity:
    if programmes.terms_on(session, one.programme, facts["starts_at"].astimezone(JST).date()) is None:
        raise NoTerms
    is_event = programmes.programme(session, one.programme).reason == Reason.EVENT
    return VolunteerActivity(
        host_id=one.id, programme=one.programme, state=State.OPEN, published_at=clock.now(), is_event=is_event, **facts
    )


def sessions_of(session: Session, one: VolunteerActivity) -> Sequence[VolunteerActivity]:
    """All sessions published together with *one*, itself among them; none for an activity of one day."""
    if one.series is None:
        return []
    query = select(VolunteerActivity).where(VolunteerActivity.series == one.series)
    return session.scalars(query.order_by(VolunteerActivity.starts_at)).all()


def activity(session: Session, activity_id: UUID) -> VolunteerActivity:
    """One activity. Raises ActivityUnknown."""
    found = session.get(VolunteerActivity, activity_id)
    if found is None:
        raise rules.ActivityUnknown
    return found


def own_activity(session: Session, resident_id: UUID, activity_id: UUID) -> VolunteerActivity:
    """An activity of an organisation for which the resident acts. Raises ActivityUnknown."""
    found = activity(session, activity_id)
    if resident_id not in keepers(session, found.host_id):
        raise rules.ActivityUnknown
    return found


def activities_of(session: Session, host_id: UUID, *, limit: int = 50) -> Sequence[VolunteerActivity]:
    """What the organisation published, the latest first."""
    query = select(VolunteerActivity).where(VolunteerActivity.host_id == host_id)
    return session.scalars(query.order_by(VolunteerActivity.starts_at.desc()).limit(limit)).all()


def nearest_first(activities: Sequence[VolunteerActivity], now: datetime) -> list[VolunteerActivity]:
    """What is coming, the next first; then what is over, the latest first."""
    coming = [one for one in activities if one.ends_at > now]
    over = [one for one in activities if one.ends_at <= now]
    return sorted(coming, key=lambda one: one.starts_at) + sorted(over, key=lambda one: one.starts_at, reverse=True)


def cancel(session: Session, one: VolunteerActivity) -> None:
    """It does not take place; who has a place is told. Raises ActivityOver once it began."""
    activity_id = one.id
    still_open = (
        VolunteerActivity.id == activity_id,
        VolunteerActivity.state == State.OPEN,
        VolunteerActivity.starts_at > clock.now(),
    )
    values = {"state": str(State.CANCELLED), "revision": VolunteerActivity.revision + 1}
    if session.execute(update(VolunteerActivity).where(*still_open).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.ActivityOver
    did(session, Action.CHANGE, whose=None, what="volunteer_activities", case_ref=str(activity_id)[:8])
    told = select(VolunteerPlace.resident_id).where(
        VolunteerPlace.activity_id == activity_id, VolunteerPlace.state == Place.APPLIED
    )
    emit(session, *(ActivityCancelled(resident_id=who, activity_id=activity_id) for who in session.scalars(told)))
