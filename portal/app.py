"""The roof: what all rooms are opened in. Nobody imports it but the command line and the tests."""

from typing import Any
from uuid import UUID

from flask import Flask, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.config import Settings
from portal.core import clock
from portal.core.audit import Purpose
from portal.core.uow import Database
from portal.devices.service import recognise
from portal.home import menu
from portal.mailbox.alarms import routes as alarms
from portal.mailbox.notify import routes as notify
from portal.opening import open_database
from portal.rooms import ROOMS
from portal.web import csrf, errors, headers, i18n, waiting_room
from portal.web import session as web_session
from portal.web.city_app import CityApp
from portal.web.hall import Hall, hall

__all__ = ["ROOMS", "create_app", "open_database"]

MAX_FORM = 2_000_000


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """The WSGI application with every room's doors open."""
    settings = settings or Settings()
    app = CityApp("portal", static_folder="web/static", template_folder="web/templates")
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM
    app.config["TRUSTED_HOSTS"] = settings.hosts
    if settings.trusted_proxies:  # or else every citizen comes from the front server's address, and shares its tries
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["portal"] = Hall(settings, database or open_database(settings), recognise)
    app.extensions["doors"] = [door for room in ROOMS for door in room.doors]
    i18n.install(app)
    app.before_request(web_session.load)
    for room in ROOMS:
        app.register_blueprint(room.blueprint)
    errors.install(app, foreign={notify.room.prefix: notify.no_such_call})
    headers.install(app, settings)
    app.jinja_env.settled.update(  # type: ignore[attr-defined]
        city_name=settings.city_name,
        demo=settings.demo,
        idle_seconds=settings.idle_minutes * 60,
        plain_languages=i18n.PLAIN_LINKS,
    )
    app.jinja_env.globals.update(csrf_token=csrf.csrf_token)
    app.settle(_for_templates)
    waiting_room.install(app, settings)
    return app


def _held_visit(application_id: UUID) -> menu.HeldVisit | None:
    """Asked for by the pages of a form alone: what a room above the form's holds for it."""
    actor = g.actor
    with hall().database.page(actor, Purpose.OWN_USE, writes=False) as session:
        return menu.held_visit(session, actor.id, application_id)


def _present_number(resident_id: UUID) -> str:
    """Asked for by the page after an application was filled in at the window: which number the person holds."""
    actor = g.actor
    with hall().database.page(actor, Purpose.ASSIST, writes=False) as session:
        return menu.present_number(session, actor, resident_id)


def _for_templates() -> dict[str, Any]:
    """What every template may use beside the globals set above; the list is in web/templates/README.md."""
    settings, known = hall().settings, g._get_current_object()
    form_page = errors.page_of_the_form() if request.method == "POST" else ""
    actor = known.get("actor")
    return {
        "locale": i18n.language(),
        "languages": i18n.language_links(form_page),
        "actor": actor,
        "page_path": request.path,
        "form_page": form_page,
        "demo_clock": clock.now() if settings.demo and clock.is_shifted() else None,
        "reader": web_session.reader_mark(actor),
        "signed_in": known.get("session_hash") is not None,
        "nav": menu.navigation(actor) if actor else (),
        "held_visit": _held_visit,
        "present_number": _present_number,
        "alarms": alarms.banners(),
        "staff_search": menu.search_page(actor) if actor else None,
    }
