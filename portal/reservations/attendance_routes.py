"""Page of the staff: the visits of a day, and who came."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.clock import JST
from portal.core.permissions import Permission
from portal.reservations import attendance
from portal.reservations.attendance_rules import TONES, WORDS, AttendanceUnknown
from portal.staff import service as staff
from portal.web.access import Access
from portal.web.i18n import show_day
from portal.web.room import Room

room = Room("attendance", __name__, "/staff/attendance")

SERVES = Access.staff(Permission.WINDOW_SERVE)


@room.page("", access=SERVES, purpose=Purpose.WINDOW)
def day(session: Session, actor: Actor) -> str:
    """Who came on a day, told us, or did not come."""
    return _page(session, actor, _day())


@room.page("/<uuid:id>", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def correct(session: Session, actor: Actor, id: UUID) -> Any:
    """Correct what became of one visit."""
    try:
        booking = attendance.correct(session, actor, id, request.form.get("state", ""))
    except AttendanceUnknown as refusal:
        return _page(session, actor, _day(), refusal), refusal.status
    wanted = booking.starts_at.astimezone(JST).date()
    return redirect(url_for(".day", day=wanted.isoformat()) + f"#visit-{id}", 303)


def _page(session: Session, actor: Actor, wanted: date, refusal: AttendanceUnknown | None = None) -> str:
    steps = [(url_for(".day", day=(wanted + timedelta(days=by)).isoformat()), by) for by in (-1, 1)]
    return render_template(
        "reservations/attendance.html",
        office=staff.office_name(session, actor.office) if actor.office else "",
        wanted=wanted,
        day_words=show_day(wanted),
        steps=steps,
        visits=attendance.of_day(session, actor.office, wanted),
        words=WORDS,
        tones=TONES,
        refusal=refusal,
    )


def _day() -> date:
    """The day that was asked for, today otherwise; not so far away that no calendar has its neighbours."""
    try:
        found = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return clock.today()
    return found if abs((found - clock.today()).days) < 1_000 else clock.today()
