"""Pages for residents: choose office, day and time; the reservation; change and cancel."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import service as applications
from portal.applications.service import ApplicationSummary
from portal.core import clock, qr
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.reference import spoken
from portal.core.work import WorkMissing, spend
from portal.reservations import (
    attendance,
    calendar,
    days,
    holding,
    parts,
    plans,
    rules,
    service,
    slots,
    together,
    view,
    waiting,
)
from portal.reservations.attendance_rules import TooFarAhead
from portal.reservations.calendar import Shape
from portal.reservations.models import Booking
from portal.reservations.plans import WORK, Plan
from portal.reservations.rules import (
    BookingNotFound,
    NoCommonOffice,
    NotBookable,
    OfficeCannot,
    SlotClosed,
    SlotFull,
    SlotUnknown,
)
from portal.reservations.slots import Free
from portal.staff import service as staff
from portal.web import work
from portal.web.access import Access
from portal.web.errors import refused
from portal.web.hall import hall
from portal.web.i18n import language, office_words, show_day, show_visit
from portal.web.room import Room

room = Room("reservations", __name__, "/reservations")

# More applications than fit into one visit are not looked up.
MOST_TOGETHER = 12
Answer = str | Redirect | tuple[str, int]


@room.page("/new", access=Access.RESIDENT)
def new(session: Session, actor: Actor) -> Answer:
    """Choose an office, a day and a time for one application or several, or have a time held for a draft."""
    plan = plans.of_new(session, actor, _application_ids())
    if known := service.of_application(session, plan.abouts[0].id):
        return redirect(url_for(".show", id=known.id), 303)
    return _choose_page(session, actor, plan)


@room.deed("/new", access=Access.RESIDENT)
def book(actor: Actor) -> Redirect:
    """Reserve; a second press leads to the same reservation. In a rush most come too late: a plain read tells them.
    For several applications it is one visit; for a draft the time is held."""
    ids, database = _application_ids(), hall().database
    wish = service.Wish(ids[0], _slot_id(), work.check(WORK))
    with database.page(actor, Purpose.OWN_USE, writes=False) as session:
        known, write = _look_first(session, actor, ids, wish)
    if known:
        return redirect(url_for(".show", id=known), 303)
    if write is None:
        booking_id = database.together(actor, Purpose.OWN_USE, service.book_together, wish)
        return redirect(url_for(".show", id=booking_id), 303)
    with database.page(actor, Purpose.OWN_USE, writes=True) as session:
        spend(session, [wish.work] if wish.work else [])
        return redirect(write(session), 303)


Write = Callable[[Session], str]


def _look_first(
    session: Session, actor: Actor, ids: Sequence[UUID], wish: service.Wish
) -> tuple[UUID | None, Write | None]:
    """All refusals that need no write; the visit there is already, or what is to be written instead of one of the
    many: a visit for several applications or for a child's, a held time."""
    if len(ids) == 1:
        try:
            return service.look_first(session, actor, wish), None
        except NotBookable:
            holding.to_hold(session, actor, ids[0])
            return None, partial(_hold, actor, wish)
        except BookingNotFound:  # perhaps a child's
            pass
    if known := service.of_application(session, ids[0]):
        return service.open_booking(session, known.id, owner=actor.id).id, None
    together.check_first(session, actor, ids, wish.slot_id)
    return None, partial(_book_together, actor, ids, wish)


def _hold(actor: Actor, wish: service.Wish, session: Session) -> str:
    holding.hold(session, actor, wish.application_id, wish.slot_id)
    return url_for("reservations_visits.held")


def _book_together(actor: Actor, ids: Sequence[UUID], wish: service.Wish, session: Session) -> str:
    return url_for(".show", id=together.plan(session, actor, ids, wish.slot_id).id)


