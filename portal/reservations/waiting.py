"""The waiting list (空き待ち): join, leave, take or decline an offered place; how a wait ends by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.applications.events import ApplicationCompleted, ApplicationRejected, ApplicationWithdrawn
from portal.applications.service import ApplicationSummary
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.words import N_
from portal.reservations import freed, limits, offers, parts, rules, service, waiting_rules
from portal.reservations.events import BookingMade
from portal.reservations.models import Booking, Slot
from portal.reservations.rules import NotBookable
from portal.reservations.slots import Free, Stay
from portal.reservations.terms import terms
from portal.reservations.waiting_models import FreedPlace, PlaceOffer, WaitingEntry
from portal.reservations.waiting_rules import (
    EntryNotFound,
    EntryState,
    OfferOver,
    OfferState,
    PartOfDay,
    PlaceState,
    TimesStillFree,
    Why,
    Wish,
)

ENDED_AT_ONCE = 500


def join(session: Session, actor: Actor, application_id: UUID, wish: Wish) -> WaitingEntry:
    """Wait for a place that fulfils *wish*. Pressed twice it is one entry; who waits already keeps their turn.

    Raises NotBookable, WishNotPossible, or TimesStillFree while nobody need wait.
    """
    about = service.to_book(session, actor, application_id)
    if service.of_application(session, application_id):
        raise NotBookable
    if known := of_application(session, application_id):
        return known
    limits.next_planned(session, service.id_of(actor))
    waiting_rules.check_wish(wish, [one.code for one in service.offices_for(session, about)], clock.now())
    if free := still_free(session, wish, about.minutes):
        raise TimesStillFree(free=free)
    row = _row(service.id_of(actor), about, wish)
    if insert_once(session, WaitingEntry.__table__, row) == 0:  # type: ignore[arg-type]
        return _needed(of_application(session, application_id))
    audit.did(session, Action.CREATE, whose=row["resident_id"], what="waiting_entries", case_ref=about.reference)
    entry = session.get_one(WaitingEntry, row["id"])
    offers.tell(session, entry, "waiting-joined", N_("You joined the waiting list"), {})
    freed.ask_again(session)
    return entry


def _row(resident_id: UUID, about: ApplicationSummary, wish: Wish) -> dict[str, Any]:
    return {
        "id": new_id(),
        "application_id": about.id,
        "resident_id": resident_id,
        "reference": about.reference,
        "offices": f",{','.join(wish.offices)},",
        "first_day": wish.first_day,
        "last_day": wish.last_day,
        "parts": int(wish.parts),
        "notice_days": wish.notice_days,
        "slots": rules.slots_needed(about.minutes),
        "state": str(EntryState.WAITING),
        "why": "",
        "joined_at": clock.now(),
    }


def still_free(session: Session, wish: Wish, minutes: int) -> list[Free]:
    """The first free times that fulfil *wish* for a visit of *minutes*."""
    today = clock.today()
    found = [
        one
        for office in wish.offices
        for one in service.bookable(session, office, minutes)
        if one.left > 0 and wish.fits(office, one.starts_at, today)
    ]
    return sorted(found, key=lambda one: one.starts_at)[:3]


def wish_of(entry: WaitingEntry) -> Wish:
    """What the person waits for."""
    return Wish(tuple(entry.office_codes), entry.first_day, entry.last_day, PartOfDay(entry.parts), entry.notice_days)


def of_application(session: Session, application_id: UUID) -> WaitingEntry | None:
    """The entry that waits for a visit with this application."""
    query = select(WaitingEntry).where(
        WaitingEntry.application_id == application_id, WaitingEntry.state == EntryState.WAITING
    )
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def open_entry(session: Session, actor: Actor, entry_id: UUID) -> WaitingEntry:
    """The person's own entry; somebody else's looks like none at all."""
    entry = session.get(WaitingEntry, entry_id, populate_existing=True)
    if entry is None or entry.resident_id != actor.id:
        raise EntryNotFound
    return entry


def open_offer(session: Session, entry: WaitingEntry) -> tuple[PlaceOffer, FreedPlace] | None:
    """The place that is kept for this person now, if any."""
    query = (
        select(PlaceOffer, FreedPlace)
        .join(FreedPlace, FreedPlace.id == PlaceOffer.place_id)
        .where(PlaceOffer.entry_id == entry.id, PlaceOffer.state == OfferState.OPEN)
        .where(PlaceOffer.expires_at > clock.now())
    )
    found = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    return (found[0], found[1]) if found else None


def accept(session: Session, actor: Actor, entry_id: UUID) -> Booking:
    """Take the offered place. One conditional UPDATE decides: the place is this offer's and its time has not run out.

    Pressed twice it is one booking; raises OfferOver.
    """
    entry = open_entry(session, actor, entry_id)
    found = open_offer(session, entry)
    if found is None:
        return _taken_before(session, actor, entry_id)
    offer, place = found
    about = service.to_book(session, actor, entry.application_id)
    stay = Stay(place.office, place.starts_at, rules.slots_needed(about.minutes))
    if stay.count > place.slots or not _is_mine(session, place.id, offer.id):
        return _taken_before(session, actor, entry_id)
    if not (offers.close(session, offer, OfferState.ACCEPTED) and offers.end(session, entry, EntryState.BOOKED)):
        raise OfferOver
    slot = session.scalars(select(Slot).where(Slot.office == stay.office, Slot.starts_at == stay.starts_at)).one()
    facts = {"application_id": about.id, "reference": about.reference}
    nth = limits.next_planned(session, entry.resident_id)
    booking = service.enter_visit(session, entry.resident_id, [parts.of_case(about)], slot, **facts, nth=nth)
    for rest in freed.without(freed.stay_of(place), stay):
        freed.give_back(session, rest)
    return booking


def _taken_before(session: Session, actor: Actor, entry_id: UUID) -> Booking:
    """What an earlier press of the same button reserved; OfferOver if nothing was."""
    entry = open_entry(session, actor, entry_id)
    booking = service.of_application(session, entry.application_id)
    if entry.state != EntryState.BOOKED or booking is None:
        raise OfferOver
    return booking


def _is_mine(session: Session, place_id: UUID, offer_id: UUID) -> bool:
    taken = session.execute(
        update(FreedPlace)
        .where(
            FreedPlace.id == place_id,
            FreedPlace.state == PlaceState.OFFERED,
            FreedPlace.offer_id == offer_id,
            FreedPlace.offered_until > clock.now(),
        )
        .values(state=str(PlaceState.BOOKED)),
        execution_options={"synchronize_session": False},
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def decline(session: Session, actor: Actor, entry_id: UUID) -> None:
    """Not this place: the next person is asked at once, this one goes on waiting. A second time changes nothing."""
    entry = open_entry(session, actor, entry_id)
    if (found := open_offer(session, entry)) and offers.close(session, found[0], OfferState.DECLINED):
        freed.look_again(session, found[1].id, clock.now())


def leave(session: Session, actor: Actor, entry_id: UUID) -> None:
    """Wait no longer; what is offered goes to the next person at once."""
    _end(session, open_entry(session, actor, entry_id), EntryState.LEFT)


def _end(session: Session, entry: WaitingEntry, state: EntryState, why: Why | None = None) -> None:
    if offers.end(session, entry, state, why):
        query = select(PlaceOffer.place_id).where(PlaceOffer.entry_id == entry.id, PlaceOffer.state == OfferState.OPEN)
        for place_id in session.scalars(query):
            freed.look_again(session, place_id, clock.now())


def on_booking_made(session: Session, event: BookingMade) -> None:
    """Who found a time themselves waits no longer."""
    if event.application_id and (entry := of_application(session, event.application_id)):
        _end(session, entry, EntryState.ENDED, Why.NO_NEED)


def on_application_ended(
    session: Session, event: ApplicationWithdrawn | ApplicationRejected | ApplicationCompleted
) -> None:
    """Nothing is left to wait for."""
    if entry := of_application(session, event.application_id):
        _end(session, entry, EntryState.ENDED, Why.NO_NEED)


def end_past(session: Session, _payload: dict[str, Any]) -> None:
    """Waits whose last possible day has passed are over, and the person is told (worker, hourly)."""
    for entry in _past(session, clock.now()):
        _end(session, entry, EntryState.ENDED, Why.OVER)


def _past(session: Session, now: datetime) -> Sequence[WaitingEntry]:
    today = now.astimezone(clock.JST).date()
    within = today + timedelta(days=waiting_rules.MOST_NOTICE_DAYS)
    query = select(WaitingEntry).where(WaitingEntry.state == EntryState.WAITING, WaitingEntry.last_day < within)
    near = session.scalars(query.order_by(WaitingEntry.last_day).limit(ENDED_AT_ONCE))
    return [one for one in near if (one.last_day - today).days < one.notice_days]


def forget_ended(session: Session, _payload: dict[str, Any]) -> None:
    """Remove what ended longer ago than the terms say (worker, daily)."""
    limit = clock.now() - terms().kept
    over = select(WaitingEntry.id).where(WaitingEntry.ended_at < limit)
    gone = select(FreedPlace.id).where(FreedPlace.starts_at < limit)
    options = {"synchronize_session": False}
    session.execute(
        delete(PlaceOffer).where(PlaceOffer.entry_id.in_(over) | PlaceOffer.place_id.in_(gone)),
        execution_options=options,
    )
    session.execute(delete(WaitingEntry).where(WaitingEntry.ended_at < limit), execution_options=options)
    session.execute(delete(FreedPlace).where(FreedPlace.starts_at < limit), execution_options=options)


def _needed(entry: WaitingEntry | None) -> WaitingEntry:
    if entry is None:
        raise EntryNotFound
    return entry
