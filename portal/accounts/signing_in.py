"""What the pages of accounts share: how a session of a resident begins, on which device, and whose it is."""

from uuid import UUID

from flask import g, request
from sqlalchemy.orm import Session

from portal.accounts import rules, service
from portal.core.actor import Actor
from portal.web import password_try
from portal.web import session as web_session
from portal.web.access import SignInNeeded
from portal.web.i18n import LANGUAGE_COOKIE


def begin(session: Session, resident_id: UUID, *, assurance: int) -> None:
    """A fresh session under a fresh token, a line on the timeline, and the language the person chose."""
    service.remember_sign_in(session, resident_id, browser=password_try.browser(), device=device())
    web_session.sign_in(session, service.actor_of(session, resident_id, assurance=assurance))
    if LANGUAGE_COOKIE not in request.cookies:
        g.cookies_to_set[LANGUAGE_COOKIE] = service.language_of(session, resident_id)


def binding() -> str:
    """Whose challenge this is: this session's, or this browser's before there is one."""
    found = g.session_hash or password_try.browser()
    if not found:
        raise SignInNeeded
    return str(found)


def device() -> str:
    """What this browser calls itself, in words its owner knows."""
    return rules.device_name(request.user_agent.string or "")


def own(actor: Actor) -> UUID:
    """The id of the resident who is signed in."""
    if actor.id is None:
        raise SignInNeeded
    return actor.id
