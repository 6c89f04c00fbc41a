"""Pages of what is kept on devices, and the doors at which a device asks."""

from typing import Any
from uuid import UUID

from flask import Response, g, jsonify, redirect, render_template, request
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.core.actor import STRANGER, Actor, Kind
from portal.core.audit import Purpose, afterwards
from portal.mailbox.opening import Reader
from portal.mailbox.shelf import rules, service, view
from portal.web import session as web_session
from portal.web import throttle
from portal.web.access import Access
from portal.web.i18n import gettext
from portal.web.room import Room

room = Room("shelf", __name__, "/mailbox")
PAGE = "/mailbox/shelf"
# Of one person in a quarter of an hour.
MADE = 10
LONGEST_TOKEN = 100


@room.page("/shelf", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """What this device keeps, and which other devices keep something."""
    reader = Reader.of(actor)
    return render_template("shelf/show.html", devices=service.of(session, reader.owner), days=rules.KEPT.days)


@room.page("/shelf/offline", access=Access.PUBLIC)
def offline(session: Session, actor: Actor) -> str:
    """The page a browser keeps for the time without a line: it names nobody, whoever asks for it."""
    return render_template("shelf/offline.html", actor=STRANGER, signed_in=False, reader="", nav=(), alarms=())


@room.page("/shelf", access=Access.RESIDENT, methods=("POST",))
def make(session: Session, actor: Actor) -> Response:
    """This browser may keep letters from now on."""
    reader = Reader.of(actor)
    throttle.guard(session, "shelf", str(reader.owner), limit=MADE)
    name = accounts.device_name(request.user_agent.string or "") or gettext("Unknown browser")
    token = service.make(session, reader.owner, name=name, place=g.session_hash)
    return jsonify(token=token, mark=web_session.reader_mark(actor))


@room.page("/<uuid:notice_id>/copy", access=Access.RESIDENT)
def copy(session: Session, actor: Actor, notice_id: UUID) -> Response:
    """The notice to be kept on this device; that it was is part of its course."""
    reader = Reader.of(actor)
    kept = service.copy(session, reader, notice_id)
    number = kept.opened.notice.number
    afterwards(session, lambda later: service.note_kept(later, reader, number))
    return jsonify(view.letter(kept))


@room.page("/shelf/<uuid:shelf_id>/end", access=Access.RESIDENT, methods=("POST",))
def end(session: Session, actor: Actor, shelf_id: UUID) -> Any:
    """That device shall keep nothing any more."""
    service.end(session, Reader.of(actor).owner, shelf_id)
    return redirect(PAGE, 303)


def _sent() -> tuple[str, list[UUID]]:
    """(token, notices) of what a device sent."""
    value = request.get_json(silent=True)
    token = value.get("token") if isinstance(value, dict) else None
    notices = value.get("notices", []) if isinstance(value, dict) else None
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN or not isinstance(notices, list):
        raise rules.AskedUnreadable
    try:
        return token, [UUID(one) for one in notices[: rules.MOST_ASKED]]
    except (ValueError, TypeError, AttributeError):
        raise rules.AskedUnreadable from None


@room.protocol("/shelf/check", purpose=Purpose.OWN_USE)
def check(session: Session) -> Response:
    """A device shows its token, signed in or not: may it go on, and which of its letters must go?"""
    token, notices = _sent()
    who = g.actor.id if g.actor.kind is Kind.RESIDENT else None
    told = service.ask(session, token, notices, who=who, place=g.session_hash)
    return jsonify(stands=told.stands, gone=[str(one) for one in told.gone])


@room.protocol("/shelf/leave", purpose=Purpose.OWN_USE)
def leave(session: Session) -> tuple[str, int]:
    """A device says that it keeps nothing any more."""
    service.leave(session, _sent()[0])
    return "", 204
