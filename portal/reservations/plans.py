"""What a page lets somebody choose a time for: which applications, how long, at which offices, new or planned already."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core.actor import Actor
from portal.reservations import holding, offices, parts, service
from portal.reservations.models import Booking
from portal.reservations.offices import OfficeView
from portal.reservations.parts import Wanted
from portal.reservations.rules import Part
from portal.residents import service as residents

# What the proof of work of this room's forms is good for.
WORK = "reserve"


@dataclass(frozen=True, slots=True)
class Plan:
    """A visit to choose a time for. `titles` are msgids; `booking` is the visit that moves, `adding` what it gains;
    `is_draft`: the time is only held, the form is not sent yet."""

    titles: Sequence[str]
    wanted: Sequence[Wanted]
    minutes: int
    offices: Sequence[OfficeView]
    abouts: Sequence[ApplicationSummary] = ()
    booking: Booking | None = None
    adding: ApplicationSummary | None = None
    is_draft: bool = False


def of_new(session: Session, actor: Actor, application_ids: Sequence[UUID]) -> Plan:
    """One visit for these applications; a single draft may have a time held."""
    first = applications.summary(session, application_ids[0])
    if len(application_ids) == 1 and first.may_be_held:
        abouts, is_draft = [holding.to_hold(session, actor, first.id)], True
    else:
        others = [applications.summary(session, one) for one in application_ids[1:]]
        abouts, is_draft = [service.check_to_book(session, actor, about) for about in (first, *others)], False
    wanted = [parts.of_case(about) for about in abouts]
    return Plan(
        titles=[about.title for about in abouts],
        wanted=wanted,
        minutes=parts.minutes_of(wanted),
        offices=_offices(session, actor, wanted),
        abouts=abouts,
        is_draft=is_draft,
    )


def of_change(session: Session, actor: Actor, booking: Booking, adding: UUID | None) -> Plan:
    """Another time for a planned visit, with one application more if *adding*."""
    about = service.to_book(session, actor, adding) if adding else None
    wanted = parts.wanted_in(session, booking.id) + ([parts.of_case(about)] if about else [])
    views = parts.views(session, booking.id, Part.PLANNED)
    return Plan(
        titles=[view.title for view in views] + ([about.title] if about else []),
        wanted=wanted,
        minutes=parts.minutes_of(wanted),
        offices=_offices(session, actor, wanted),
        booking=booking,
        adding=about,
    )


def _offices(session: Session, actor: Actor, wanted: Sequence[Wanted]) -> list[OfficeView]:
    ward = residents.look_up(session, service.id_of(actor)).ward
    return offices.that_handle(session, [one.offices for one in wanted], near=ward)
