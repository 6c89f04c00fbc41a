"""Pages for residents: choose office, day and time; the reservation; change and cancel."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.reservations import rules, service, view
from portal.reservations.models import Booking
from portal.reservations.rules import BookingNotFound, SlotClosed, SlotFull, SlotUnknown
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.errors import refused
from portal.web.hall import hall
from portal.web.i18n import office_words, show_day, show_visit
from portal.web.room import Room

room = Room("reservations", __name__, "/reservations")

Answer = str | Redirect | tuple[str, int]


@room.page("/new", access=Access.RESIDENT)
def new(session: Session, actor: Actor) -> Answer:
    """Choose an office, a day and a time for one application."""
    about = service.to_book(session, actor, _application_id())
    if known := service.of_application(session, about.id):
        return redirect(url_for(".show", id=known.id), 303)
    return _choose_page(session, actor, about)


def _look_first() -> None:
    """Refuse from a plain read what needs no write: in a rush most come too late."""
    with hall().database.page(g.actor, Purpose.OWN_USE, writes=False) as session:
        service.look_first(session, g.actor, _application_id(), _slot_id())


@room.page("/new", access=Access.RESIDENT, methods=("POST",), before=_look_first)
def book(session: Session, actor: Actor, found: None) -> Redirect:
    """Reserve; a second press leads to the same reservation."""
    booking = service.book(session, actor, _application_id(), _slot_id())
    return redirect(url_for(".show", id=booking.id), 303)


@room.page("/<uuid:id>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID) -> str:
    """The reservation: when, where, number, QR code, what to bring; the drawn number after check-in."""
    return render_template("reservations/show.html", **_about(session, actor, id))


@room.page("/<uuid:id>/slip", access=Access.RESIDENT)
def slip(session: Session, actor: Actor, id: UUID) -> str:
    """The same on one sheet of paper."""
    return render_template("reservations/slip.html", **_about(session, actor, id))


@room.page("/<uuid:id>/visit.ics", access=Access.RESIDENT)
def calendar_file(session: Session, actor: Actor, id: UUID) -> Response:
    """The visit for the calendar of one's own device."""
    booking = service.open_booking(session, id, owner=actor.id)
    about = _application(session, booking)
    file = view.calendar_file(
        booking,
        office=staff.office_name(session, booking.office),
        url=hall().settings.base_url + url_for(".show", id=id),
        bring=about.bring if about else (),
    )
    response = Response(file, mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'attachment; filename="visit-{booking.reference}.ics"'
    return response


@room.page("/<uuid:id>/change", access=Access.RESIDENT)
def change(session: Session, actor: Actor, id: UUID) -> Answer:
    """Choose another office, day or time."""
    booking = service.open_booking(session, id, owner=actor.id)
    if not _may_change(booking):
        return redirect(url_for(".show", id=id), 303)
    return _choose_page(session, actor, _application(session, booking), booking=booking)


@room.page("/<uuid:id>/change", access=Access.RESIDENT, methods=("POST",))
def really_change(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Move the visit; the old place is kept until the new one is sure."""
    service.change(session, actor, id, _slot_id())
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/cancel", access=Access.RESIDENT)
def cancel(session: Session, actor: Actor, id: UUID) -> Answer:
    """Asks once: somebody else may take the place."""
    booking = service.open_booking(session, id, owner=actor.id)
    if not _may_change(booking):
        return redirect(url_for(".show", id=id), 303)
    return render_template("reservations/cancel.html", **_about(session, actor, id))


@room.page("/<uuid:id>/cancel", access=Access.RESIDENT, methods=("POST",))
def really_cancel(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Cancel; a second time changes nothing."""
    service.cancel(session, id, owner=actor.id)
    return redirect(url_for(".show", id=id), 303)


@room.blueprint.errorhandler(SlotFull)
@room.blueprint.errorhandler(SlotClosed)
@room.blueprint.errorhandler(SlotUnknown)
def choose_again(refusal: Refusal) -> Any:
    """The refused transaction is undone; the same page comes again, with the next free times as choices."""
    try:
        with hall().database.page(g.actor, Purpose.OWN_USE, writes=False) as session:
            booking_id = (request.view_args or {}).get("id")
            booking = service.open_booking(session, booking_id, owner=g.actor.id) if booking_id else None
            about = _application(session, booking) if booking else service.to_book(session, g.actor, _application_id())
            return _choose_page(session, g.actor, about, booking=booking, refusal=refusal), refusal.status
    except Refusal as other:  # what is raised here nobody else would turn into a page: not theirs, say
        return refused(other)


def _choose_page(
    session: Session,
    actor: Actor,
    about: ApplicationSummary | None,
    *,
    booking: Booking | None = None,
    refusal: Refusal | None = None,
) -> str:
    offices = service.offices_for(session, about) if about else service.offices(session)
    wanted = request.values.get("office", booking.office if booking else "")
    office = next((one for one in offices if one.code == wanted), offices[0])
    minutes = booking.minutes if booking else about.minutes if about else rules.CALLER_MINUTES
    free = service.bookable(session, office.code, minutes)
    day = _day() or next((one.day for one in free if one.left > 0), clock.today())
    names = {one.code: one.name for one in offices}
    alternatives = refusal.facts.get("alternatives", []) if refusal else []
    return render_template(
        "reservations/choose.html",
        about=about,
        booking=booking,
        minutes=minutes,
        offices=offices,
        office=office,
        calendar=view.calendar(free, office.code),
        day=day,
        day_words=show_day(day),
        times=[one for one in free if one.day == day and one.left > 0],
        full=[one for one in free if one.day == day and one.left == 0],
        alternatives=[
            (one, show_visit(one.starts_at), office_words(names.get(one.office, one.office))) for one in alternatives
        ],
        refusal=refusal,
        here=_here,
    )


def _here(**changed: str) -> str:
    """This page with another office or day."""
    wanted: dict[str, Any] = {
        name: request.values[name] for name in ("application", "office", "day") if request.values.get(name)
    }
    ids = request.view_args or {}
    return url_for(".change" if ids.get("id") else ".new", **ids, **{**wanted, **changed}) + "#times"


def _about(session: Session, actor: Actor, id: UUID) -> dict[str, Any]:
    booking = service.open_booking(session, id, owner=actor.id)
    return {
        "booking": booking,
        "about": _application(session, booking),
        "office": staff.office_name(session, booking.office),
        "when": show_visit(booking.starts_at),
        "status": rules.STATE_WORDS[rules.State(booking.state)],
        "tone": rules.STATE_TONES[rules.State(booking.state)],
        "qr_code": view.qr_of(booking.reference),
        "may_change": _may_change(booking),
    }


def _application(session: Session, booking: Booking) -> ApplicationSummary | None:
    return applications.summary(session, booking.application_id) if booking.application_id else None


def _may_change(booking: Booking) -> bool:
    return booking.state == rules.State.BOOKED and booking.starts_at > clock.now()


def _application_id() -> UUID:
    try:
        return UUID(request.values.get("application", ""))
    except ValueError:
        raise BookingNotFound from None


def _slot_id() -> int:
    """The time that was chosen; SlotUnknown without one."""
    typed = request.form.get("slot", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise SlotUnknown
    return int(typed)


def _day() -> date | None:
    """The day asked for, if it can be reserved at all: a day before 1873 has no name in this calendar."""
    try:
        day = date.fromisoformat(request.values.get("day", ""))
    except ValueError:
        return None
    today = clock.today()
    return day if today <= day <= today + rules.HORIZON else None
