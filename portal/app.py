"""The roof: the one module that knows every room. Nobody imports it but the command line and the tests."""

from typing import Any

from flask import Flask, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import wiring
from portal.accounts import routes as accounts
from portal.applications import catalogue_routes as applications_catalogue
from portal.applications import review_routes as applications_review
from portal.applications import routes as applications
from portal.config import Settings
from portal.core import clock
from portal.core.audit import Anchor
from portal.core.crypto import derive_key, signing_key
from portal.core.db import make_engine
from portal.core.uow import Database
from portal.devices import routes as devices
from portal.devices.service import recognise
from portal.home import menu
from portal.home import routes as home
from portal.kiosks import api as kiosks
from portal.mailbox import api as mailbox_api
from portal.mailbox import routes as mailbox
from portal.mydata import routes as mydata
from portal.oversight import routes as oversight
from portal.points import routes as points
from portal.reservations import routes as reservations
from portal.residents import routes as residents
from portal.staff import routes as staff
from portal.web import csrf, errors, headers, i18n, pages, waiting_room
from portal.web import session as web_session
from portal.web.hall import Hall, hall
from portal.web.room import Room
from portal.web.templating import SpokenEnvironment
from portal.window import desk_routes as window_desk
from portal.window import routes as window

ROOMS: tuple[Room, ...] = (
    pages.room,
    residents.room,
    staff.room,
    accounts.room,
    devices.room,
    applications.room,
    applications_review.room,
    applications_catalogue.room,
    reservations.room,
    window.room,
    window_desk.room,
    points.room,
    mailbox.room,
    mailbox_api.room,
    kiosks.room,
    mydata.room,
    oversight.room,
    home.room,
)

MAX_FORM = 2_000_000


def open_database(settings: Settings) -> Database:
    """The database of *settings* with listeners, audit key and anchor; the demo's clock is followed."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    if settings.demo:
        clock.follow(settings.clock_file)
    anchor = Anchor(settings.state_dir / "audit-heads", signing_key(settings.master, "audit-anchor"))
    database = Database(make_engine(settings.url), wiring.LISTENERS, derive_key(settings.master, "audit-chain"), anchor)
    database.keep_open()
    return database


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
    headers.install(app)
    app.context_processor(_for_templates)
    waiting_room.install(app, settings)
    return app


def _for_templates() -> dict[str, Any]:
    """What every template may use; the list is in web/templates/README.md."""
    settings = hall().settings
    signed_in = g.get("session_hash")
    return {
        "locale": i18n.language(),
        "languages": i18n.language_links(),
        "csrf_token": csrf.csrf_token,
        "actor": g.get("actor"),
        "page_path": request.path,
        "city_name": settings.city_name,
        "demo": settings.demo,
        "demo_clock": clock.now() if settings.demo and clock.is_shifted() else None,
        "session_warning": {"idle_seconds": settings.idle_minutes * 60} if signed_in else None,
        "nav": menu.navigation(g.actor) if "actor" in g else (),
        "staff_search": menu.search_page(g.actor) if "actor" in g else None,
    }
