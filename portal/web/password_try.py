"""One try to sign in with a password: counted first, checked outside any transaction, equal for unknown names.

Argon2 takes some 30 ms on purpose; inside a writing transaction that would hold up every other writer of SQLite.
"""

from collections.abc import Callable
from uuid import UUID

from flask import g, request
from sqlalchemy.orm import Session

from portal.core import passwords
from portal.core.audit import Purpose
from portal.core.crypto import token_hash
from portal.core.text import fold_width, shown_again
from portal.web import throttle
from portal.web.cookies import cookie
from portal.web.hall import hall
from portal.web.session import VISITOR_COOKIE

LIMIT = 9  # the tenth try within a quarter of an hour is refused
FROM_ONE_ADDRESS = 100
"""Tries that failed from one address under any names: each costs an Argon2 run, but a whole office may share one."""

Find = Callable[[Session, str], tuple[UUID, str] | None]
Knows = Callable[[Session, UUID, str], bool]


def check(what: str, login_id: str, password: str, *, find: Find, knows: Knows | None = None) -> UUID | None:
    """The id behind *login_id* if *password* is its own, else None; raises TooManyTries at the tenth try.

    Tries count per name and address, and per name alone: a stranger with many addresses gains nothing. A browser
    its owner signed in with before (`knows`) has a count of its own, so that a stranger cannot lock the owner out;
    in a new browser a passkey or a code still opens the account.
    """
    found = check_kept(what, login_id, password, find=find, knows=knows)
    return found[0] if found else None


def check_kept(
    what: str, login_id: str, password: str, *, find: Find, knows: Knows | None = None, guessable: bool = True
) -> tuple[UUID, str] | None:
    """The same with the kept hash that fitted. What nobody can guess is not counted per name alone: counting there
    stops nobody but the one who holds it."""
    name, address = _folded(login_id), request.remote_addr or ""
    with hall().database.page(g.actor, Purpose.ACCOUNT, writes=True) as session:
        found = find(session, name)
        known = bool(found and knows and knows(session, found[0], browser()))
        if known:
            throttle.guard(session, what, name, "known browser", browser(), limit=LIMIT)
        else:
            throttle.guard(session, f"{what} under any name", address, limit=FROM_ONE_ADDRESS)
            throttle.guard(session, what, name, address, limit=LIMIT)
            if guessable:
                throttle.guard(session, what, name, limit=LIMIT)
    if not passwords.fits(password, found[1] if found else None):
        return None
    if not known:
        with hall().database.page(g.actor, Purpose.ACCOUNT, writes=True) as session:
            throttle.take_back(session, f"{what} under any name", address)
    return found


def forgive(session: Session, what: str, login_id: str) -> None:
    """The owner came in: their earlier slips from here no longer count."""
    name = _folded(login_id)
    throttle.forgive(session, what, name, request.remote_addr or "")
    throttle.forgive(session, what, name, "known browser", browser())
    throttle.forgive(session, what, name)


def as_typed(login_id: str) -> str:
    """What somebody typed, to be shown to them again: without signs that no page may hold (NUL, say)."""
    return shown_again(login_id, longest=60)


def _folded(login_id: str) -> str:
    """A login ID as people type it on phones: in any width and any case."""
    return fold_width(as_typed(login_id)).strip().casefold()[:60]


def browser() -> str:
    """A hash of the cookie that tells this browser from others; "" before it has one."""
    token = cookie(VISITOR_COOKIE)
    return token_hash(token) if token else ""
