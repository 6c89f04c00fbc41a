"""Pages of staff on the telephone: who calls, what for, where and when; the number to read out; change and cancel."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import service as applications
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.reservations import closing, offices, parts, phone, rules, search, service
from portal.reservations.models import Booking
from portal.reservations.parts import Wanted
from portal.reservations.rules import BookingNotFound, ProcedureMissing, Quota, SlotUnknown
from portal.reservations.search_view import choices, read_wish
from portal.residents import service as residents
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.i18n import show_visit
from portal.web.person_form import find_person, search_page
from portal.web.room import Room

room = Room("reservations_phone", __name__, "/staff/visits")

BOOKS = Access.staff(Permission.VISIT_BOOK)
SEARCH = "reservations/phone_search.html"


@room.page("", access=BOOKS, purpose=Purpose.VISIT)
def search_person(session: Session, actor: Actor) -> str:
    """Who calls?"""
    return search_page(SEARCH, _to, to_rebook=_rebook_rows(session, actor.office))


def _rebook_rows(session: Session, office: str) -> list[tuple[Booking, str]]:
    """Visits of one's own office on a day that was closed: their people may have to be called."""
    found = closing.to_rebook(session, office)
    for booking in found:
        audit.looked(session, whose=booking.resident_id, what="reservations.visit", case_ref=booking.reference)
    return [(one, show_visit(one.starts_at)) for one in found]


@room.page("", access=BOOKS, purpose=Purpose.VISIT, methods=("POST",))
def find(session: Session, actor: Actor) -> Any:
    """Go to the person who fits, or choose among several."""
    return find_person(partial(residents.find, session), SEARCH, _to)


def _to(resident_id: UUID) -> str:
    return url_for(".person", resident_id=resident_id)


@room.page("/<uuid:resident_id>", access=BOOKS, purpose=Purpose.VISIT)
def person(session: Session, actor: Actor, resident_id: UUID) -> str:
    """One caller: the visits they have, and what they want to come for."""
    return _person_page(session, resident_id)


def _person_page(session: Session, resident_id: UUID, refusal: Refusal | None = None) -> str:
    who = residents.look_up(session, resident_id)
    audit.looked(session, whose=resident_id, what="reservations.visit")
    cases = [one for one in applications.of_resident(session, resident_id) if one.may_be_booked]
    planned = parts.planned(session, [one.id for one in cases])
    names = {one.code: one.name for one in service.offices(session)}
    return render_template(
        "reservations/phone_person.html",
        person=who,
        visits=[
            (one, show_visit(one.starts_at), names.get(one.office, one.office))
            for one in service.of_resident(session, resident_id)
        ],
        cases=[one for one in cases if one.id not in planned],
        offers=applications.for_visits(),
        chosen=request.values.getlist("procedure"),
        refusal=refusal,
    )


@room.page("/<uuid:resident_id>/times", access=BOOKS, purpose=Purpose.VISIT)
def times(session: Session, actor: Actor, resident_id: UUID) -> Any:
    """Times for what the caller wants, the first free one on top, places kept for staff among them."""
    try:
        wanted = _wanted(session, resident_id)
    except ProcedureMissing as refusal:
        return _person_page(session, resident_id, refusal), refusal.status
    return _times_page(session, resident_id, wanted)


def _wanted(session: Session, resident_id: UUID) -> list[Wanted]:
    names = request.values.getlist("procedure")[:12]
    cases = [_uuid(one) for one in request.values.getlist("application")[:12]]
    return phone.wanted_of(session, resident_id, names, cases)


def _times_page(
    session: Session,
    resident_id: UUID,
    wanted: list[Wanted],
    *,
    booking: Booking | None = None,
    refusal: Refusal | None = None,
) -> str:
    who = residents.look_up(session, resident_id)
    ward = request.args.get("ward") or who.ward
    able = offices.that_handle(session, [one.offices for one in wanted], near=ward)
    wish = read_wish(session, able, parts.minutes_of(wanted), ward)
    found = search.first_free(session, wish, Quota.STAFF) if able else search.Found(None, (), ())
    if booking:
        action = url_for(".change", resident_id=resident_id, id=booking.id)
        back = url_for(".show", resident_id=resident_id, id=booking.id)
    else:
        action, back = url_for(".book", resident_id=resident_id), url_for(".person", resident_id=resident_id)
    return render_template(
        "reservations/phone_times.html",
        person=who,
        wanted=wanted,
        titles=[_title(session, one) for one in wanted],
        minutes=wish.minutes,
        found=found,
        hidden=[(name, value) for name in ("application", "procedure") for value in request.args.getlist(name)],
        action=action,
        back=back,
        booking=booking,
        refusal=refusal or (None if able else rules.NoCommonOffice()),
        **choices(wish, able, ward, found),
    )


