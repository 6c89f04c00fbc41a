"""Pages everybody sees: the call board in the hall, numbers drawn by phone, and one's own number."""

from uuid import UUID

from flask import Response, jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.core import qr
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.reservations import service as reservations
from portal.staff import service as staff
from portal.web import throttle
from portal.web.access import Access, NotFound
from portal.web.i18n import language
from portal.web.room import Room
from portal.window import rules, service, view
from portal.window.rules import How

room = Room("window", __name__)

# A quarter of an hour, one address: a hall's own network is one address for all phones in it.
DRAWS = 10
REFERENCES = 10


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
    code = qr.on_page(view.address("window.hall", office=office))
    return render_template("window/board.html", board=about, other=view.other_language, qr_code=code)


@room.page("/board/<office>/state", access=Access.PUBLIC, purpose=Purpose.WINDOW)
def board_state(session: Session, actor: Actor, office: str) -> Response:
    """The same as JSON, asked for twice a second; unchanged it is answered with 304. No cache on the way answers for us:
    a second there is a second for which a number that was drawn is not on the board."""
    _office_name(session, office)
    response = jsonify(view.board_state(service.board(session, office)))
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@room.page("/hall/<office>", access=Access.PUBLIC, purpose=Purpose.WINDOW)
def hall(session: Session, actor: Actor, office: str) -> str:
    """What the QR code in the hall opens: a number without a kiosk, or check-in for a reservation."""
    return _hall_page(session, actor, office)


@room.page("/hall/<office>/numbers", access=Access.PUBLIC, purpose=Purpose.WINDOW, methods=("POST",))
def draw(session: Session, actor: Actor, office: str) -> Redirect | tuple[str, int]:
    """Draw a number; a second press gives the same one."""
    _office_name(session, office)
    throttle.guard(session, "number", request.remote_addr or "", limit=DRAWS)
    token = view.token_of(request.form.get("once", ""))
    try:
        ticket = service.draw(session, office, request.form.get("kind", ""), token, how=How.PHONE, language=language())
    except Refusal as refusal:
        return _hall_page(session, actor, office, refusal), refusal.status
    return redirect(url_for(".number", token=ticket.token), 303)


@room.page("/hall/<office>/check-in", access=Access.PUBLIC, purpose=Purpose.WINDOW, methods=("POST",))
def check_in(session: Session, actor: Actor, office: str) -> Redirect | tuple[str, int]:
    """Check in for a reservation at this office by its reference number."""
    name = _office_name(session, office)
    throttle.guard(session, "check-in", request.remote_addr or "", limit=REFERENCES)
    typed = request.form.get("reference", "")
    try:
        booking = service.find_booking(session, typed)
        rules.check_office(booking.office, office, staff.office_name(session, booking.office))
        ticket = service.check_in(session, booking, by=name, how=How.PHONE, language=language())
    except Refusal as refusal:
        return _hall_page(session, actor, office, refusal, typed=typed), refusal.status
    # Only guesses count: all phones in a hall may have one address.
    throttle.take_back(session, "check-in", request.remote_addr or "")
    return redirect(url_for(".number", token=ticket.token), 303)


def _hall_page(session: Session, actor: Actor, office: str, refusal: Refusal | None = None, *, typed: str = "") -> str:
    name = _office_name(session, office)
    own = service.can_check_in(session, actor.id) if actor.kind is ActorKind.RESIDENT and actor.id else None
    return render_template(
        "window/hall.html",
        office=name,
        code=office,
        offers=service.offers(session, office),
        visit=own if own and own.office == name else None,
        once=view.once(),
        refusal=refusal,
        typed=typed,
    )


@room.page("/number/<token>", access=Access.PUBLIC, purpose=Purpose.WINDOW)
def number(session: Session, actor: Actor, token: str) -> str:
    """One number on the phone: who is called, how many people come before, about how long."""
    return _number_page(session, token)


@room.page("/number/<token>/state", access=Access.PUBLIC, purpose=Purpose.WINDOW)
def number_state(session: Session, actor: Actor, token: str) -> Response:
    """What changes on that page, asked for every few seconds; unchanged it is answered with 304."""
    ticket = service.by_token(session, token)
    response = jsonify(view.number_state(ticket, service.standing(session, ticket)))
    response.add_etag()
    response.make_conditional(request)
    return response


@room.page("/number/<token>/leave", access=Access.PUBLIC, purpose=Purpose.WINDOW, methods=("POST",))
def leave(session: Session, actor: Actor, token: str) -> Redirect:
    """Leave the queue."""
    service.leave(session, token)
    return redirect(url_for(".number", token=token), 303)


@room.page("/number/<token>/back", access=Access.PUBLIC, purpose=Purpose.WINDOW, methods=("POST",))
def come_back(session: Session, actor: Actor, token: str) -> Redirect | tuple[str, int]:
    """Missed the call, there now: back in the queue."""
    try:
        service.come_back(session, token)
    except rules.NotBackInTime as refusal:
        return _number_page(session, token, refusal), refusal.status
    return redirect(url_for(".number", token=token), 303)


@room.page("/number/<token>/slip", access=Access.PUBLIC, purpose=Purpose.WINDOW)
def slip(session: Session, actor: Actor, token: str) -> Response:
    """The number on a strip of thermal paper (80 mm), as PDF."""
    ticket = service.by_token(session, token)
    return Response(view.slip(session, ticket), mimetype="application/pdf")


def _number_page(session: Session, token: str, refusal: Refusal | None = None) -> str:
    ticket = service.by_token(session, token)
    standing = service.standing(session, ticket)
    return render_template(
        "window/number.html",
        ticket=ticket,
        standing=standing,
        state=view.number_state(ticket, standing),
        words=service.KIND_WORDS[ticket.kind],
        office=staff.office_name(session, ticket.office),
        refusal=refusal,
    )


@room.page("/reservations/<uuid:id>/waiting", access=Access.RESIDENT)
def waiting(session: Session, actor: Actor, id: UUID) -> Redirect:
    """The number of one's own visit, or the reservation while there is none."""
    booking = reservations.open_booking(session, id, owner=actor.id)
    ticket = service.ticket_of_booking(session, booking.id)
    if ticket is None:
        return redirect(url_for("reservations.show", id=id), 303)
    return redirect(url_for(".number", token=ticket.token), 303)
