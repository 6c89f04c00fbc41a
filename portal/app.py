"""The roof: the one module that knows every room. Nobody imports it but the command line and the tests."""

from typing import Any

from flask import Flask, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.accounts import desk_routes as accounts_desk
from portal.accounts import password_routes as accounts_password
from portal.accounts import routes as accounts
from portal.applications import catalogue_routes as applications_catalogue
from portal.applications import review_routes as applications_review
from portal.applications import routes as applications
from portal.certificates import routes as certificates
from portal.certificates import settle_routes as certificates_settle
from portal.config import Settings
from portal.core import clock
from portal.core.uow import Database
from portal.devices import routes as devices
from portal.devices.service import recognise
from portal.home import menu
from portal.home import routes as home
from portal.kiosks import api as kiosks
from portal.mailbox import api as mailbox_api
from portal.mailbox import routes as mailbox
from portal.mydata import routes as mydata
from portal.opening import open_database
from portal.oversight import routes as oversight
from portal.points import routes as points
from portal.reservations import routes as reservations
from portal.residents import routes as residents
from portal.staff import member_routes as staff_member
from portal.staff import password_routes as staff_password
from portal.staff import routes as staff
from portal.web import csrf, errors, headers, i18n, pages, waiting_room
from portal.web import session as web_session
from portal.web.hall import Hall, hall
from portal.web.room import Room
from portal.web.templating import SpokenEnvironment
from portal.window import desk_routes as window_desk
from portal.window import routes as window

__all__ = ["ROOMS", "create_app", "open_database"]

ROOMS: tuple[Room, ...] = (
    pages.room,
    residents.room,
    staff.room,
    staff_member.room,
    staff_password.room,
    accounts.room,
    accounts_password.room,
    accounts_desk.room,
    devices.room,
    applications.room,
    applications_review.room,
    applications_catalogue.room,
    reservations.room,
    window.room,
    window_desk.room,
    certificates.room,
    certificates_settle.room,
    points.room,
    mailbox.room,
    mailbox_api.room,
    kiosks.room,
    mydata.room,
    oversight.room,
    home.room,
)

MAX_FORM = 2_000_000


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """The WSGI application with every room's doors open."""
    settings = settings or Settings()
    app = Flask("portal", static_folder="web/static", template_folder="web/templates")
    app.jinja_environment = SpokenEnvironment
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
    errors.install(app)
    headers.install(app, settings)
    app.jinja_env.settled.update(city_name=settings.city_name, demo=settings.demo)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(csrf_token=csrf.csrf_token)
    app.context_processor(_for_templates)
    waiting_room.install(app, settings)
    return app


def _for_templates() -> dict[str, Any]:
    """What every template may use beside the globals set above; the list is in web/templates/README.md."""
    settings, known = hall().settings, g._get_current_object()
    actor = known.get("actor")
    return {
        "locale": i18n.language(),
        "languages": i18n.language_links(),
        "actor": actor,
        "page_path": request.path,
        "form_page": errors.page_of_the_form() if request.method == "POST" else "",
        "demo_clock": clock.now() if settings.demo and clock.is_shifted() else None,
        "session_warning": {"idle_seconds": settings.idle_minutes * 60} if known.get("session_hash") else None,
        "nav": menu.navigation(actor) if actor else (),
        "staff_search": menu.search_page(actor) if actor else None,
    }
