"""Accounts of residents: open one, find one, tell its timeline; and the doors for cards (see cards.py)."""

import secrets
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts import cards, challenges, desk, document_signatures, models, ocsp, revocation, rules
from portal.accounts import timeline as events
from portal.accounts.models import Account, KnownBrowser
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Action, did, unit_of
from portal.core.db import insert_once
from portal.core.ids import ResidentId
from portal.residents import service as residents

Challenge = challenges.Fresh
new_challenge = challenges.new_challenge
offer_challenge = challenges.offer_challenge
use_challenge = challenges.use_challenge
person_by_card = cards.person_by_card
enrol_card = cards.enrol_card
end_card = cards.end_card
cards_of = cards.cards_of
card_was_of = cards.card_was_of
registered_holder = cards.registered_holder
tell = events.tell
timeline = events.newest
device_name = rules.device_name
told_apart = rules.told_apart
ask_about_card = ocsp.ask_about
identity_context = desk.identity_context
fresh_check = desk.fresh_check
IdentityCheck = models.IdentityCheck
check_by_document = desk.check_by_document
check_by_card = desk.check_by_card
CardAnswers = revocation.Answers
CARD_ANSWERS = revocation.ANSWERS
SignatureEvidence = document_signatures.Evidence
check_document_signature = document_signatures.check
signature_faults = document_signatures.faults


def open_account(
    session: Session, resident_id: ResidentId, *, login_id: str, password_hash: str, language: str = "ja"
) -> Account:
    """Give a resident an account; raises AccountExists or LoginIdTaken. The hash is made before the transaction opens."""
    row = {
        "resident_id": resident_id,
        "login_id": login_id,
        "password_hash": password_hash,
        "user_handle": secrets.token_bytes(32),
        "language": language,
        "created_at": clock.now(),
    }
    if insert_once(session, Account.__table__, row) == 0:  # type: ignore[arg-type]
        raise rules.AccountExists if account_of(session, resident_id) else rules.LoginIdTaken
    did(session, Action.CREATE, whose=resident_id, what="accounts")
    return session.get_one(Account, resident_id)


def password_of(session: Session, login_id: str) -> tuple[UUID, str] | None:
    """(resident, kept password hash) of the account of that name."""
    row = session.execute(
        select(Account.resident_id, Account.password_hash).where(Account.login_id == login_id)
    ).first()
    return (row.resident_id, row.password_hash) if row else None


def account_of(session: Session, resident_id: UUID) -> Account | None:
    """The account of a resident, if there is one."""
    return session.get(Account, resident_id)


def language_of(session: Session, resident_id: UUID) -> str:
    """The language a resident chose for letters and pages; Japanese without an account."""
    return session.scalar(select(Account.language).where(Account.resident_id == resident_id)) or "ja"


def languages_of(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The same of many; who has no account is left out."""
    query = select(Account.resident_id, Account.language).where(Account.resident_id.in_(ids))
    return {resident_id: language or "ja" for resident_id, language in session.execute(query)}


def actor_of(session: Session, resident_id: UUID, *, assurance: int) -> Actor:
    """The resident who has just proved to be one. What follows in this unit of work is their own doing."""
    unit_of(session).actor = Actor(Kind.RESIDENT, resident_id, assurance=assurance)
    person = residents.look_up(session, resident_id)
    return Actor(Kind.RESIDENT, resident_id, assurance=assurance, display_name=person.known_as)


def knows_browser(session: Session, resident_id: UUID, browser: str) -> bool:
    """Whether the person signed in with this browser before."""
    return bool(browser) and session.get(KnownBrowser, (resident_id, browser)) is not None


def remember_sign_in(session: Session, resident_id: UUID, *, browser: str, device: str) -> None:
    """Put a sign-in on the account's timeline; one from a browser never seen before says so."""
    new = False
    if browser:
        row = {"resident_id": resident_id, "browser": browser, "seen_at": clock.now()}
        new = insert_once(session, KnownBrowser.__table__, row) == 1  # type: ignore[arg-type]
    tell(session, resident_id, kind="new-browser" if new else "sign-in", device=device)


def choose_language(session: Session, resident_id: UUID, language: str) -> None:
    """Keep the language a person wants to be written to in."""
    session.execute(update(Account).where(Account.resident_id == resident_id).values(language=language))
    did(session, Action.CHANGE, whose=resident_id, what="accounts(language)")
