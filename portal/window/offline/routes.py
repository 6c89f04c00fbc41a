"""Pages of a desk that goes on without network, and the doors its browser knocks at while there is one."""

from flask import Response, current_app, jsonify, render_template, request
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.identity import DOCUMENT_WORDS
from portal.core.permissions import Permission
from portal.staff import service as staff
from portal.web import throttle
from portal.web.access import Access
from portal.web.room import Room
from portal.window import rules as window_rules
from portal.window import view as window_view
from portal.window.offline import forms, service, view

room = Room("window_offline", __name__, "/staff/window/offline")

SERVES = Access.staff(Permission.WINDOW_SERVE)
# Of one person in a quarter of an hour: the blocks of an office and day are 990, for all its desks.
LEASES = 20


@room.page("", access=SERVES, purpose=Purpose.WINDOW)
def desk(session: Session, actor: Actor) -> str:
    """The desk without network. The browser keeps this page; what it shows comes from its own store."""
    return render_template(
        "window_offline/desk.html",
        office=staff.office_name(session, actor.office),
        words=view.words(),
        kinds=window_view.kind_words(actor.office),
        reasons=window_view.options({str(one): words for one, words in window_rules.REASON_WORDS.items()}),
        documents=window_view.options({str(one): words for one, words in DOCUMENT_WORDS.items()}),
        recalls=window_rules.RECALLS,
        signed_in=False,  # without network nobody can sign in again: the page must not lead away from itself
    )


@room.page("/worker.js", access=Access.PUBLIC)
def worker(session: Session, actor: Actor) -> Response:
    """The service worker. It lies here because a worker serves the pages beneath its own address."""
    response = current_app.send_static_file("js/offline/worker.js")
    response.headers["Service-Worker-Allowed"] = "/staff/window"
    response.headers["Cache-Control"] = "no-cache"
    return response


@room.page("/state", access=SERVES, purpose=Purpose.WINDOW)
def state(session: Session, actor: Actor) -> Response:
    """What a desk must know if the line is lost in the next moment."""
    return jsonify(view.state(service.state(session, actor, view.salt(actor.office)), actor))


@room.page("/lease", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def lease(session: Session, actor: Actor) -> Response:
    """Numbers for this browser, for today."""
    throttle.guard(session, "offline-lease", str(actor.id), limit=LEASES)
    lent = service.lease(session, actor)
    return jsonify(id=str(lent.id), secret=lent.secret, block=lent.block)


@room.page("/merge", access=SERVES, purpose=Purpose.WINDOW, methods=("POST",))
def merge(session: Session, actor: Actor) -> Response:
    """The journal of a desk that is back on line; sent twice it is merged once."""
    journal = forms.read(request.get_data())
    return jsonify(view.merged(service.merge(session, actor, journal, view.key())))


@room.page("/merged", access=SERVES, purpose=Purpose.WINDOW)
def merged(session: Session, actor: Actor) -> str:
    """What desks of this office made without network today, and what staff must know about it."""
    count, told = service.merged_today(session, actor.office)
    return render_template(
        "window_offline/merged.html",
        office=staff.office_name(session, actor.office),
        count=count,
        told=[(one, view.conflict(one.code, one.facts)) for one in told],
    )
