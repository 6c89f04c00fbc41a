"""Residents' pages of volunteering: things to do by ward and date, my activities, coming in by the code, objections."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.certificates import service as certificates
from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.addresses import WARDS
from portal.core.errors import Refusal
from portal.points.volunteering import calendar_file, codes, hosting, objections, record, rules, taking_part
from portal.points.volunteering.event_rules import KIND_WORDS, whole_time, words_of
from portal.points.volunteering.forms import ObjectionForm
from portal.points.volunteering.rules import Place
from portal.points.volunteering.taking_part import PAGE, Listed, Mine, Wanted
from portal.residents import service as residents
from portal.web.access import Access
from portal.web.cookies import cookie
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.room import Room
from portal.web.session import VISITOR_COOKIE, visitor

room = Room("volunteering", __name__, "/points/volunteering")
FAR = timedelta(days=800)
MOST_PAGES = 500
COMING = (rules.CodeOld, rules.NoPlace, rules.NotNow, rules.Decided, rules.ActivityFull, rules.ActivityOver)


@room.page("", access=Access.RESIDENT)
def show_all(session: Session, actor: Actor) -> str:
    """Things to do, by ward and date."""
    assert actor.id
    wanted, page = _near(session, actor.id, _wanted()), _page()
    found = taking_part.listed(session, wanted, skip=(page - 1) * PAGE)
    return render_template(
        "volunteering/list.html",
        found=found[:PAGE],
        wards=WARDS,
        kinds=[(kind, _(words)) for kind, words in KIND_WORDS.items()],
        asked={"ward": wanted.ward, "kind": wanted.kind, "from": wanted.since.isoformat()},
        page=page,
        has_more=len(found) > PAGE,
        keeps=bool(hosting.kept_by(session, actor.id)),
    )


def _near(session: Session, resident_id: UUID, wanted: Wanted) -> Wanted:
    """Who names no ward is shown their own, as long as there is something in it."""
    if "ward" in request.args:
        return wanted
    home = residents.standing_of(session, resident_id)
    near = replace(wanted, ward=home.ward if home and home.ward in WARDS else "")
    return near if taking_part.listed(session, near, skip=0) else wanted


def _wanted() -> Wanted:
    ward, kind = request.args.get("ward", ""), request.args.get("kind", "")
    return Wanted(_since(), ward if ward in WARDS else "", kind if kind in KIND_WORDS else "")


def _since() -> date:
    """The day asked for, between today and two years ahead; today if it is none."""
    today = clock.today()
    try:
        asked = date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        return today
    return asked if today <= asked <= today + FAR else today


def _page() -> int:
    typed = request.args.get("page", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else 1
    return min(max(1, number), MOST_PAGES)


@room.page("/mine", access=Access.RESIDENT)
def mine(session: Session, actor: Actor) -> str:
    """My activities: what comes, what was, how many hours."""
    return _mine_page(session, actor)


def _mine_page(session: Session, actor: Actor, refusal: Refusal | None = None) -> str:
    assert actor.id
    found, now = taking_part.mine(session, actor.id), clock.now()
    said = objections.of_places(session, [one.place.id for one in found])
    coming = [one for one in reversed(found) if one.activity.ends_at > now and one.place.state != Place.WITHDRAWN]
    over = [one for one in found if one.activity.ends_at <= now and one.place.state != Place.WITHDRAWN]
    return render_template(
        "volunteering/mine.html",
        coming=[_shown(one) for one in coming],
        over=[_shown(one) | {"objection": said.get(one.place.id)} for one in over],
        refusal=refusal,
        minutes=sum(
            one.place.minutes or 0 for one in over if one.place.state == Place.SETTLED and not one.activity.is_event
        ),
    )


def _shown(one: Mine) -> dict[str, Any]:
    words, tone = words_of(one.place.state, one.place.minutes, is_event=one.activity.is_event)
    if one.activity.state == rules.State.CANCELLED:
        words, tone = _("Cancelled by the organisation"), "error"
    elif one.place.state == Place.APPLIED and one.activity.ends_at <= clock.now():
        words, tone = _("Waits for the organisation"), "neutral"
    else:
        words = _(words)
    return {"place": one.place, "activity": one.activity, "host": one.host, "state": (words, tone)}


@room.page("/mine/certificate", access=Access.RESIDENT, methods=("POST",))
def certificate(session: Session, actor: Actor) -> Any:
    """What I did, as a certificate that anybody can check."""
    assert actor.id
    try:
        number, pdf = record.issue(session, certificates.open_desk(hall().settings), actor.id)
    except (rules.NoHours, rules.RecordByHand) as refusal:
        return _mine_page(session, actor, refusal), refusal.status
    headers = {"Content-Disposition": f'attachment; filename="volunteering-{number}.pdf"'}
    return Response(pdf, mimetype="application/pdf", headers=headers)


@room.page("/mine.ics", access=Access.RESIDENT)
def my_calendar(session: Session, actor: Actor) -> Response:
    """What comes, for the calendar of one's own device."""
    assert actor.id
    now = clock.now()
    coming = [
        one for one in taking_part.mine(session, actor.id)
        if one.activity.ends_at > now and one.place.state == Place.APPLIED
    ]  # fmt: skip
    return _ics([(one.activity, one.host) for one in coming], "activities")