@room.page("/<uuid:id>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID) -> str:
    """The reservation: when, where, number, QR code, what to bring; the drawn number after check-in."""
    return render_template("reservations/show.html", **_about(session, actor, id))


@room.page("/<uuid:id>/slip", access=Access.RESIDENT)
def slip(session: Session, actor: Actor, id: UUID) -> str:
    """The same on one sheet of paper."""
    about = _about(session, actor, id)
    signs = spoken(about["booking"].reference, language())
    return render_template("reservations/slip.html", **about, spoken=signs)


@room.page("/<uuid:id>/slip.pdf", access=Access.RESIDENT)
def slip_pdf(session: Session, actor: Actor, id: UUID) -> Response:
    """The sheet as PDF, in the reader's language with Japanese beside it."""
    return view.slip_of(session, booking=service.open_booking(session, id, owner=actor.id))


@room.page("/<uuid:id>/visit.ics", access=Access.RESIDENT)
def calendar_file(session: Session, actor: Actor, id: UUID) -> Response:
    """The visit for the calendar of one's own device; after a cancellation, what takes it out again."""
    booking = service.open_booking(session, id, owner=actor.id)
    return view.ics_of(session, booking=booking, url=url_for(".show", id=id))


@room.page("/<uuid:id>/change", access=Access.RESIDENT)
def change(session: Session, actor: Actor, id: UUID) -> Answer:
    """Choose another office, day or time."""
    booking = service.open_booking(session, id, owner=actor.id)
    if not _may_change(booking):
        return redirect(url_for(".show", id=id), 303)
    return _choose_page(session, actor, plans.of_change(session, actor, booking, _adding()))


@room.page("/<uuid:id>/change", access=Access.RESIDENT, methods=("POST",))
def really_change(session: Session, actor: Actor, id: UUID) -> Redirect:
    """Move the visit; the old place is kept until the new one is sure."""
    service.change(session, actor, id, _slot_id(), adding=_adding())
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
@room.blueprint.errorhandler(OfficeCannot)
@room.blueprint.errorhandler(TooFarAhead)
@room.blueprint.errorhandler(WorkMissing)
def choose_again(refusal: Refusal) -> Any:
    """The refused transaction is undone; the same page comes again, with the next free times as choices."""
    try:
        with hall().database.page(g.actor, Purpose.OWN_USE, writes=False) as session:
            plan = _plan(session, g.actor)
            if isinstance(refusal, SlotFull) and not refusal.facts:
                able = [one.code for one in plan.offices]
                refusal = service.full_at(session, slots.slot(session, _slot_id()), plan.minutes, able)
            return _choose_page(session, g.actor, plan, refusal=refusal), refusal.status
    except Refusal as other:  # what is raised here nobody else would turn into a page: not theirs, say
        return refused(other)


def _plan(session: Session, actor: Actor) -> Plan:
    if booking_id := (request.view_args or {}).get("id"):
        booking = service.open_booking(session, booking_id, owner=actor.id)
        return plans.of_change(session, actor, booking, _adding())
    return plans.of_new(session, actor, _application_ids())


def _choose_page(session: Session, actor: Actor, plan: Plan, *, refusal: Refusal | None = None) -> str:
    booking, offices = plan.booking, plan.offices or service.offices(session)
    wanted = request.values.get("office", booking.office if booking else "")
    office = next((one for one in offices if one.code == wanted), offices[0])
    alternatives = refusal.facts.get("alternatives", []) if refusal else []
    # Instead of the calendar the page offers the next free times.
    shows_times = plan.offices and not alternatives
    free = service.bookable(session, office.code, plan.minutes) if shows_times else []
    missed = attendance.missed(session, service.id_of(actor))
    if missed and missed.until:
        free = [one for one in free if one.starts_at <= missed.until]
    day = _day() or next((one.day for one in free if one.left > 0), clock.today())
    names = {one.code: one.name for one in offices}
    is_new = not booking and not plan.is_draft
    return render_template(
        "reservations/choose.html",
        plan=plan,
        about=plan.abouts[0] if plan.abouts else None,
        booking=booking,
        minutes=plan.minutes,
        offices=offices,
        office=office,
        **({} if alternatives else _days(session, free, office.code, day)),
        missed=missed,
        waits=waiting.of_application(session, plan.abouts[0].id) if is_new else None,
        day=day,
        day_words=show_day(day),
        times=[one for one in free if one.day == day and one.left > 0],
        full=[one for one in free if one.day == day and one.left == 0],
        alternatives=[
            (one, show_visit(one.starts_at), office_words(names.get(one.office, one.office))) for one in alternatives
        ],
        refusal=refusal or (None if plan.offices else NoCommonOffice()),
        chosen=request.values.get("slot", ""),
        work=None if booking else work.again(WORK),
        here=_here,
        **({} if alternatives else _visits_with_more(session, actor, plan.abouts if is_new else [])),
        show_visit=show_visit,
    )


def _visits_with_more(session: Session, actor: Actor, abouts: Sequence[ApplicationSummary]) -> dict[str, Any]:
    """What else could be done in the visit, and planned visits that this one application could join."""
    return {
        "others": together.candidates(session, actor, [one.id for one in abouts]) if abouts else [],
        "additions": together.additions(session, actor, abouts[0]) if len(abouts) == 1 else [],
    }


def _days(session: Session, free: Sequence[Free], office: str, day: date) -> dict[str, Any]:
    """The days to choose from, in the shape the reader wants."""
    closed, asked = days.closed_at(session, office), request.values.get("shape", "")
    shape = Shape(asked) if asked in set(Shape) else Shape.MONTH
    week = calendar.week(free, office, day, closed) if shape is Shape.WEEK else None
    return {"calendar": calendar.calendar(free, office, closed), "week": week, "shape": shape}


def _adding() -> UUID | None:
    """The application that joins a planned visit, if any."""
    typed = request.values.get("add", "")
    return _uuid(typed) if typed else None


def _here(*, at: str = "times", **changed: Any) -> str:
    """This page with another office, day, shape of the days or applications, at the heading *at*."""
    wanted: dict[str, Any] = {
        name: request.values[name] for name in ("office", "day", "add", "shape") if request.values.get(name)
    }
    wanted["application"] = request.values.getlist("application")
    ids = request.view_args or {}
    return url_for(".change" if ids.get("id") else ".new", **ids, **{**wanted, **changed}) + f"#{at}"


def _about(session: Session, actor: Actor, id: UUID) -> dict[str, Any]:
    booking = service.open_booking(session, id, owner=actor.id)
    procedures = parts.views(session, id)
    return {
        "booking": booking,
        "about": applications.summary(session, booking.application_id) if booking.application_id else None,
        "procedures": procedures,
        "bring": parts.to_bring(procedures),
        "office": staff.office_name(session, booking.office),
        "is_closed": booking.state == rules.State.BOOKED and days.is_closed(session, booking.office, booking.day),
        "when": show_visit(booking.starts_at),
        "status": rules.STATE_WORDS[rules.State(booking.state)],
        "tone": rules.STATE_TONES[rules.State(booking.state)],
        "qr_code": qr.on_page(booking.reference),
        "may_change": _may_change(booking),
    }


def _may_change(booking: Booking) -> bool:
    return booking.state == rules.State.BOOKED and booking.starts_at > clock.now()


def _application_ids() -> list[UUID]:
    """The applications a new visit is for, in order, each once."""
    typed = request.values.getlist("application")[:MOST_TOGETHER]
    if not typed:
        raise BookingNotFound
    return list(dict.fromkeys(_uuid(one) for one in typed))


def _uuid(typed: str) -> UUID:
    try:
        return UUID(typed)
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
