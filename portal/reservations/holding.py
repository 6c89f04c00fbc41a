"""Holding a time while the form is finished: choose, hold longer once, let go, take back what lapsed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.reservations import attendance, holds, lately, limits, rules, slots
from portal.reservations.hours import opening
from portal.reservations.models import SlotHold
from portal.reservations.rules import HeldOnceMore, HoldOver, NotBookable, SlotFull
from portal.reservations.slots import Stay

AT_ONCE = 500


def stay_of(hold: SlotHold) -> Stay:
    """The places a hold takes."""
    return Stay(hold.office, hold.starts_at, hold.slots)


def to_hold(session: Session, actor: Actor, application_id: UUID) -> ApplicationSummary:
    """The person's own draft for which a time may be held; for strangers not found."""
    about = applications.summary(session, application_id)
    if about.resident_id != actor.id:
        raise applications.ApplicationNotFound
    if not about.may_be_held:
        raise NotBookable
    return about


def hold(session: Session, actor: Actor, application_id: UUID, slot_id: int) -> SlotHold:
    """Hold a time for the draft; the one held before goes back. The same time again is the same hold.

    Raises SlotFull with alternatives, SlotClosed, NotBookable, OfficeCannot, and the limits of a person: how many visits
    they have, how often they missed one, and how often times were held for them today.
    """
    about = to_hold(session, actor, application_id)
    limits.next_planned(session, about.resident_id)
    wanted, count = slots.slot(session, slot_id), rules.slots_needed(about.minutes)
    now = clock.now()
    rules.check_open(wanted.starts_at, now)
    rules.check_handles(about.offices, wanted.office)
    attendance.check_far(session, about.resident_id, wanted.starts_at)
    before = session.get(SlotHold, actor.id, with_for_update=True, populate_existing=True)
    if before and before.expires_at > now and (before.slot_id, before.application_id) == (slot_id, application_id):
        return before
    limits.one_more_hold(session, about.resident_id)
    given = [stay_of(before)] if before and holds.end(session, before) else []
    row = {
        "resident_id": about.resident_id,
        "application_id": application_id,
        "slot_id": wanted.id,
        "office": wanted.office,
        "starts_at": wanted.starts_at,
        "slots": count,
        "minutes": about.minutes,
        "held_at": now,
        "expires_at": now + rules.HELD_FOR,
        "extended": False,
    }
    if insert_once(session, SlotHold.__table__, row) == 0:  # type: ignore[arg-type] # a second press was quicker
        return _needed(holds.of(session, about.resident_id))
    audit.did(session, Action.CREATE, whose=about.resident_id, what="slot_holds", case_ref=about.reference)
    given += lapsed_stays(session, wanted.office, wanted.starts_at, count)
    if not slots.exchange(session, given, [Stay(wanted.office, wanted.starts_at, count)]):
        offices = [about.offices] if about.offices else []
        codes = rules.common_offices(offices, opening().nearest(wanted.office))
        raise SlotFull(alternatives=lately.alternatives(session, wanted, count, codes))
    return _needed(holds.of(session, about.resident_id))


def hold_longer(session: Session, actor: Actor) -> None:
    """Once, for as long again; raises HoldOver or HeldOnceMore."""
    mine = held_for(session, actor)
    if not holds.extend(session, mine.resident_id):
        raise HeldOnceMore
    audit.did(session, Action.CHANGE, whose=mine.resident_id, what="slot_holds")


def held_for(session: Session, actor: Actor) -> SlotHold:
    """What is held for this person; HoldOver if nothing is."""
    mine = holds.of(session, actor.id) if actor.id else None
    if mine is None:
        raise HoldOver
    return mine


def let_go(session: Session, actor: Actor) -> UUID | None:
    """Give the held time back and return the draft it was held for; a second time changes nothing."""
    mine = holds.of(session, actor.id) if actor.id else None
    if mine is None:
        return None
    if holds.end(session, mine):
        slots.exchange(session, [stay_of(mine)], [])
    return mine.application_id


def lapsed_stays(session: Session, office: str, starts_at: datetime, count: int) -> list[Stay]:
    """Places of a run of slots whose time to be held is over: theirs to give back who takes one of them."""
    return [stay_of(hold) for hold in holds.end_lapsed(session, office, starts_at, count)]


def release_lapsed(session: Session, _payload: dict[str, Any]) -> None:
    """Give back every place held for too long (worker, every minute)."""
    slots.exchange(session, [stay_of(hold) for hold in holds.end_some_lapsed(session, AT_ONCE)], [])


def _needed(found: SlotHold | None) -> SlotHold:
    if found is None:
        raise HoldOver
    return found
