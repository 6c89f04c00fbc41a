"""Pages for a new password of staff: with a code from an operator, or with the old password."""

from typing import Any

from flask import g, redirect
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.staff import service
from portal.web import new_password
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.new_password import Tried
from portal.web.room import Room

room = Room("staff_password", __name__, "/staff")

BY_CODE, BY_OLD = "staff new password by code", "staff new password by the old one"


@room.page("/sign-in/new-password", access=Access.PUBLIC, purpose=Purpose.ACCOUNT)
def by_code_form(session: Session, actor: Actor) -> str:
    """Login ID, the code an operator handed over, a new password."""
    return _code_page({})


def _try_code() -> Tried:
    return new_password.try_code(BY_CODE, find=service.code_of)


@room.page("/sign-in/new-password", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, methods=("POST",), before=_try_code)
def by_code(session: Session, actor: Actor, found: Tried) -> Any:
    """Set the new password; the sign-in that follows uses it. One answer for whatever was wrong."""
    if found.owner is None:
        return _code_page(found.errors), 422
    if not service.use_code(session, found.owner, found.code_hash, found.password_hash):
        return _code_page({"login_id": new_password.wrong_code()}), 422
    return redirect("/staff/sign-in?changed=password", 303)


def _code_page(errors: dict[str, str]) -> str:
    return new_password.page("staff_base.html", asks="code", back="/staff/sign-in", errors=errors)


@room.page("/password", access=Access.STAFF, purpose=Purpose.ACCOUNT)
def change_form(session: Session, actor: Actor) -> str:
    """A new password instead of the old one."""
    return _change_page(session, actor, {})


def _try_old() -> Tried:
    actor = g.actor
    with hall().database.page(actor, Purpose.ACCOUNT, writes=False) as session:
        login_id = service.member(session, actor.id).login_id
    return new_password.try_old(BY_OLD, login_id, find=service.password_of, proved=False)


@room.page("/password", access=Access.STAFF, purpose=Purpose.ACCOUNT, methods=("POST",), before=_try_old)
def change(session: Session, actor: Actor, found: Tried) -> Any:
    """Set it; everywhere, here too, one signs in anew."""
    if found.errors:
        return _change_page(session, actor, found.errors), 422
    assert actor.id
    service.set_password(session, actor.id, found.password_hash)
    return redirect("/staff/sign-in?changed=password", 303)


def _change_page(session: Session, actor: Actor, errors: dict[str, str]) -> str:
    assert actor.id
    login_id = service.member(session, actor.id).login_id
    return new_password.page("staff_base.html", asks="old", back="/staff/", errors=errors, login_id=login_id)
