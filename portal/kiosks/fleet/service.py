"""How every kiosk is, who said what about it, and what the machines are told in return."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core import clock, journal
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.permissions import Permission
from portal.devices import service as devices
from portal.devices.service import Known
from portal.kiosks.fleet import rules
from portal.kiosks.fleet.models import KioskAlarm, KioskControl
from portal.kiosks.fleet.rules import Alarm, Reason
from portal.reservations import service as reservations

log = journal.get_logger("kiosks")
HISTORY = 30
RETENTION_DAYS = 400


@dataclass(frozen=True, slots=True)
class Standing:
    """What a machine hears: `command` is out-of-service, closed or nothing; hours as people read them."""

    command: str | None
    opens_at: datetime | None
    hours: str
    staff: str


@dataclass(frozen=True, slots=True)
class Kiosk:
    """One machine on the page of staff; alarms that are on, the most urgent first."""

    known: Known
    control: KioskControl | None
    alarms: Sequence[KioskAlarm]
    silent: bool

    @property
    def closed(self) -> bool:
        return self.control is not None and self.control.closed

    @property
    def hours(self) -> tuple[str, str]:
        return (self.control.opens, self.control.closes) if self.control else (rules.OPENS, rules.CLOSES)


def heard(session: Session, device_id: UUID, health: dict[str, Any]) -> Standing:
    """A heartbeat: alarms begin and end by it; the answer says whether to serve."""
    runs, twins = rules.runs_after(devices.health_of(session, device_id).get("runs", ()), str(health.get("run", "")))
    devices.seen(session, device_id, health | {"runs": runs})
    now = clock.now()
    _note(session, device_id, rules.alarms_of(health) | ({Alarm.TWINS} if twins else set()), now)
    control = session.get(KioskControl, device_id)
    opens, closes = (control.opens, control.closes) if control else (rules.OPENS, rules.CLOSES)
    shown = f"{opens.removeprefix('0')}–{closes.removeprefix('0')}"
    called = session.scalar(
        select(KioskAlarm.seen_by).where(
            KioskAlarm.device_id == device_id, KioskAlarm.code == Alarm.STAFF_CALLED, KioskAlarm.until.is_(None)
        )
    )
    staff = "" if called is None else "coming" if called else "called"
    if control and control.closed:
        return Standing("out-of-service", None, shown, staff)
    opens_at = rules.opens_next(now, opens, closes)
    return Standing("closed" if opens_at else None, opens_at, shown, staff)


def window_days(session: Session, office: str) -> list[tuple[date, tuple[time, time] | None]]:
    """When the windows around a machine open from today on; nothing where no office is known."""
    found = reservations.hours_from(session, office, clock.today(), rules.DAYS_TOLD)
    return found if any(hours for _day, hours in found) else []


def _note(session: Session, device_id: UUID, told: frozenset[Alarm], now: datetime) -> None:
    """Open what is new, end what is over. A call for staff ends when they have come, not by the machine."""
    on = set(
        session.scalars(select(KioskAlarm.code).where(KioskAlarm.device_id == device_id, KioskAlarm.until.is_(None)))
    )
    if new := [alarm for alarm in told if alarm not in on]:
        _begin(session, [(device_id, alarm) for alarm in new], now)
    if over := on - set(told):
        over_now = KioskAlarm.device_id == device_id, KioskAlarm.until.is_(None), KioskAlarm.code.in_(over)
        session.execute(update(KioskAlarm).where(*over_now).values(until=now))


def _begin(session: Session, found: Sequence[tuple[UUID, Alarm]], now: datetime) -> None:
    rows = [
        {"id": new_id(), "device_id": device, "code": str(alarm), "since": now, "seen_by": ""}
        for device, alarm in found
    ]
    insert_once(session, KioskAlarm.__table__, rows)  # type: ignore[arg-type]
    for device, alarm in found:
        log.warning("kiosk.alarm", device=str(device), alarm=str(alarm))


def watch(session: Session, _payload: dict[str, Any]) -> None:
    """Machines that say nothing any more (worker, every minute); one that is closed may be switched off."""
    now = clock.now()
    closed = set(session.scalars(select(KioskControl.device_id).where(KioskControl.closed)))
    silent = [
        (one.id, Alarm.SILENT)
        for one in devices.kiosks(session)
        if one.last_seen and one.id not in closed and rules.is_silent(one.last_seen, now)
    ]
    on = set(
        session.scalars(select(KioskAlarm.device_id).where(KioskAlarm.code == Alarm.SILENT, KioskAlarm.until.is_(None)))
    )
    if new := [one for one in silent if one[0] not in on]:
        _begin(session, new, now)


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Alarms that ended more than a year ago (worker, daily)."""
    before = clock.now() - timedelta(days=RETENTION_DAYS)
    session.execute(delete(KioskAlarm).where(KioskAlarm.until < before))


