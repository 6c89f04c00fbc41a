"""Pages of alarms: what everybody reads, and where staff begin and end them."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.permissions import Permission
from portal.mailbox.alarms import rules, service
from portal.mailbox.alarms.forms import AlarmForm
from portal.mailbox.alarms.rules import Shown
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import LANGUAGES, language
from portal.web.room import Room

room = Room("alarms", __name__)
DECLARE = Access.staff(Permission.EMERGENCY_DECLARE)
PAGE = "/staff/emergency"


def banners() -> list[dict[str, Any]]:
    """What stands above every page: nothing most of the time, and then without a look at the database."""
    return [banner(alarm) for alarm in service.shown(hall().database)]


def banner(alarm: Shown) -> dict[str, Any]:
    """One alarm in the reader's language; readers of Japanese get the easy text too."""
    told, spoken = alarm.told(language())
    easy = alarm.easy if spoken == "ja" and alarm.easy != told["body"] else ""
    return {"title": told["title"], "body": told["body"], "easy": easy, "area": alarm.area, "lang": spoken}


@room.page("/emergency", access=Access.PUBLIC)
def show(session: Session, actor: Actor) -> str:
    """What is up now, in full."""
    alarms = [(banner(alarm), alarm) for alarm in service.shown(hall().database)]
    return render_template("alarms/list.html", alarms=alarms)


@room.page("/emergency/now", access=Access.PUBLIC)
def now(session: Session, actor: Actor) -> Response:
    """The same in few words, for screens that stay up: call boards and kiosks ask every few seconds."""
    response = jsonify(alarms=[_on_screen(alarm) for alarm in service.shown(hall().database)])
    response.headers["Cache-Control"] = "no-store"
    return response


def _on_screen(alarm: Shown) -> dict[str, Any]:
    """`words` in every language, since whoever stands at a kiosk changes it; `seconds` it is still up, since a screen
    whose line is cut goes on with what it knows."""
    title, body, _, area, lang = banner(alarm).values()
    words = {code: alarm.told(code) for code in LANGUAGES}
    return {
        "title": title,
        "body": body,
        "area": area,
        "lang": lang,
        "seconds": max(0, int((alarm.ends_at - clock.now()).total_seconds())),
        "words": {code: {**said, "lang": spoken} for code, (said, spoken) in words.items()},
    }


def _page(session: Session, actor: Actor, form: AlarmForm) -> str:
    standing = service.standing(session)
    return render_template(
        "alarms/desk.html", standing=standing, own=actor.id, form=form.label(), languages_of=rules.LANGUAGES
    )


@room.page(PAGE, access=DECLARE, purpose=Purpose.OPERATION)
def desk(session: Session, actor: Actor) -> str:
    """Alarms that are up, and the form for another."""
    return _page(session, actor, AlarmForm.read())


@room.page(PAGE, access=DECLARE, purpose=Purpose.OPERATION, methods=("POST",))
def begin(session: Session, actor: Actor) -> Any:
    """Up at once, by one person."""
    form = AlarmForm.read().label()
    if not form.validate():
        return _page(session, actor, form), 422
    service.begin(
        session,
        actor,
        texts=form.texts(),
        link=form.link.data,
        wards=form.wards.data or (),
        hours=int(form.hours.data),
        sends_notice=form.notice.data,
    )
    return redirect(PAGE, 303)


@room.page(f"{PAGE}/<uuid:alarm_id>/check", access=DECLARE, purpose=Purpose.OPERATION, methods=("POST",))
def check(session: Session, actor: Actor, alarm_id: UUID) -> Redirect:
    """A second person has read it."""
    service.check(session, actor, alarm_id)
    return redirect(PAGE, 303)


@room.page(f"{PAGE}/<uuid:alarm_id>/end", access=DECLARE, purpose=Purpose.OPERATION, methods=("POST",))
def end(session: Session, actor: Actor, alarm_id: UUID) -> Redirect:
    """Ask to end it, or as the second person end it."""
    service.end(session, actor, alarm_id)
    return redirect(PAGE, 303)
