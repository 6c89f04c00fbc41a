"""Offers of freed places: who comes first, one open offer a place and a person, and how an offer ends."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.core import audit, clock
from portal.core.audit import Action
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.words import N_
from portal.reservations import parts, waiting_rules
from portal.reservations.events import PlaceOffered, WaitingEnded
from portal.reservations.slots import Stay
from portal.reservations.terms import terms
from portal.reservations.waiting_models import FreedPlace, PlaceOffer, WaitingEntry
from portal.reservations.waiting_rules import EntryState, OfferState, PlaceState, Why
from portal.staff import service as staff

ASKED_AT_ONCE = 50


def _fitting(stay: Stay, *, now: datetime, place_id: UUID | None = None) -> Select[WaitingEntry]:
    """Who waits for such a place, has no other one offered and was not asked about this very one; longest first."""
    day = stay.starts_at.astimezone(JST).date()
    has_offer = exists().where(PlaceOffer.entry_id == WaitingEntry.id, PlaceOffer.state == OfferState.OPEN)
    query = (
        select(WaitingEntry)
        .where(
            WaitingEntry.state == EntryState.WAITING,
            WaitingEntry.first_day <= day,
            WaitingEntry.last_day >= day,
            WaitingEntry.notice_days <= (day - now.astimezone(JST).date()).days,
            WaitingEntry.slots <= stay.count,
            WaitingEntry.parts.bitwise_and(int(waiting_rules.part_of(stay.starts_at))) != 0,
            WaitingEntry.offices.contains(f",{stay.office},", autoescape=True),
            ~has_offer,
        )
        .order_by(WaitingEntry.joined_at, WaitingEntry.id)
    )
    if place_id is None:
        return query
    return query.where(~exists().where(PlaceOffer.entry_id == WaitingEntry.id, PlaceOffer.place_id == place_id))


def anybody_waits(session: Session, stay: Stay, *, now: datetime, place_id: UUID | None = None) -> bool:
    """Whether somebody could be offered such a place (this one, if it has an id) at the next possible time."""
    when = waiting_rules.next_offer(now, terms())
    if when > waiting_rules.last_offer(stay.starts_at, terms()):
        return False
    return session.scalars(_fitting(stay, now=when, place_id=place_id).limit(1)).first() is not None


def make(session: Session, place: FreedPlace, now: datetime) -> datetime | None:
    """Offer *place*, locked by the caller, to the one who waits longest; until when, or None if nobody does."""
    for entry in _next(session, place, now):
        until = now + terms().offer
        offer_id = new_id()
        offer = {
            "id": offer_id,
            "place_id": place.id,
            "entry_id": entry.id,
            "resident_id": entry.resident_id,
            "state": str(OfferState.OPEN),
            "made_at": now,
            "expires_at": until,
        }
        if insert_once(session, PlaceOffer.__table__, offer) == 0:  # type: ignore[arg-type]
            continue  # another place was offered to this person a moment ago
        place.state, place.offer_id, place.offered_until = str(PlaceState.OFFERED), offer_id, until
        audit.did(session, Action.CREATE, whose=entry.resident_id, what="place_offers", case_ref=entry.reference)
        facts = {"starts_at": place.starts_at.isoformat(), "office": staff.office_name(session, place.office)}
        tell(session, entry, "place-offered", N_("A freed place was offered to you"), facts)
        emit(session, PlaceOffered(office=place.office, starts_at=place.starts_at, until=until, **entry_facts(entry)))
        return until
    return None


def _next(session: Session, place: FreedPlace, now: datetime) -> Iterator[WaitingEntry]:
    """Who may be asked, in order; who needs no visit any more is taken off the list on the way."""
    stay = Stay(place.office, place.starts_at, place.slots)
    query = _fitting(stay, now=now, place_id=place.id)
    for entry in session.scalars(query.limit(ASKED_AT_ONCE)).all():
        if _needs_visit(session, entry):
            yield entry
        else:
            end(session, entry, EntryState.ENDED, Why.NO_NEED)


def _needs_visit(session: Session, entry: WaitingEntry) -> bool:
    if parts.planned(session, [entry.application_id]):
        return False
    return applications.summary(session, entry.application_id).may_be_booked


def ended(session: Session, place: FreedPlace, now: datetime) -> bool:
    """Whether the offer of *place* is over: declined, run out, or the person waits no longer. It is then free again."""
    offer = session.get_one(PlaceOffer, place.offer_id, populate_existing=True)
    entry = session.get_one(WaitingEntry, offer.entry_id, populate_existing=True)
    if offer.state == OfferState.OPEN:
        if entry.state == EntryState.WAITING and now < offer.expires_at:
            return False
        waits = entry.state == EntryState.WAITING
        close(session, offer, OfferState.EXPIRED if waits else OfferState.WITHDRAWN)
        if waits:
            _count_unanswered(session, entry)
    place.state, place.offer_id, place.offered_until = str(PlaceState.FREE), None, None
    return True


def _count_unanswered(session: Session, entry: WaitingEntry) -> None:
    """Who never answers makes everybody behind wait: after some offers the wait is over, with a notice."""
    query = select(func.count()).where(PlaceOffer.entry_id == entry.id, PlaceOffer.state == OfferState.EXPIRED)
    if (session.scalar(query) or 0) >= terms().unanswered:
        end(session, entry, EntryState.ENDED, Why.UNANSWERED)


def close(session: Session, offer: PlaceOffer, state: OfferState) -> bool:
    """End an open offer; False if it was over already."""
    statement = update(PlaceOffer).where(PlaceOffer.id == offer.id, PlaceOffer.state == OfferState.OPEN)
    return _moved(session, statement.values(state=str(state), ended_at=clock.now()), offer)


def end(session: Session, entry: WaitingEntry, state: EntryState, why: Why | None = None) -> bool:
    """Take somebody off the list; False if they were off already. Who did not leave is told why."""
    statement = update(WaitingEntry).where(WaitingEntry.id == entry.id, WaitingEntry.state == EntryState.WAITING)
    values = {"state": str(state), "why": str(why or ""), "ended_at": clock.now()}
    if not _moved(session, statement.values(**values), entry):
        return False
    what = f"waiting_entries(state={state})"
    audit.did(session, Action.CHANGE, whose=entry.resident_id, what=what, case_ref=entry.reference)
    if why in (Why.OVER, Why.UNANSWERED):
        emit(session, WaitingEnded(why=str(why), **entry_facts(entry)))
    return True


def _moved(session: Session, statement: Any, row: PlaceOffer | WaitingEntry) -> bool:
    moved = session.execute(statement, execution_options={"synchronize_session": False})
    session.refresh(row)
    return bool(moved.rowcount == 1)  # type: ignore[attr-defined]


def entry_facts(entry: WaitingEntry) -> dict[str, Any]:
    """What every event about somebody who waits tells."""
    names = ("application_id", "resident_id", "reference")
    return {"entry_id": entry.id, **{name: getattr(entry, name) for name in names}}


def tell(session: Session, entry: WaitingEntry, kind: str, words: str, facts: dict[str, Any]) -> None:
    """One line in the timeline that application, booking and visit share."""
    applications.add_to_timeline(session, entry.application_id, kind, facts, text=words)