def kiosks(session: Session, actor: Actor) -> list[Kiosk]:
    """Every machine this member of staff may see: operators all, the others those of their own office."""
    known = [one for one in devices.kiosks(session) if _may_see(actor, one)]
    ids = [one.id for one in known]
    controls = {one.device_id: one for one in session.scalars(select(KioskControl))}
    query = select(KioskAlarm).where(KioskAlarm.device_id.in_(ids), KioskAlarm.until.is_(None))
    alarms: dict[UUID, list[KioskAlarm]] = {}
    for alarm in sorted(session.scalars(query), key=lambda one: list(Alarm).index(Alarm(one.code))):
        alarms.setdefault(alarm.device_id, []).append(alarm)
    now = clock.now()
    return [
        Kiosk(one, controls.get(one.id), alarms.get(one.id, []), rules.is_silent(one.last_seen, now)) for one in known
    ]


def kiosk(session: Session, actor: Actor, client_id: str) -> Kiosk:
    """One of them; somebody else's is as unknown as none. Raises KioskUnknown."""
    found = next((one for one in kiosks(session, actor) if one.known.client_id == client_id), None)
    if found is None:
        raise rules.KioskUnknown
    return found


def history(session: Session, found: Kiosk) -> list[KioskAlarm]:
    """The last alarms of a machine, the newest first."""
    query = select(KioskAlarm).where(KioskAlarm.device_id == found.known.id)
    return list(session.scalars(query.order_by(KioskAlarm.since.desc()).limit(HISTORY)))


def take_out(session: Session, actor: Actor, client_id: str, reason: Reason) -> None:
    """Nobody new is served; who stands there now may finish."""
    values = {"closed": True, "reason": str(reason), "closed_by": actor.label, "closed_at": clock.now()}
    _control(session, actor, client_id, "kiosk_controls(closed)", values)


def put_back(session: Session, actor: Actor, client_id: str) -> None:
    values = {"closed": False, "reason": "", "closed_by": actor.label, "closed_at": None}
    _control(session, actor, client_id, "kiosk_controls(closed)", values)


def set_hours(session: Session, actor: Actor, client_id: str, opens: str, closes: str) -> None:
    opens, closes = rules.check_hours(opens, closes)
    _control(session, actor, client_id, "kiosk_controls(hours)", {"opens": opens, "closes": closes})


def see(session: Session, actor: Actor, client_id: str, alarm_id: UUID) -> None:
    """A member of staff takes care of an alarm. The person at the machine reads that somebody is on the way."""
    found = kiosk(session, actor, client_id)
    open_one = KioskAlarm.id == alarm_id, KioskAlarm.device_id == found.known.id, KioskAlarm.until.is_(None)
    taken = session.execute(
        update(KioskAlarm)
        .where(*open_one, KioskAlarm.seen_at.is_(None))
        .values(seen_by=actor.label, seen_at=clock.now())
    )
    if not taken.rowcount:  # type: ignore[attr-defined]
        raise rules.AlarmOver
    did(session, Action.CHANGE, whose=None, what="kiosk_alarms(seen)", case_ref=client_id)


def _control(session: Session, actor: Actor, client_id: str, what: str, values: dict[str, Any]) -> None:
    found = kiosk(session, actor, client_id)
    fresh = {"closed": False, "reason": "", "closed_by": "", "closed_at": None}
    row = {"device_id": found.known.id, "opens": rules.OPENS, "closes": rules.CLOSES, **fresh}
    insert_once(session, KioskControl.__table__, row)  # type: ignore[arg-type]
    session.execute(update(KioskControl).where(KioskControl.device_id == found.known.id).values(**values))
    did(session, Action.CHANGE, whose=None, what=what, case_ref=client_id)


def _may_see(actor: Actor, one: Known) -> bool:
    return actor.may(Permission.CLIENT_WATCH) or actor.office == one.office
