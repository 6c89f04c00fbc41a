"""Asking for a letter, using its code, stopping it, and signing in with what it opened."""

from collections.abc import Sequence
from datetime import date
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from portal.companies import acting, notices, opening, people
from portal.companies import rules as company_rules
from portal.companies.by_post import rules, voiding
from portal.companies.by_post.models import SignInLetter
from portal.companies.by_post.rules import OPEN, Ended, State
from portal.companies.models import BusinessPerson, Company, CompanyMember, Corporation
from portal.companies.rules import Power, Role
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did, unit_of
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.reference import new_reference, read_reference
from portal.core.text import TextRefused
from portal.core.words import N_

ISSUER = "letter"
ASKED = (
    N_("A letter with a sign-in code was asked for"),
    N_(
        "Somebody asked to sign in for %(company)s without gBizID. A code goes by post to the registered address. If it was "
        "none of you, stop it on the page of your company and keep the letter to yourselves."
    ),
)
LET_IN = (
    N_("Somebody signed in with the code of a letter"),
    N_(
        "Who has the code from the letter to the registered address acts for %(company)s from now on, for two weeks as a "
        "member. If that is wrong, end it on the page of your company, or with the code in the letter."
    ),
)
NO_SYNC = {"synchronize_session": False}


def ask(session: Session, *, number: str, name: str, password_hash: str) -> str:
    """Have a code posted to the registered address; the number of the request. Raises NotInRegister, CorporationClosed,
    NoPostalAddress, LettersEnough, LetterOnItsWay."""
    found, now = _posted_to(session, number), clock.now()
    lately = (SignInLetter.number == number, SignInLetter.asked_at > now - rules.WITHIN)
    if (session.scalar(select(func.count()).select_from(SignInLetter).where(*lately)) or 0) >= rules.MOST_LETTERS:
        raise rules.LettersEnough
    row = {
        "id": new_id(), "reference": new_reference(), "number": number, "company": found.name,
        "address": found.address[:400], "postal_code": found.postal_code, "name": name, "password_hash": password_hash,
        "state": str(State.WAITING), "ended": "", "issue": 1, "tries": 0, "asked_at": now, "printed_by": "",
    }  # fmt: skip
    if not insert_once(session, SignInLetter.__table__, row):  # type: ignore[arg-type]
        raise rules.LetterOnItsWay
    company = session.scalar(select(Company).where(Company.key == number))
    did(
        session,
        Action.CREATE,
        whose=company.id if company else None,
        what="sign_in_letters",
        case_ref=str(row["id"])[:8],
    )
    if company is not None:
        _warn(session, company, ASKED, f"sign-in-letter:{row['id']}")
    return str(row["reference"])


def _posted_to(session: Session, number: str) -> Corporation:
    """What the national register says; nobody else's word on an address counts."""
    found = opening.corporation(session, number)
    if found is None:
        raise company_rules.NotInRegister
    if found.closed_on is not None:
        raise company_rules.CorporationClosed
    if found.abroad or not found.prefecture:
        raise rules.NoPostalAddress
    return found


def _warn(session: Session, company: Company, text: tuple[str, str], key: str) -> None:
    notices.tell(
        session, [(company.id, "")], key=key, text=text, sender="", facts={"company": company.name},
        link="/business/company",
    )  # fmt: skip


def secret_of(session: Session, typed: str) -> tuple[UUID, str] | None:
    """(letter, kept hash) of a request whose code may still be used."""
    found = _of_reference(session, typed)
    return (found.id, found.password_hash) if found and found.state == State.POSTED else None


def _of_reference(session: Session, typed: str) -> SignInLetter | None:
    try:
        return session.scalar(select(SignInLetter).where(SignInLetter.reference == read_reference(typed)))
    except TextRefused:
        return None


def use_code(session: Session, key: bytes, letter_id: UUID, typed: str) -> Actor | None:
    """Let the asker in with the code of the letter, once; None for a wrong code, and for one that is over: the try is
    counted, and after the last one the letter is of no use. Who asked has proved the request's password before."""
    letter = session.scalars(select(SignInLetter).where(SignInLetter.id == letter_id).with_for_update()).one()
    voiding.follow_register(session, _register_now(session, letter))
    if letter.state == State.POSTED and rules.is_over(letter.state, letter.asked_at, letter.posted_at, clock.now()):
        voiding.end(session, letter, Ended.LAPSED)
    counted = (
        update(SignInLetter)
        .where(SignInLetter.id == letter.id, SignInLetter.state == str(State.POSTED))
        .where(SignInLetter.tries < rules.MOST_TRIES)
        .values(tries=SignInLetter.tries + 1)
    )
    if not session.execute(counted).rowcount:  # type: ignore[attr-defined]
        return None
    session.refresh(letter)
    if compare_digest(rules.code_of(key, letter.id, letter.issue).encode(), _as_read(typed).encode()):
        return _let_in(session, letter)
    if letter.tries >= rules.MOST_TRIES:
        voiding.end(session, letter, Ended.LOCKED)
    return None


