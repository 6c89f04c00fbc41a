"""What the pages of an activity show to whoever publishes it: an organisation's people, or the city's section."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock, qr, text
from portal.core.actor import Actor
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.points import once
from portal.points.ledger.rules import PotEmpty, SentBefore
from portal.points.programmes.rules import NoTerms
from portal.points.volunteering import codes, hosting, hours, rules, taking_back, touching
from portal.points.volunteering.event_rules import Came, whole_time, words_of
from portal.points.volunteering.forms import ActivityForm
from portal.points.volunteering.models import VolunteerActivity, VolunteerHost, VolunteerPlace
from portal.points.volunteering.rules import Place
from portal.residents import service as residents
from portal.web.forms import explain
from portal.web.hall import hall
from portal.web.i18n import gettext as _

FRESH = 60
"""Seconds after which the page at the place asks for a new code; each holds for two minutes."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose pages these are: the room they belong to, the frame around them, and where its list is."""

    room: str
    frame: str
    home: str


ORGANISATION = Desk("hosting", "base.html", "hosting.show_all")
CITY = Desk("volunteering_city", "staff_base.html", "volunteering_staff.show_all")


def editor(desk: Desk, host: VolunteerHost, form: ActivityForm, refusal: Refusal | None = None) -> str:
    return render_template(
        "volunteering/editor.html", desk=desk, host=host, form=form, refusal=refusal, key=once.fresh()
    )


def publish(desk: Desk, session: Session, actor: Actor, host: VolunteerHost) -> Any:
    """Everybody can see it and apply at once; sent twice it is published once."""
    form = ActivityForm.read()
    if not (sessions := form.sessions(clock.now())):
        return editor(desk, host, form), 422
    try:
        made = once.once(session, actor, lambda: str(hosting.publish(session, host, sessions).id))
    except (rules.HostClosed, NoTerms, SentBefore) as refusal:
        return editor(desk, host, form, refusal), refusal.status
    return redirect(url_for(f"{desk.room}.board", id=made), 303)


def board(
    desk: Desk, session: Session, one: VolunteerActivity, refusal: Refusal | None = None,
    wrong: dict[UUID, str] | None = None,
) -> str:  # fmt: skip
    places = hours.board(session, one.id)
    in_time = taking_back.of_city(places) if desk is CITY else taking_back.of_host(session, one, places)
    return render_template(
        "volunteering/board.html",
        desk=desk,
        activity=one,
        rows=[_row(session, one, place, (wrong or {}).get(place.id, "")) for place in places],
        in_time=in_time,
        sessions=hosting.sessions_of(session, one),
        is_over=one.ends_at <= clock.now(),
        may_cancel=one.state == rules.State.OPEN and one.starts_at > clock.now(),
        most=rules.most_minutes(one.starts_at, one.ends_at),
        terminals=hosting.terminals_of(session, one.host_id),
        strays=touching.strays(session, one),
        has_open=any(place.state == Place.APPLIED for place in places),
        refusal=refusal,
        wrong=wrong or {},
    )


def _row(session: Session, one: VolunteerActivity, place: VolunteerPlace, wrong: str) -> dict[str, Any]:
    """The name is opened here and on record with the person."""
    person = residents.look_up(session, place.resident_id, case_ref=str(one.id)[:8])
    words, tone = words_of(place.state, place.minutes, is_event=one.is_event)
    return {
        "id": place.id,
        "name": person.known_as,
        "came_at": place.came_at,
        "left_at": place.left_at,
        "is_open": place.state == Place.APPLIED,
        "state": (_("Has a place") if place.state == Place.APPLIED else _(words), tone),
        "minutes": text.shown_again(request.form.get(f"minutes-{place.id}", _known(one, place)), longest=20),
        "approved": place.minutes,
        "wrong": wrong,
    }


def _known(one: VolunteerActivity, place: VolunteerPlace) -> str:
    if one.is_event:
        return Came.YES if place.came_at else ""
    return str(rules.stayed(one.starts_at, one.ends_at, place.came_at, place.left_at))


def approve(
    desk: Desk, session: Session, one: VolunteerActivity, deed: Callable[[Mapping[UUID, int]], None]
) -> Any:  # fmt: skip
    """Approve what was entered; an empty field is left for later."""
    minutes, wrong = _typed(session, one)
    if wrong:
        return board(desk, session, one, wrong=wrong), 422
    try:
        with session.begin_nested():
            deed(minutes)
    except (rules.NotBegun, PotEmpty, NoTerms) as refusal:
        session.expire_all()
        return board(desk, session, one, refusal), refusal.status
    return redirect(url_for(f"{desk.room}.board", id=one.id), 303)


def _typed(session: Session, one: VolunteerActivity) -> tuple[dict[UUID, int], dict[UUID, str]]:
    """Minutes by place, and what is wrong with those that cannot be taken."""
    most, found, wrong = rules.most_minutes(one.starts_at, one.ends_at), {}, {}
    for place in hours.board(session, one.id):
        if not (typed := request.form.get(f"minutes-{place.id}", "").strip()):
            continue
        if one.is_event:
            found[place.id] = whole_time(one.starts_at, one.ends_at) if typed == Came.YES else 0
            continue
        try:
            found[place.id] = text.whole_number(typed, least=0, most=most)
        except TextRefused as refused:
            wrong[place.id] = explain(refused)
    return found, wrong


def cancel(desk: Desk, session: Session, one: VolunteerActivity) -> Any:
    """It does not take place; everybody with a place is told."""
    try:
        hosting.cancel(session, one)
    except rules.ActivityOver as refusal:
        return board(desk, session, one, refusal), refusal.status
    return redirect(url_for(f"{desk.room}.board", id=one.id), 303)


def code(desk: Desk, session: Session, one: VolunteerActivity) -> Response:
    """The code to hold up at the place; the page asks for a new one by itself every minute."""
    written = codes.write(hall().key(codes.PURPOSE), one.id, clock.now())
    drawn = qr.on_page(f"{hall().settings.base_url}{url_for('volunteering.scan', id=one.id)}?code={written}")
    came = sum(1 for place in hours.board(session, one.id) if place.came_at)
    response = make_response(
        render_template("volunteering/code.html", desk=desk, activity=one, qr_code=drawn, came=came)
    )
    response.headers["Refresh"] = str(FRESH)
    return response
