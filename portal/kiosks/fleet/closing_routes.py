"""The daily closing of every kiosk as page, CSV and PDF."""

from datetime import date

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.kiosks.fleet import closing, closing_view
from portal.web.access import Access
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("kiosk_closing", __name__, "/staff/kiosk-closing")
Answer = Response | Redirect
STEER = Access.staff(Permission.KIOSK_STEER)


@room.page("", access=STEER, purpose=Purpose.OPERATION)
def show(session: Session, actor: Actor) -> str | tuple[str, int]:
    """One day: what the books say, what each coin box counted, and whether they agree."""
    typed = request.args.get("day", "").strip()[:20]
    day, error = _day(typed)
    status = 422 if error else 200
    found = closing.lines(session, actor, day)
    facts = {"lines": found, "day": day, "typed": typed or day.isoformat(), "error": error}
    return render_template("fleet/closing.html", **facts, total=closing_view.total(found), today=clock.today()), status


@room.page("/file.csv", access=STEER, purpose=Purpose.OPERATION)
def csv(session: Session, actor: Actor) -> Answer:
    """The same for a spreadsheet."""
    day, error = _day(request.args.get("day", ""))
    if error:
        return _asked_again()
    headers = {"Content-Disposition": f'attachment; filename="kiosks-{day}.csv"'}
    return Response(closing_view.file(closing.lines(session, actor, day), day), mimetype="text/csv", headers=headers)


@room.page("/sheet.pdf", access=STEER, purpose=Purpose.OPERATION)
def pdf(session: Session, actor: Actor) -> Answer:
    """The same on paper, to be signed."""
    day, error = _day(request.args.get("day", ""))
    if error:
        return _asked_again()
    made = closing_view.sheet(closing.lines(session, actor, day), day, actor.label)
    headers = {"Content-Disposition": f'inline; filename="kiosks-{day}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)


def _asked_again() -> Redirect:
    """No other day's file instead of the one asked for: the page says what is wrong."""
    return redirect(url_for(".show", day=request.args.get("day", "")[:20]), 303)


def _day(typed: str) -> tuple[date, str]:
    """The day asked for, yesterday if none is; with what is wrong about it."""
    usual = closing.day_before(clock.today())
    if not typed:
        return usual, ""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return usual, _("Write the day like 2026-11-22.")
    return (day, "") if day <= clock.today() else (usual, _("This day is still to come."))
