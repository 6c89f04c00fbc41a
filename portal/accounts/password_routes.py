"""Pages for a new password: what to do when it is forgotten, and changing it while signed in."""

from typing import Any

from flask import g, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from portal.accounts import password, service
from portal.accounts.signing_in import begin, device, own
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.web import new_password, password_try
from portal.web import session as web_session
from portal.web.access import Access, NotFound
from portal.web.hall import hall
from portal.web.new_password import Tried
from portal.web.room import Room

room = Room("accounts_password", __name__)

BY_CODE, BY_OLD = "new password by code", "new password by the old one"
CHANGED = "/account?changed=password"


@room.page("/sign-in/forgotten", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def forgotten(session: Session, actor: Actor) -> str:
    """The ways back into an account."""
    return render_template("accounts/forgotten.html")


@room.page("/sign-in/new-password", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def by_code_form(session: Session, actor: Actor) -> str:
    """Login ID, the code from the window, a new password."""
    return _code_page({})


def _try_code() -> Tried:
    return new_password.try_code(BY_CODE, find=password.code_of)


@room.page("/sign-in/new-password", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",), before=_try_code)
def by_code(session: Session, actor: Actor, found: Tried) -> Any:
    """Set the new password and sign in; one answer for whatever was wrong."""
    if found.owner is None:
        return _code_page(found.errors), 422
    if not password.use_code(session, found.owner, found.code_hash, password_hash=found.password_hash, device=device()):
        return _code_page({"login_id": new_password.wrong_code()}), 422
    begin(session, found.owner, assurance=1)
    return redirect(CHANGED, 303)


def _code_page(errors: dict[str, str]) -> str:
    return new_password.page("base.html", asks="code", back="/sign-in/forgotten", errors=errors)


@room.page("/account/password", access=Access.RESIDENT, purpose=Purpose.ACCOUNT)
def change_form(session: Session, actor: Actor) -> str:
    """A new password; after a passkey the old one is not asked."""
    return _change_page(session, actor, {})


def _try_old() -> Tried:
    actor = g.actor
    with hall().database.page(actor, Purpose.ACCOUNT, writes=False) as session:
        login_id = _login_id(session, actor)
    return new_password.try_old(BY_OLD, login_id, find=service.password_of, proved=actor.assurance >= 2)


@room.page("/account/password", access=Access.RESIDENT, purpose=Purpose.ACCOUNT, methods=("POST",), before=_try_old)
def change(session: Session, actor: Actor, found: Tried) -> str | tuple[str, int] | Redirect:
    """Set it; every other place is signed out, here one stays."""
    if found.errors:
        return _change_page(session, actor, found.errors), 422
    password.set_password(session, own(actor), password_hash=found.password_hash, device=device())
    password_try.forgive(session, BY_OLD, _login_id(session, actor))
    web_session.sign_in(session, service.actor_of(session, own(actor), assurance=actor.assurance))
    return redirect(CHANGED, 303)


def _login_id(session: Session, actor: Actor) -> str:
    account = service.account_of(session, own(actor))
    if account is None:
        raise NotFound
    return account.login_id


def _change_page(session: Session, actor: Actor, errors: dict[str, str]) -> str:
    asks = "" if actor.assurance >= 2 else "old"
    login_id = _login_id(session, actor)
    return new_password.page("base.html", asks=asks, back="/account", errors=errors, login_id=login_id)
