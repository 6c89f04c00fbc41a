"""Pages everybody sees: the call board in the hall, and one's own number on the phone."""

from uuid import UUID

from flask import Response, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.reservations import service as reservations
from portal.staff import service as staff
from portal.web.access import Access, NotFound
from portal.web.room import Room
from portal.window import service, view

room = Room("window", __name__)


def _office_name(session: Session, office: str) -> str:
    names = {one.code: one.name for one in reservations.offices(session)}
    if office not in names:
        raise NotFound
    return names[office]


@room.page("/board/<office>", access=Access.PUBLIC, purpose=Purpose.WINDOW)
def board(session: Session, actor: Actor, office: str) -> str:
    """The call board of one ward office, for the big screen in its hall."""
    name = _office_name(session, office)
    state = view.board_state(service.board(session, office))
    about = {"office": name, "url": url_for(".board_state", office=office), **state}
    return render_template("window/board.html", board=about, other=view.other_language)


@room.page("/board/<office>/state", access=Access.PUBLIC, purpose=Purpose.WINDOW)
def board_state(session: Session, actor: Actor, office: str) -> Response:
    """The same as JSON, asked for every second; unchanged it is answered with 304."""
    _office_name(session, office)
    response = jsonify(view.board_state(service.board(session, office)))
    response.headers["Cache-Control"] = "public, max-age=1"
    response.add_etag()
    response.make_conditional(request)
    return response


@room.page("/reservations/<uuid:id>/waiting", access=Access.RESIDENT)
def waiting(session: Session, actor: Actor, id: UUID) -> str | Redirect:
    """One's own number: how many people before me, and the window once called."""
    booking = reservations.open_booking(session, id, owner=actor.id)
    ticket = service.ticket_of_booking(session, booking.id)
    if ticket is None:
        return redirect(url_for("reservations.show", id=id), 303)
    return render_template(
        "window/waiting.html",
        ticket=ticket,
        before=service.people_before(session, ticket),
        booking=booking,
        office=staff.office_name(session, ticket.office),
    )
