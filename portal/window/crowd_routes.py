"""Page everybody may see: how busy an office will be."""

from datetime import date, timedelta

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.reservations import service as reservations
from portal.web.access import Access, NotFound
from portal.web.i18n import gettext, office_words, show_day
from portal.web.room import Room
from portal.window import crowd

room = Room("crowd", __name__, "/crowd")


@room.page("/<office>", access=Access.PUBLIC, purpose=Purpose.WINDOW)
def show(session: Session, actor: Actor, office: str) -> str:
    """How many people are expected at one office on one day, hour by hour."""
    offices = {one.code: one.name for one in reservations.offices(session)}
    if office not in offices:
        raise NotFound
    days = _days(office)
    day = _wanted(days)
    hours = crowd.forecast(session, office, day) if day else []
    return render_template(
        "window/crowd.html",
        office=office,
        office_name=offices[office],
        offices=[(code, office_words(name)) for code, name in offices.items()],
        days=[(one.isoformat(), show_day(one)) for one in days],
        day=day,
        day_words=show_day(day) if day else "",
        full=max((one.places for one in hours), default=0),
        rows=[(f"{one.hour}:00", one.people, _words(one)) for one in hours],
        here=url_for(".show", office=office),
    )


def _words(one: crowd.Expected) -> str:
    words = gettext(crowd.LEVEL_WORDS[one.level])
    return gettext("%(people)s (%(level)s)", people=one.people, level=words)


def _days(office: str) -> list[date]:
    """The days that can be chosen: those of the next weeks on which the office opens."""
    today = clock.today()
    coming = [today + timedelta(days=number) for number in range(reservations.DAYS_AHEAD + 1)]
    return [one for one in coming if reservations.opens_on(office, one)]


def _wanted(days: list[date]) -> date | None:
    """The day asked for, if the office opens on it; else the next one."""
    asked = request.args.get("day", "")
    return next((one for one in days if one.isoformat() == asked), days[0] if days else None)
