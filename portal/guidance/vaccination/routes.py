"""Pages of guardians: the vaccination record of a child, what is next, and the days for one's own calendar."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, render_template, url_for
from icalendar import Calendar, Event
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.guidance.models import VaccinationCorrection
from portal.guidance.vaccination import planning, records, schedule
from portal.guidance.vaccination.planning import STATE_TONES, STATE_WORDS, Planned, State
from portal.residents import service as residents
from portal.residents.service import Person
from portal.web.access import Access, NotFound
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("vaccination", __name__, "/guidance/vaccinations")


@room.page("", access=Access.RESIDENT)
def children(session: Session, actor: Actor) -> str:
    """My children, each with what is next."""
    return render_template("guidance/children.html", children=[_child(session, one) for one in _mine(session, actor)])


@room.page("/<uuid:child>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, child: UUID) -> str:
    """The record of one child, dose by dose."""
    person = _one_of_mine(session, actor, child)
    return render_template("guidance/vaccinations.html", basis=schedule.basis(), **_child(session, person))


@room.page("/<uuid:child>/next.ics", access=Access.RESIDENT)
def calendar(session: Session, actor: Actor, child: UUID) -> Response:
    """The next days as a calendar file. It names no child: calendars are shared."""
    person = _one_of_mine(session, actor, child)
    planned = planning.next_ones(_plan(session, person))
    content = _calendar(person, planned, hall().settings.base_url + url_for(".show", child=child))
    headers = {"Content-Disposition": 'attachment; filename="vaccinations.ics"'}
    return Response(content, mimetype="text/calendar", headers=headers)


def _mine(session: Session, actor: Actor) -> list[Person]:
    assert actor.id
    return residents.children_of(session, residents.look_up(session, actor.id))


def _one_of_mine(session: Session, actor: Actor, child: UUID) -> Person:
    """A child whom the reader guards; any other looks like none at all."""
    if actor.id is None or not residents.guards(session, actor.id, child):
        raise NotFound
    return residents.look_up(session, child)


def _plan(session: Session, child: Person) -> list[Planned]:
    return planning.plan(child.birth_date, child.sex, records.of(session, child.id), clock.today())


def _child(session: Session, child: Person) -> dict[str, Any]:
    planned, corrected = _plan(session, child), records.corrections_of(session, child.id)
    return {
        "id": child.id,
        "name": child.known_as,
        "born": child.birth_date,
        "next": [_row(one, corrected) for one in planning.next_ones(planned)],
        "vaccines": [
            (_(vaccine.title), [_row(one, corrected) for one in planned if one.vaccine is vaccine])
            for vaccine in dict.fromkeys(one.vaccine for one in planned)
        ],
        "given": sum(one.state is State.DONE for one in planned),
        "all": len(planned),
    }


def _row(one: Planned, corrected: Mapping[tuple[str, int], VaccinationCorrection]) -> dict[str, Any]:
    return {
        "vaccine": _(one.vaccine.title),
        "dose": one.dose.number,
        "state": _(STATE_WORDS[one.state]),
        "tone": STATE_TONES[one.state],
        "is_done": one.state is State.DONE,
        "is_over": one.state is State.OVER,
        "on": one.on,
        "last": one.last,
        "corrected": corrected.get((one.vaccine.name, one.dose.number)),
    }


def _calendar(child: Person, planned: list[Planned], url: str) -> bytes:
    file = Calendar()
    file.add("prodid", "-//omatome//vaccinations//JA")
    file.add("version", "2.0")
    today = clock.today()
    for one in planned:
        event = Event()
        event.add("uid", f"{child.id}-{one.vaccine.name}-{one.dose.number}@vaccinations")
        event.add("dtstamp", clock.now())
        event.add("dtstart", max(one.on, today))
        title = _("%(vaccine)s, dose %(dose)s", vaccine=_(one.vaccine.title), dose=one.dose.number)
        event.add("summary", _("Vaccination: %(what)s", what=title))
        event.add("url", url)
        event.add("transp", "TRANSPARENT")
        file.add_component(event)
    return bytes(file.to_ical())