def _ics(found: list[tuple[Any, str]], name: str) -> Response:
    settings = hall().settings
    file = calendar_file.write(found, base=settings.base_url + room.prefix)
    headers = {"Content-Disposition": f'attachment; filename="{name}.ics"'}
    return Response(file, mimetype="text/calendar", headers=headers)


@room.page("/<uuid:id>", access=Access.RESIDENT)
def show(session: Session, actor: Actor, id: UUID) -> str:
    """One activity: what, when, where, for how many points, and whether there is a place."""
    return _activity_page(session, actor, taking_part.look(session, id))


def _activity_page(session: Session, actor: Actor, found: Listed, refusal: Refusal | None = None) -> str:
    assert actor.id
    place = taking_part.place_of(session, actor.id, found.activity.id)
    has_place = place is not None and place.state != Place.WITHDRAWN
    return render_template(
        "volunteering/activity.html",
        found=found,
        activity=found.activity,
        place=place,
        has_place=has_place,
        is_open=found.activity.state == rules.State.OPEN and found.activity.starts_at > clock.now(),
        is_over=found.activity.ends_at <= clock.now(),
        is_cancelled=found.activity.state == rules.State.CANCELLED,
        sessions=hosting.sessions_of(session, found.activity),
        may_object=bool(place and has_place and objections.may_object(session, place, found.activity.ends_at)),
        refusal=refusal,
    )


@room.page("/<uuid:id>.ics", access=Access.RESIDENT)
def calendar(session: Session, actor: Actor, id: UUID) -> Response:
    """The activity for the calendar of one's own device; cancelled, it takes it out again."""
    found = taking_part.look(session, id)
    return _ics([(found.activity, found.host)], f"activity-{str(id)[:8]}")


@room.page("/<uuid:id>/apply", access=Access.RESIDENT, methods=("POST",))
def apply(session: Session, actor: Actor, id: UUID) -> Any:
    """Take a place; pressed twice it is one place."""
    assert actor.id
    try:
        with session.begin_nested():
            taking_part.apply(session, actor.id, id)
    except (rules.ActivityFull, rules.ActivityOver) as refusal:
        return _activity_page(session, actor, taking_part.look(session, id), refusal), refusal.status
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/withdraw", access=Access.RESIDENT, methods=("POST",))
def withdraw(session: Session, actor: Actor, id: UUID) -> Any:
    """Leave the place to somebody else."""
    assert actor.id
    try:
        with session.begin_nested():
            taking_part.withdraw(session, actor.id, id)
    except rules.ActivityOver as refusal:
        return _activity_page(session, actor, taking_part.look(session, id), refusal), refusal.status
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/scan", access=Access.PUBLIC)
def scan(session: Session, actor: Actor, id: UUID) -> Any:
    """What the code at the place opens. Who still has to sign in keeps the scan of this moment meanwhile."""
    key, code = hall().key(codes.PURPOSE), request.args.get("code", "")[:100]
    if actor.kind is not ActorKind.RESIDENT:
        with suppress(rules.CodeOld):
            codes.check(key, id, code, clock.now())
            code = codes.write_pass(key, id, visitor(), clock.now())
    return redirect(url_for(".here", id=id, code=code), 303)


