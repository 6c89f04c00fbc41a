"""Pages of organisations: what they publish, who comes, the code at the place, and the hours."""

from typing import Any
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock, qr, text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.points.ledger.rules import PotEmpty
from portal.points.programmes.rules import NoTerms
from portal.points.volunteering import codes, hosting, hours, rules, touching
from portal.points.volunteering.forms import ActivityForm
from portal.points.volunteering.models import VolunteerActivity, VolunteerHost, VolunteerPlace
from portal.points.volunteering.rules import NO_HOURS, PLACE_WORDS, Place
from portal.residents import service as residents
from portal.web.access import Access
from portal.web.forms import explain
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room

room = Room("hosting", __name__, "/points/hosting")
FRESH = 60
"""Seconds after which the page at the place asks for a new code; each holds for two minutes."""


@room.page("", access=Access.RESIDENT)
def show_all(session: Session, actor: Actor) -> str:
    """The organisations I act for, and what they published."""
    assert actor.id
    mine = [(one, hosting.activities_of(session, one.id)) for one in hosting.kept_by(session, actor.id)]
    return render_template("volunteering/hosting.html", hosts=mine, now=clock.now())


@room.page("/<uuid:host_id>/new", access=Access.RESIDENT)
def new(session: Session, actor: Actor, host_id: UUID) -> str:
    """An empty activity."""
    assert actor.id
    return _editor(hosting.own_host(session, actor.id, host_id), ActivityForm.read())


def _editor(host: VolunteerHost, form: ActivityForm, refusal: Refusal | None = None) -> str:
    return render_template("volunteering/editor.html", host=host, form=form, refusal=refusal)


@room.page("/<uuid:host_id>/new", access=Access.RESIDENT, methods=("POST",))
def publish(session: Session, actor: Actor, host_id: UUID) -> Any:
    """Everybody can see it and apply at once."""
    assert actor.id
    host, form = hosting.own_host(session, actor.id, host_id), ActivityForm.read()
    if (facts := form.facts(clock.now())) is None:
        return _editor(host, form), 422
    try:
        made = hosting.publish(session, actor.id, host_id, facts)
    except (rules.HostClosed, NoTerms) as refusal:
        return _editor(host, form, refusal), refusal.status
    return redirect(url_for(".board", id=made.id), 303)


@room.page("/activities/<uuid:id>", access=Access.RESIDENT, purpose=Purpose.POINTS)
def board(session: Session, actor: Actor, id: UUID) -> str:
    """Who takes part, who came, and the hours to approve."""
    assert actor.id
    return _board_page(session, hosting.own_activity(session, actor.id, id))


def _board_page(
    session: Session, one: VolunteerActivity, refusal: Refusal | None = None, wrong: dict[UUID, str] | None = None
) -> str:
    places = hours.board(session, one.id)
    return render_template(
        "volunteering/board.html",
        activity=one,
        rows=[_row(session, one, place, (wrong or {}).get(place.id, "")) for place in places],
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
    known = rules.stayed(one.starts_at, one.ends_at, place.came_at, place.left_at)
    words, tone = NO_HOURS if place.state == Place.SETTLED and not place.minutes else PLACE_WORDS[place.state]
    return {
        "id": place.id,
        "name": person.known_as,
        "came_at": place.came_at,
        "left_at": place.left_at,
        "is_open": place.state == Place.APPLIED,
        "state": (_(words), tone),
        "minutes": text.shown_again(request.form.get(f"minutes-{place.id}", str(known)), longest=20),
        "approved": place.minutes,
        "wrong": wrong,
    }


@room.page("/activities/<uuid:id>/hours", access=Access.RESIDENT, purpose=Purpose.POINTS, methods=("POST",))
def approve(session: Session, actor: Actor, id: UUID) -> Any:
    """Approve the minutes entered; an empty field is left for later."""
    assert actor.id
    one = hosting.own_activity(session, actor.id, id)
    minutes, wrong = _typed(session, one)
    if wrong:
        return _board_page(session, one, wrong=wrong), 422
    try:
        with session.begin_nested():
            hours.approve(session, actor.id, id, minutes)
    except (rules.NotBegun, PotEmpty, NoTerms) as refusal:
        session.expire_all()
        return _board_page(session, one, refusal), refusal.status
    return redirect(url_for(".board", id=id), 303)


def _typed(session: Session, one: VolunteerActivity) -> tuple[dict[UUID, int], dict[UUID, str]]:
    """Minutes by place, and what is wrong with those that cannot be taken."""
    most, found, wrong = rules.most_minutes(one.starts_at, one.ends_at), {}, {}
    for place in hours.board(session, one.id):
        if not (typed := request.form.get(f"minutes-{place.id}", "").strip()):
            continue
        try:
            found[place.id] = text.whole_number(typed, least=0, most=most)
        except TextRefused as refused:
            wrong[place.id] = explain(refused)
    return found, wrong


@room.page("/activities/<uuid:id>/cancel", access=Access.RESIDENT, methods=("POST",))
def cancel(session: Session, actor: Actor, id: UUID) -> Any:
    """It does not take place; everybody with a place is told."""
    assert actor.id
    try:
        hosting.cancel(session, actor.id, id)
    except rules.ActivityOver as refusal:
        return _board_page(session, hosting.own_activity(session, actor.id, id), refusal), refusal.status
    return redirect(url_for(".board", id=id), 303)


@room.page("/activities/<uuid:id>/code", access=Access.RESIDENT)
def code(session: Session, actor: Actor, id: UUID) -> Response:
    """The code to hold up at the place; the page asks for a new one by itself every minute."""
    assert actor.id
    one, base = hosting.own_activity(session, actor.id, id), hall().settings.base_url
    written = codes.write(hall().key(codes.PURPOSE), id, clock.now())
    address = f"{base}{url_for('volunteering.here', id=id)}?code={written}"
    drawn = qr.on_page(address)
    came = sum(1 for place in hours.board(session, id) if place.came_at)
    page = render_template("volunteering/code.html", activity=one, qr_code=drawn, came=came)
    response = make_response(page)
    response.headers["Refresh"] = str(FRESH)
    return response
