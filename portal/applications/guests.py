"""Applications without an account (アカウントなし): a number and a password made by us open one case, nothing else.

While the form is filled in, a random token in a cookie of that browser is the key; what the table keeps is its hash. With
the sending the person gets a password, once; it is derived from the token and a number of the page they sent from, so that
a second press shows the same one. Nothing of the register is ever filled in or shown here.

Who has no account and sent something together with the office (assisted/) gets a password at the window: it opens that one
case of theirs.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.applications import cases, drafts, service
from portal.applications.models import Application, GuestKey
from portal.applications.procedures import catalogue
from portal.applications.rules import GUEST_DRAFT_LIVES, ProcedureNotFound, State
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.crypto import mac, token_hash
from portal.core.db import insert_once
from portal.core.reference import ALPHABET, LOOK_ALIKE, read_reference
from portal.core.text import DASHES, TextRefused, fold_width

# How long a browser may look after the sending or after the password: a shared machine is left alone sooner or later.
OPEN_FOR = timedelta(minutes=30)
PASSWORD_SIGNS = 16  # of 31: 79 bits
LONGEST_TOKEN = 64


def start(session: Session, procedure_name: str) -> tuple[Application, str]:
    """A new draft nobody else can open, and the token of its key."""
    procedure = catalogue.find(procedure_name)
    if procedure is None or not procedure.without_sign_in:
        raise ProcedureNotFound
    until = clock.now() + GUEST_DRAFT_LIVES
    draft = Application(**drafts.new_row(procedure, None, {}) | {"expires_at": until})
    token = secrets.token_urlsafe(32)
    session.add(draft)
    session.flush()
    session.add(GuestKey(application_id=draft.id, token_hash=token_hash(token), token_until=until))
    audit.did(session, Action.CREATE, whose=None, what="applications", case_ref=draft.reference)
    return draft, token


def opened_by(session: Session, token: str) -> UUID | None:
    """The case a cookie's token opens now."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    return session.scalar(
        select(GuestKey.application_id).where(
            GuestKey.token_hash == token_hash(token), GuestKey.token_until > clock.now()
        )
    )


def password_of(key: bytes, token: str, seed: str) -> str:
    """The password for what is sent from one page (*seed*) of one browser (*token*), in groups of four signs."""
    number = int.from_bytes(mac(key, token.encode(), seed.encode()))
    signs = ""
    for _ in range(PASSWORD_SIGNS):
        number, place = divmod(number, len(ALPHABET))
        signs += ALPHABET[place]
    return "-".join(signs[at : at + 4] for at in range(0, PASSWORD_SIGNS, 4))


def new_password() -> str:
    """A password that the office hands over, in groups of four signs."""
    return password_of(secrets.token_bytes(32), secrets.token_urlsafe(32), "")


def give_password(session: Session, application_id: UUID, password_hash: str) -> None:
    """From now on this password opens what the office sent with somebody, and no older one."""
    row = {"application_id": application_id, "password_hash": password_hash, "token_hash": None, "token_until": None}
    if insert_once(session, GuestKey.__table__, row) == 0:  # type: ignore[arg-type]
        key = update(GuestKey).where(GuestKey.application_id == application_id)
        session.execute(key.values(password_hash=password_hash, token_hash=None, token_until=None))


def plain(password: str) -> str:
    """A password as people type it from paper: in any case and width, with or without hyphens, O for 0."""
    folded = fold_width(password[:100]).upper()
    return "".join(sign for sign in folded if sign not in DASHES and not sign.isspace()).translate(LOOK_ALIKE)


def submit(session: Session, actor: Actor, application_id: UUID, password_hash: str) -> bool:
    """Send it and keep the password's hash. False if it was sent before: its password stays."""
    case = cases.open_case(session, application_id, owner=cases.owner_of(session, actor))
    if case.state != State.DRAFT:
        return False
    service.submit(session, actor, application_id)
    kept = session.execute(
        update(GuestKey)
        .where(GuestKey.application_id == application_id, GuestKey.password_hash == "")
        .values(password_hash=password_hash, token_until=clock.now() + OPEN_FOR)
    )
    return bool(kept.rowcount)  # type: ignore[attr-defined]


def kept_hash(session: Session, application_id: UUID) -> str:
    """The hash of the case's password; "" before it was sent."""
    return session.scalar(select(GuestKey.password_hash).where(GuestKey.application_id == application_id)) or ""


def same_name(typed: str) -> str:
    """One name for every way to write a number, so that tries are counted together."""
    try:
        return read_reference(typed)
    except TextRefused:
        return typed[:60]


def find(session: Session, name: str) -> tuple[UUID, str] | None:
    """(case, hash of its password) of a reference number; None for any that has no password."""
    try:
        reference = read_reference(name)
    except TextRefused:
        return None
    query = select(GuestKey.application_id, GuestKey.password_hash).join(
        Application, Application.id == GuestKey.application_id
    )
    found = session.execute(query.where(Application.reference == reference, GuestKey.password_hash != "")).first()
    return (found[0], found[1]) if found else None


def open_again(session: Session, application_id: UUID) -> str:
    """The password was right: a new token; the one before opens nothing any more."""
    token = secrets.token_urlsafe(32)
    session.execute(
        update(GuestKey)
        .where(GuestKey.application_id == application_id)
        .values(token_hash=token_hash(token), token_until=clock.now() + OPEN_FOR)
    )
    case = cases.open_case(session, application_id)
    audit.looked(session, whose=case.whose, what="applications", case_ref=case.reference)
    return token


def any_sent(session: Session) -> bool:
    """Whether anything was filed without an account yet."""
    return session.scalar(select(GuestKey.application_id).limit(1)) is not None


def close(session: Session, token: str) -> None:
    """The person leaves: the cookie's token opens nothing any more."""
    closed = update(GuestKey).where(GuestKey.token_hash == token_hash(token))
    session.execute(closed.values(token_hash=None, token_until=None))
