"""Pages of staff: every kiosk with its state and alarms, one of them, taking it out of service, its hours."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.kiosks.fleet import rules, service, view
from portal.kiosks.fleet.rules import Reason
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("kiosk_fleet", __name__, "/staff/kiosks")
WATCH = Access.staff(Permission.KIOSK_WATCH)
STEER = Access.staff(Permission.KIOSK_STEER)


@room.page("", access=WATCH, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor) -> str:
    """Every kiosk one may see, with what is wrong."""
    offices = {office.code: office.name for office in staff.offices(session)}
    return render_template(
        "fleet/list.html",
        kiosks=[view.line(one) for one in service.kiosks(session, actor)],
        offices=offices,
        may_steer=actor.may(Permission.KIOSK_STEER),
    )


@room.page("/state", access=WATCH, purpose=Purpose.OPERATION)
def state(session: Session, actor: Actor) -> Response:
    """What js/queue.js asks for every few seconds: the list comes anew when something changes."""
    found = service.kiosks(session, actor)
    alarms = [[str(alarm.id), alarm.seen_by] for one in found for alarm in one.alarms]
    return jsonify(waiting=[[one.known.client_id, one.silent, one.closed] for one in found], calls=alarms)


@room.page("/<client_id>", access=WATCH, purpose=Purpose.OPERATION)
def kiosk(session: Session, actor: Actor, client_id: str) -> str:
    """One kiosk: its parts, its alarms, and what can be done from here."""
    return _page(session, actor, client_id)


@room.page("/<client_id>/alarms/<uuid:alarm_id>/see", access=WATCH, purpose=Purpose.OPERATION, methods=("POST",))
def see(session: Session, actor: Actor, client_id: str, alarm_id: UUID) -> Any:
    """Somebody takes care of it."""
    try:
        service.see(session, actor, client_id, alarm_id)
    except rules.AlarmOver as over:
        return _page(session, actor, client_id, refusal=over), over.status
    return redirect(url_for(".kiosk", client_id=client_id), 303)


@room.page("/<client_id>/out", access=STEER, purpose=Purpose.OPERATION, methods=("POST",))
def take_out(session: Session, actor: Actor, client_id: str) -> Any:
    """Out of service: nobody new is served."""
    chosen = request.form.get("reason", "")
    if chosen not in set(Reason):
        return _page(session, actor, client_id, errors={"reason": _("Choose a reason.")}), 422
    service.take_out(session, actor, client_id, Reason(chosen))
    return redirect(url_for(".kiosk", client_id=client_id), 303)


@room.page("/<client_id>/back", access=STEER, purpose=Purpose.OPERATION, methods=("POST",))
def put_back(session: Session, actor: Actor, client_id: str) -> Redirect:
    """In service again."""
    service.put_back(session, actor, client_id)
    return redirect(url_for(".kiosk", client_id=client_id), 303)


@room.page("/<client_id>/hours", access=STEER, purpose=Purpose.OPERATION, methods=("POST",))
def set_hours(session: Session, actor: Actor, client_id: str) -> Any:
    """When it opens and closes each day."""
    typed = {name: request.form.get(name, "")[:20] for name in ("opens", "closes")}
    try:
        service.set_hours(session, actor, client_id, typed["opens"], typed["closes"])
    except rules.HoursWrong as wrong:
        errors = {"opens": f"{_(wrong.message)} {_(wrong.next_step)}"}
        return _page(session, actor, client_id, typed=typed, errors=errors), wrong.status
    return redirect(url_for(".kiosk", client_id=client_id), 303)


def _page(
    session: Session,
    actor: Actor,
    client_id: str,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    refusal: rules.AlarmOver | None = None,
) -> str:
    found = service.kiosk(session, actor, client_id)
    opens, closes = found.hours
    return render_template(
        "fleet/kiosk.html",
        kiosk=view.line(found),
        office=staff.office_name(session, found.known.office),
        parts=view.parts(found),
        history=[view.alarm(one) for one in service.history(session, found)],
        reasons=[(str(reason), _(words)) for reason, words in rules.REASON_WORDS.items()],
        may_steer=actor.may(Permission.KIOSK_STEER),
        hours=typed or {"opens": opens, "closes": closes},
        errors=errors or {},
        refusal=refusal,
    )