@room.page("/<uuid:id>/here", access=Access.RESIDENT)
def here(session: Session, actor: Actor, id: UUID) -> str:
    """One press says that I came, or that I go."""
    return _here_page(session, actor, id, request.args.get("code", ""))


def _here_page(session: Session, actor: Actor, id: UUID, code: str, refusal: Refusal | None = None) -> str:
    assert actor.id
    return render_template(
        "volunteering/here.html",
        found=taking_part.look(session, id),
        place=taking_part.place_of(session, actor.id, id),
        code=code[:100],
        refusal=refusal,
    )


@room.page("/<uuid:id>/here", access=Access.RESIDENT, methods=("POST",))
def come(session: Session, actor: Actor, id: UUID) -> Any:
    """I am here, or: I go. The code must be of these two minutes, or scanned in time by who signed in meanwhile."""
    assert actor.id
    key, code = hall().key(codes.PURPOSE), request.form.get("code", "")
    try:
        at = codes.scanned_at(key, id, code, cookie(VISITOR_COOKIE), clock.now())
        device = codes.device_mark(key, id, cookie(VISITOR_COOKIE))
        with session.begin_nested():
            taking_part.come(session, actor.id, id, device=device, at=at)
    except COMING as refusal:
        return _here_page(session, actor, id, "", refusal), refusal.status
    return redirect(url_for(".show", id=id), 303)


@room.page("/<uuid:id>/object", access=Access.RESIDENT)
def objection(session: Session, actor: Actor, id: UUID) -> str:
    """The hours are wrong: for how long it really was."""
    return _objection_page(session, actor, id, _objection_form(taking_part.look(session, id)))


def _objection_form(found: Listed) -> ObjectionForm:
    """At an event one was there or not."""
    form = ObjectionForm.read()
    if found.activity.is_event:
        del form.minutes
    return form


def _objection_page(
    session: Session, actor: Actor, id: UUID, form: ObjectionForm, refusal: Refusal | None = None
) -> str:
    assert actor.id
    place = taking_part.place_of(session, actor.id, id)
    if place is None or place.state == Place.WITHDRAWN:
        raise rules.NoPlace
    return render_template(
        "volunteering/object.html", found=taking_part.look(session, id), place=place, form=form, refusal=refusal
    )


@room.page("/<uuid:id>/object", access=Access.RESIDENT, methods=("POST",))
def object_to(session: Session, actor: Actor, id: UUID) -> Any:
    """The city's section looks at it and answers."""
    assert actor.id
    form = _objection_form(found := taking_part.look(session, id))
    if not form.validate():
        return _objection_page(session, actor, id, form), 422
    try:
        whole = whole_time(found.activity.starts_at, found.activity.ends_at)
        minutes = whole if found.activity.is_event else int(form.minutes.data or 0)
        objections.object_to(session, actor.id, id, minutes=minutes, words=form.words.data or "")
    except rules.HoursTooLong as refusal:
        form.minutes.errors = [_(refusal.message, **refusal.facts)]
        return _objection_page(session, actor, id, form), 422
    except rules.ObjectionLate as refusal:
        return _objection_page(session, actor, id, form, refusal), refusal.status
    return redirect(url_for(".mine"), 303)
