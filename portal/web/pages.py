"""The hall's own pages: health, the API's description, the components on show, a session kept alive."""

from flask import Response, current_app, g, jsonify, render_template, request
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.core.actor import Actor, Kind
from portal.core.addresses import find_towns
from portal.core.text import TextRefused
from portal.web import openapi, typed
from portal.web import session as web_session
from portal.web.access import Access, NotFound
from portal.web.hall import hall
from portal.web.room import Room

room = Room("web", __name__)


@room.page("/healthz", access=Access.PUBLIC)
def healthz(session: Session, actor: Actor) -> Response:
    """Answers 200 while the database answers."""
    session.execute(text("SELECT 1"))
    return jsonify(status="ok")


@room.page("/openapi.json", access=Access.PUBLIC)
def openapi_json(session: Session, actor: Actor) -> Response:
    """What machines can ask, described in OpenAPI 3.1."""
    settings = hall().settings
    return jsonify(openapi.describe(current_app.extensions["doors"], settings.base_url, settings.city_name))


@room.page("/components", access=Access.PUBLIC)
def components(session: Session, actor: Actor) -> str:
    """Every component with sample data; only the demo shows it."""
    if not hall().settings.demo:
        raise NotFound
    return render_template("components.html")


@room.page("/accessibility", access=Access.PUBLIC)
def accessibility(session: Session, actor: Actor) -> str:
    """What we promise to people who use the portal in other ways than most."""
    return render_template("accessibility.html")


@room.page("/postal-codes", access=Access.PUBLIC)
def postal_codes(session: Session, actor: Actor) -> Response:
    """Addresses of a postal code, for forms that fill in while somebody types; unknown codes have none."""
    try:
        found = find_towns(request.args.get("code", ""))
    except TextRefused:
        found = ()
    return jsonify(addresses=[town.address for town in found])


@room.page("/session/extend", access=Access.PUBLIC, methods=("POST",))
def extend(session: Session, actor: Actor) -> tuple[str, int]:
    """The person is still here (WCAG 2.2.1: one action extends)."""
    if g.session_hash:
        web_session.touch_in(session)
        return "", 204
    return "", 401


def _keep_typed() -> bool:
    owner = g.lapsed_owner or (g.actor.id if g.actor.kind in (Kind.RESIDENT, Kind.BUSINESS, Kind.STAFF) else None)
    place = typed.Place(request.args.get("page", ""), request.args.get("action", ""))
    return owner is not None and typed.keep(owner, place, request.form.items(multi=True))


@room.page("/session/keep-typed", access=Access.PUBLIC, methods=("POST",), before=_keep_typed)
def keep_typed(session: Session, actor: Actor, found: bool) -> tuple[str, int]:
    """The session is about to end, or just did: what stands in the form was kept (js/timeout.js)."""
    return "", 204 if found else 409


def page_number() -> int:
    """`?page=` as a number from 1; anything else is the first page."""
    if "page" not in request.environ.get("QUERY_STRING", ""):  # hardly any page is asked for with it
        return 1
    typed = request.args.get("page", "1")
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < len(typed) < 6 and int(typed) else 1