def _register_now(session: Session, letter: SignInLetter) -> dict[str, tuple[str, date | None]]:
    found = opening.corporation(session, letter.number)
    return {letter.number: (found.address, found.closed_on) if found else ("", None)}


def _as_read(typed: str) -> str:
    try:
        return read_reference(typed)
    except TextRefused:
        return ""


def _let_in(session: Session, letter: SignInLetter) -> Actor:
    """The account of the register's company, and its one representative by letter: who came by an earlier letter is out.
    Where a gBizID representative acts already, a letter makes a member only."""
    now = clock.now()
    company = session.scalar(select(Company).where(Company.key == letter.number)) or opening.of_register(
        session, letter.number
    )
    older = select(SignInLetter).where(SignInLetter.number == letter.number, SignInLetter.state == str(State.USED))
    for one in session.scalars(older):
        voiding.end(session, one, Ended.REPLACED)
    primes = (
        CompanyMember.company_id == company.id,
        CompanyMember.role == Role.PRIME,
        CompanyMember.ended_at.is_(None),
    )
    led = session.scalar(select(CompanyMember.person_id).where(*primes).limit(1)) is not None
    person = BusinessPerson(
        id=new_id(), issuer=ISSUER, subject=letter.reference, name=letter.name, account_type=ISSUER, seen_at=now
    )
    session.add(person)
    session.flush()
    session.add(
        CompanyMember(
            company_id=company.id, person_id=person.id, role=str(Role.LETTER_CLERK if led else Role.LETTER), since=now,
            ended_at=None, confined=False,
        )
    )  # fmt: skip
    letter.state, letter.person_id, letter.ended_at = str(State.USED), person.id, now
    session.flush()
    did(session, Action.CREATE, whose=company.id, what="company_members", case_ref=str(letter.id)[:8])
    _warn(session, company, LET_IN, f"sign-in-letter-used:{letter.id}")
    return _begin(session, person, company.id)


def _begin(session: Session, person: BusinessPerson, company_id: UUID) -> Actor:
    actor = people.actor_of(person, company_id)
    unit_of(session).actor = actor
    return actor


def sign_in_secret_of(session: Session, typed: str) -> tuple[UUID, str] | None:
    """(letter, kept hash) of whoever a letter has let in."""
    found = _of_reference(session, typed)
    return (found.id, found.password_hash) if found and found.state == State.USED else None


def sign_in(session: Session, letter_id: UUID) -> Actor | None:
    """Who signs in with the sign-in number; None once the letter was ended meanwhile. The register is asked anew."""
    letter = session.scalars(select(SignInLetter).where(SignInLetter.id == letter_id).with_for_update()).one()
    voiding.follow_register(session, _register_now(session, letter))
    if letter.state != State.USED or letter.person_id is None:
        return None
    person = session.get_one(BusinessPerson, letter.person_id)
    person.seen_at = clock.now()
    company_id = session.scalars(select(Company.id).where(Company.key == letter.number)).one()
    return _begin(session, person, company_id)


def stop_by_code(session: Session, key: bytes, *, number: str, typed: str) -> bool:
    """Who got a letter they did not ask for ends it with its code, and the sign-in it opened while that still waits to
    decide anything; False if they do not fit."""
    used = SignInLetter.state == str(State.USED), SignInLetter.ended_at > clock.now() - company_rules.LETTER_WAITS
    may_be = or_(SignInLetter.state == str(State.POSTED), and_(*used))
    query = select(SignInLetter).where(SignInLetter.number == number, may_be).with_for_update()
    said = _as_read(typed).encode()
    for found in session.scalars(query):
        if compare_digest(rules.code_of(key, found.id, found.issue).encode(), said):
            voiding.end(session, found, Ended.STOPPED)
            return True
    return False


def of_company(session: Session, number: str) -> Sequence[SignInLetter]:
    """What is on its way to a company, and who came in by a letter: for its people to see."""
    live = SignInLetter.state.in_([*map(str, OPEN), str(State.USED)])
    return session.scalars(
        select(SignInLetter).where(SignInLetter.number == number, live).order_by(SignInLetter.asked_at)
    ).all()


def own(session: Session, actor: Actor, letter_id: UUID, *, to_end: bool = False) -> SignInLetter:
    """A letter of the company *actor* decides for. Raises PowerMissing, LetterUnknown."""
    standing = acting.standing(session, actor, Power.PEOPLE)
    query = select(SignInLetter).where(SignInLetter.id == letter_id, SignInLetter.number == standing.key)
    found = session.scalar(query.with_for_update() if to_end else query)
    if found is None:
        raise rules.LetterUnknown
    return found


def stop(session: Session, actor: Actor, letter_id: UUID) -> None:
    """End a letter, or the sign-in it opened. Raises PowerMissing, LetterUnknown."""
    letter = own(session, actor, letter_id, to_end=True)
    if letter.state != State.OVER:
        voiding.end(session, letter, Ended.STOPPED)
