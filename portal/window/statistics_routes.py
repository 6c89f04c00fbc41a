"""Pages of the window's supervisors: the hall at this moment, and the figures of past days."""

from datetime import date, timedelta

from flask import Response, jsonify, render_template, request
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.permissions import Permission
from portal.reservations import service as reservations
from portal.staff import service as staff
from portal.web.access import Access, NotFound
from portal.web.i18n import office_words
from portal.web.room import Room
from portal.window import kinds, overview, rules, statistics, statistics_rules, statistics_view

room = Room("window_figures", __name__, "/staff/window")

SERVES = Access.staff(Permission.WINDOW_SERVE)
WATCHES = Access.staff(Permission.WINDOW_WATCH)
USUAL_SPAN = timedelta(days=13)


@room.page("/overview", access=SERVES, purpose=Purpose.WINDOW)
def now(session: Session, actor: Actor) -> str:
    """One's own office at this moment: who waits how long, who sits where."""
    found = overview.overview(session, actor.office)
    return render_template(
        "window/overview.html",
        lines=found.lines,
        seats=found.seats,
        late=[line for line in found.lines if line.late],
        office=staff.office_name(session, actor.office),
        office_code=actor.office,
        words=kinds.WORDS,
        states=rules.STATE_WORDS,
        limit=int(statistics_rules.LONG_WAIT.total_seconds() // 60),
        may_watch=actor.may(Permission.WINDOW_WATCH),
    )


@room.page("/overview/state", access=SERVES, purpose=Purpose.WINDOW)
def now_state(session: Session, actor: Actor) -> Response:
    """What changes on that page, asked for every few seconds; unchanged it is answered with 304."""
    response = jsonify(statistics_view.state(overview.overview(session, actor.office)))
    response.add_etag()
    response.make_conditional(request)
    return response


@room.page("/statistics", access=WATCHES, purpose=Purpose.WINDOW)
def figures(session: Session, actor: Actor) -> str | tuple[str, int]:
    """Waiting times, handling and what pre-application saved, at one office, over at most 92 days."""
    offices, office = _office(session, actor)
    first, last = _typed()
    facts = {
        "office": office,
        "offices": [(code, office_words(name)) for code, name in offices.items()],
        "office_name": offices[office],
        "first": first,
        "last": last,
        "few": statistics_rules.FEW,
        "least": statistics_rules.LEAST_CASES,
        "whole": statistics.sees_whole(actor, office),
    }
    try:
        days = statistics_rules.span(first, last)
    except Refusal as refusal:
        return render_template("window/statistics.html", refusal=refusal, **facts), refusal.status
    found = statistics.statistics(session, office, days, whole=statistics.sees_whole(actor, office))
    return render_template("window/statistics.html", **facts, **statistics_view.page(found))


@room.page("/statistics.csv", access=WATCHES, purpose=Purpose.WINDOW)
def file(session: Session, actor: Actor) -> Response:
    """The same by kind of window and day, for a spreadsheet."""
    _offices, office = _office(session, actor)
    days = statistics_rules.span(*_typed())
    found = statistics.statistics(session, office, days, whole=statistics.sees_whole(actor, office))
    name = f"window-{office}-{days[0]}-{days[1]}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(statistics_view.file(found), mimetype="text/csv", headers=headers)


def _office(session: Session, actor: Actor) -> tuple[dict[str, str], str]:
    """The offices with windows, and the one asked for; one's own if none is."""
    offices = {one.code: one.name for one in reservations.offices(session)}
    asked = request.args.get("office") or (actor.office if actor.office in offices else next(iter(offices), ""))
    if asked not in offices:
        raise NotFound
    return offices, asked


def _typed() -> tuple[str, str]:
    """The days asked for, as typed; the last two weeks if none are."""
    today: date = clock.today()
    first, last = request.args.get("from", "").strip(), request.args.get("until", "").strip()
    return first or (today - USUAL_SPAN).isoformat(), last or today.isoformat()