def _title(session: Session, wanted: Wanted) -> str:
    if wanted.application_id:
        return applications.summary(session, wanted.application_id).title
    return applications.procedure_title(wanted.procedure) or wanted.procedure


@room.page("/<uuid:resident_id>", access=BOOKS, purpose=Purpose.VISIT, methods=("POST",))
def book(session: Session, actor: Actor, resident_id: UUID) -> Redirect:
    """Reserve for the caller; a second press leads to the same visit when it is about an application."""
    residents.look_up(session, resident_id)
    for one in request.form.getlist("application")[:1]:
        if known := service.of_application(session, _uuid(one)):
            return redirect(url_for(".show", resident_id=resident_id, id=known.id), 303)
    booking = phone.book(session, resident_id, _wanted(session, resident_id), _slot_id())
    return redirect(url_for(".show", resident_id=resident_id, id=booking.id), 303)


@room.page("/<uuid:resident_id>/<uuid:id>", access=BOOKS, purpose=Purpose.VISIT)
def show(session: Session, actor: Actor, resident_id: UUID, id: UUID) -> str:
    """One visit of the caller: the number to read out, when, where, what to bring."""
    booking = _open(session, resident_id, id)
    return render_template("reservations/phone_visit.html", **_about(session, booking))


def _about(session: Session, booking: Booking) -> dict[str, Any]:
    procedures = parts.views(session, booking.id)
    return {
        "person": residents.look_up(session, booking.resident_id, case_ref=booking.reference),
        "booking": booking,
        "procedures": procedures,
        "bring": parts.to_bring(procedures),
        "office": staff.office_name(session, booking.office),
        "when": show_visit(booking.starts_at),
        "status": rules.STATE_WORDS[rules.State(booking.state)],
        "tone": rules.STATE_TONES[rules.State(booking.state)],
        "may_change": booking.state == rules.State.BOOKED and booking.starts_at > clock.now(),
    }


@room.page("/<uuid:resident_id>/<uuid:id>/change", access=BOOKS, purpose=Purpose.VISIT)
def other_times(session: Session, actor: Actor, resident_id: UUID, id: UUID) -> str:
    """Another time for the caller's visit."""
    booking = _open(session, resident_id, id)
    service.check_changeable(booking, clock.now())
    return _times_page(session, resident_id, parts.wanted_in(session, booking.id), booking=booking)


@room.page("/<uuid:resident_id>/<uuid:id>/change", access=BOOKS, purpose=Purpose.VISIT, methods=("POST",))
def change(session: Session, actor: Actor, resident_id: UUID, id: UUID) -> Redirect:
    """Move the visit for the caller."""
    _open(session, resident_id, id)
    phone.change(session, id, _slot_id())
    return redirect(url_for(".show", resident_id=resident_id, id=id), 303)


@room.page("/<uuid:resident_id>/<uuid:id>/cancel", access=BOOKS, purpose=Purpose.VISIT)
def ask_cancel(session: Session, actor: Actor, resident_id: UUID, id: UUID) -> str:
    """Asks once: somebody else may take the time."""
    about = _about(session, _open(session, resident_id, id))
    facts = [{"label": _("Date and time"), "value": about["when"]}, {"label": _("Place"), "value": about["office"]}]
    return render_template(
        "confirm.html",
        base="staff_base.html",
        question=_("Cancel this visit for the caller?"),
        words=_("Cancel the reservation"),
        consequence=_("Somebody else may take this time at once. The person gets a notice."),
        facts=facts,
        action=url_for(".cancel", resident_id=resident_id, id=id),
        back=url_for(".show", resident_id=resident_id, id=id),
    )


@room.page("/<uuid:resident_id>/<uuid:id>/cancel", access=BOOKS, purpose=Purpose.VISIT, methods=("POST",))
def cancel(session: Session, actor: Actor, resident_id: UUID, id: UUID) -> Redirect:
    """Cancel for the caller; a second time changes nothing."""
    _open(session, resident_id, id)
    phone.cancel(session, id)
    return redirect(url_for(".show", resident_id=resident_id, id=id), 303)


def _open(session: Session, resident_id: UUID, id: UUID) -> Booking:
    booking = service.open_booking(session, id, owner=resident_id)
    audit.looked(session, whose=resident_id, what="reservations.visit", case_ref=booking.reference)
    return booking


def _slot_id() -> int:
    typed = request.form.get("slot", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise SlotUnknown
    return int(typed)


def _uuid(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise BookingNotFound from None
