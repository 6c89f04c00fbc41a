"""Pages for residents: the first free time anywhere, one more procedure in a visit or one less, a held time."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.applications import service as applications
from portal.core import clock
from portal.core.actor import Actor
from portal.reservations import holding, plans, search, service, together
from portal.reservations.plans import WORK, Plan
from portal.reservations.rules import BookingNotFound, NoTimeAfter
from portal.reservations.search_view import choices, read_wish
from portal.residents import service as residents
from portal.staff import service as staff
from portal.web import work
from portal.web.access import Access
from portal.web.i18n import show_visit
from portal.web.room import Room

room = Room("reservations_visits", __name__, "/reservations")


@room.page("/first", access=Access.RESIDENT)
def first(session: Session, actor: Actor) -> str:
    """The first free time at any office near; chosen and reserved in one step."""
    plan = _plan(session, actor)
    ward = request.args.get("ward") or residents.look_up(session, service.id_of(actor)).ward
    wish = read_wish(session, plan.offices, plan.minutes, ward)
    found = search.first_free(session, wish)
    more = [one.id for one in plan.abouts]
    add = plan.adding.id if plan.adding else None
    by = {"id": plan.booking.id, "add": add} if plan.booking else {"application": more}
    return render_template(
        "reservations/first.html",
        plan=plan,
        found=found,
        hidden=[(name, value) for name in ("application", "visit", "add") for value in request.args.getlist(name)],
        work=None if plan.booking else work.again(WORK),
        back=url_for("reservations.change" if plan.booking else "reservations.new", **by),
        action=url_for("reservations.really_change", id=plan.booking.id)
        if plan.booking
        else url_for("reservations.book"),
        **choices(wish, plan.offices, ward, found),
    )


def _plan(session: Session, actor: Actor) -> Plan:
    add = request.args.get("add", "")
    if visit := request.args.get("visit"):
        booking = service.open_booking(session, _uuid(visit), owner=actor.id)
        service.check_changeable(booking, clock.now())
        return plans.of_change(session, actor, booking, _uuid(add) if add else None)
    ids = [_uuid(one) for one in request.args.getlist("application")]
    if not ids:
        raise BookingNotFound
    return plans.of_new(session, actor, list(dict.fromkeys(ids)))


@room.page("/<uuid:id>/add", access=Access.RESIDENT, methods=("POST",))
def add(session: Session, actor: Actor, id: UUID) -> Redirect:
    """One more procedure in a planned visit; a second press changes nothing."""
    together.add(session, actor, id, _uuid(request.form.get("application", "")))
    return redirect(url_for("reservations.show", id=id), 303)


@room.blueprint.errorhandler(NoTimeAfter)
def another_time(_refusal: NoTimeAfter) -> Any:
    """The time after the visit was taken a moment ago: other times for all of it."""
    booking_id = (request.view_args or {})["id"]
    return redirect(url_for("reservations.change", id=booking_id, add=request.form.get("application", "")), 303)


@room.page("/<uuid:id>/leave-out", access=Access.RESIDENT, methods=("POST",))
def leave_out(session: Session, actor: Actor, id: UUID) -> Redirect:
    """One procedure less in a planned visit; the application stays."""
    together.leave_out(session, actor, id, _uuid(request.form.get("application", "")))
    return redirect(url_for("reservations.show", id=id), 303)


@room.page("/held", access=Access.RESIDENT)
def held(session: Session, actor: Actor) -> str:
    """The time that is held while a form is finished, and how long still."""
    mine = holding.held_for(session, actor)
    return render_template(
        "reservations/held.html",
        held=mine,
        about=applications.summary(session, mine.application_id),
        when=show_visit(mine.starts_at),
        office=staff.office_name(session, mine.office),
        now=clock.now(),
    )


@room.page("/held/longer", access=Access.RESIDENT, methods=("POST",))
def longer(session: Session, actor: Actor) -> Redirect:
    """Once, for as long again."""
    holding.hold_longer(session, actor)
    return redirect(url_for(".held"), 303)


@room.page("/held/let-go", access=Access.RESIDENT, methods=("POST",))
def let_go(session: Session, actor: Actor) -> Redirect:
    """Give the place back; the form stays as it is."""
    mine = holding.let_go(session, actor)
    return redirect(url_for("applications.resume", id=mine) if mine else url_for("applications.mine"), 303)


def _uuid(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        raise BookingNotFound from None
