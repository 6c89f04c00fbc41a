"""The procedures of a visit: which, for whom, how long, and where each stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core.among import Among
from portal.core.db import insert_once
from portal.core.writing import NewRows
from portal.reservations import rules
from portal.reservations.models import Booking, BookingPart
from portal.reservations.rules import AlreadyPlanned, OfficeCannot, Part, State

PARTS = BookingPart.__table__.c
NO_SYNC = {"synchronize_session": False}
# What a part that was still planned becomes when its visit comes to this state.
FOLLOWS = {State.SERVED: Part.DONE, State.CANCELLED: Part.OVER, State.NO_SHOW: Part.OVER}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One procedure somebody comes for; without an application when staff plan it from the catalogue."""

    resident_id: UUID
    procedure: str
    minutes: int
    offices: tuple[str, ...]
    application_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PartView:
    """One procedure for a page: `title` and `bring` are msgids; `about` is None without an application."""

    title: str
    minutes: int
    state: Part
    bring: tuple[str, ...]
    offices: tuple[str, ...]
    about: ApplicationSummary | None


def of_case(about: ApplicationSummary) -> Wanted:
    """An application as a procedure of a visit."""
    return Wanted(about.resident_id, about.procedure, about.minutes, about.offices, about.id)


def write(session: Session, booking_id: UUID, wanted: Sequence[Wanted]) -> None:
    """Put *wanted* at the end of the visit; AlreadyPlanned if an application is planned in another one.

    The caller holds the booking's row, so that two never count the same place.
    """
    last = session.scalar(select(func.max(BookingPart.place)).where(BookingPart.booking_id == booking_id)) or 0
    rows = [_row(booking_id, last + number, one) for number, one in enumerate(wanted, start=1)]
    if rows and insert_once(session, BookingPart.__table__, rows) != len(rows):  # type: ignore[arg-type]
        raise AlreadyPlanned


def write_first(session: Session, wanted: Mapping[UUID, Wanted]) -> bool:
    """The one procedure of each of many new visits, by booking; False if one is planned elsewhere already."""
    rows = [_row(booking_id, 1, one) for booking_id, one in wanted.items()]
    return _ADD.many(session, rows) == len(rows)


_ADD = NewRows(BookingPart.__table__, once=True)


def _row(booking_id: UUID, place: int, one: Wanted) -> dict[str, Any]:
    return {
        "booking_id": booking_id,
        "place": place,
        "application_id": one.application_id,
        "resident_id": one.resident_id,
        "procedure": one.procedure,
        "minutes": one.minutes,
        "state": str(Part.PLANNED),
    }


def planned(session: Session, application_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The id of the visit planned or under way, by application."""
    return dict(_PLANNED.rows(session, application_ids))


_PLANNED = Among(
    select(PARTS.application_id, PARTS.booking_id).where(PARTS.state == Part.PLANNED),
    PARTS.application_id,
)


def of(session: Session, booking_id: UUID, *states: Part) -> Sequence[BookingPart]:
    """The procedures of a visit in order, those in *states* or all."""
    query = select(BookingPart).where(
        BookingPart.booking_id == booking_id, BookingPart.state.in_(states or tuple(Part))
    )
    return session.scalars(query.order_by(BookingPart.place).execution_options(populate_existing=True)).all()


def views(session: Session, booking_id: UUID, *states: Part) -> list[PartView]:
    """The same with titles and what to bring; that of an application follows its answers as they are now."""
    return [_view(session, part) for part in of(session, booking_id, *states)]


def _view(session: Session, part: BookingPart) -> PartView:
    state = Part(part.state)
    if part.application_id:
        about = applications.summary(session, part.application_id)
        return PartView(about.title, part.minutes, state, about.bring, about.offices, about)
    offer = applications.for_visit(part.procedure)
    if offer is None:  # the city offers it no more: the visit stands
        return PartView(part.procedure, part.minutes, state, (), (), None)
    return PartView(offer.title, part.minutes, state, offer.bring, offer.offices, None)


def to_bring(views: Iterable[PartView]) -> list[str]:
    """What to bring for all of them (msgids), each thing once, in order."""
    return list(dict.fromkeys(text for view in views for text in view.bring))


def planned_visit(session: Session, application_id: UUID) -> Booking | None:
    """The visit in which this application is planned."""
    query = select(Booking).join(BookingPart, BookingPart.booking_id == Booking.id)
    query = query.where(BookingPart.application_id == application_id, BookingPart.state == Part.PLANNED)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def newest_visit(session: Session, application_id: UUID) -> Booking | None:
    """The newest visit of this application, whatever became of it."""
    query = select(Booking).join(BookingPart, BookingPart.booking_id == Booking.id)
    query = query.where(BookingPart.application_id == application_id)
    return session.scalars(query.order_by(Booking.made_at.desc()).limit(1)).first()


def wanted_in(session: Session, booking_id: UUID) -> list[Wanted]:
    """What is still planned in a visit, in order, with the minutes its answers ask for now."""
    return [_wanted(session, part) for part in of(session, booking_id, Part.PLANNED)]


def _wanted(session: Session, part: BookingPart) -> Wanted:
    if part.application_id:
        return of_case(applications.summary(session, part.application_id))
    offer = applications.for_visit(part.procedure)
    return Wanted(part.resident_id, part.procedure, part.minutes, offer.offices if offer else ())


def first_case(wanted: Sequence[Wanted]) -> UUID | None:
    """The application a visit carries first."""
    return next((one.application_id for one in wanted if one.application_id), None)


def check(wanted: Sequence[Wanted], office: str) -> int:
    """Minutes of one visit for all of *wanted* at *office*; raises OfficeCannot, VisitTooLong."""
    if not rules.common_offices([one.offices for one in wanted], [office]):
        raise OfficeCannot
    minutes = minutes_of(wanted)
    if len(wanted) > 1:
        rules.check_length(minutes)
    return minutes


def minutes_of(parts: Iterable[BookingPart | Wanted]) -> int:
    """Minutes of one visit for all of them (rules.visit_minutes)."""
    return rules.visit_minutes([part.minutes for part in parts])


def end(session: Session, booking_id: UUID, application_id: UUID, to: Part | None) -> bool:
    """One planned procedure is done or over, or (None) taken out of the visit; False if it was not planned there."""
    mine = (
        BookingPart.booking_id == booking_id,
        BookingPart.application_id == application_id,
        BookingPart.state == Part.PLANNED,
    )
    step = delete(BookingPart).where(*mine) if to is None else update(BookingPart).where(*mine).values(state=str(to))
    return int(session.execute(step, execution_options=NO_SYNC).rowcount) == 1  # type: ignore[attr-defined]


def follow(session: Session, booking: Booking) -> None:
    """The visit came to another state: what was planned in it follows, so that it can be planned anew, or not."""
    mine = update(BookingPart).where(BookingPart.booking_id == booking.id)
    if to := FOLLOWS.get(State(booking.state)):
        step = mine.where(BookingPart.state == Part.PLANNED).values(state=str(to))
    elif booking.state == State.ARRIVED:  # also who was given up: their procedures are back, unless planned elsewhere
        other = aliased(BookingPart)
        elsewhere = exists().where(other.application_id == BookingPart.application_id, other.state == Part.PLANNED)
        step = mine.where(BookingPart.state == Part.OVER, ~elsewhere).values(state=str(Part.PLANNED))
    else:
        return
    session.execute(step, execution_options=NO_SYNC)
