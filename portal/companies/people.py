"""Who signs in: the person, their own company, and what a sign-in says anew of both."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.companies import delegated, grants, notices, opening, rules
from portal.companies.models import BusinessPerson, Company, CompanyMember
from portal.companies.rules import Kind, Role
from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Action, did, unit_of
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.reference import new_reference
from portal.core.words import N_

DEMOTED = (
    N_("Who signs in by letter is a member of %(company)s now"),
    N_(
        "The representative has signed in with gBizID Prime and decides from now on. They can end the sign-in by letter on "
        "the page of your company."
    ),
)
FOLLOWED = (
    N_("Name or address of your business changed"),
    N_("gBizID says it anew, and so it stands here now: %(company)s, %(address)s."),
)


def recognise(session: Session, claims: Mapping[str, Any]) -> tuple[Actor, bool]:
    """Who gBizID says has signed in, as somebody who acts for their own company if they have one; and whether their
    company is known here. A Prime's company gets its account now, from the national register."""
    person = _person(session, claims)
    company = _own_company(session, person, claims)
    _settle_membership(session, person, company, claims)
    session.flush()
    delegated.settle(session, person, company, claims.get("delegations") or ())
    seat = _seat(session, person.id)
    actor = actor_of(person, seat)
    unit_of(session).actor = actor
    return actor, seat is not None


def _seat(session: Session, person_id: UUID) -> UUID | None:
    """For whom somebody acts first: their company, or one of its branches if they act for those alone."""
    seats = (
        select(CompanyMember.company_id)
        .join(Company, Company.id == CompanyMember.company_id)
        .where(CompanyMember.person_id == person_id, CompanyMember.ended_at.is_(None), ~CompanyMember.confined)
        .where(or_(Company.head_id.is_(None), Company.closed_on.is_(None)))
        .order_by(Company.head_id.is_not(None), Company.name, Company.key)
    )
    return session.scalar(seats.limit(1))


def _person(session: Session, claims: Mapping[str, Any]) -> BusinessPerson:
    issuer, subject, now = str(claims["iss"])[:200], str(claims["sub"])[:200], clock.now()
    known = select(BusinessPerson).where(BusinessPerson.issuer == issuer, BusinessPerson.subject == subject)
    if (person := session.scalar(known)) is None:
        row = {
            "id": new_id(), "issuer": issuer, "subject": subject, "name": "", "account_type": "", "seen_at": now,
        }  # fmt: skip
        insert_once(session, BusinessPerson.__table__, row)  # type: ignore[arg-type]
        person = session.scalars(known).one()
    person.name, person.account_type, person.seen_at = str(claims["name"])[:100], str(claims["account_type"])[:12], now
    return person


def _own_company(session: Session, person: BusinessPerson, claims: Mapping[str, Any]) -> Company | None:
    number = str(claims.get("corporate_number") or "")
    if number:
        company = session.scalar(select(Company).where(Company.key == number))
        return company if company or person.account_type != Role.PRIME else opening.of_register(session, number)
    if person.account_type != Role.PRIME:
        return None
    owned = select(Company).join(CompanyMember, CompanyMember.company_id == Company.id)
    mine = owned.where(CompanyMember.person_id == person.id, Company.kind == Kind.SOLE)
    said = {
        "name": str(claims.get("trade_name") or person.name)[:150], "address": str(claims.get("address") or "")[:400],
        "region": str(claims.get("region") or "")[:30],
    }  # fmt: skip
    if (known := session.scalar(mine)) is None:
        return opening.open_account(session, key=new_reference(), kind=Kind.SOLE, **said)
    _follow(session, known, said)
    return known


def _follow(session: Session, company: Company, said: Mapping[str, str]) -> None:
    """Name and address of a sole proprietor are what gBizID says; a change there is a change here, told once."""
    new = {part: words for part, words in said.items() if words and getattr(company, part) != words}
    for part, words in new.items():
        setattr(company, part, words)
    if not new:
        return
    did(session, Action.CHANGE, whose=company.id, what="companies")
    rename_branches(session, company)
    notices.tell(
        session, [(company.id, "")], key=f"account-follows:{new_id()}", text=FOLLOWED, sender="",
        facts={"company": company.name, "address": company.address or "–"}, link="/business/company",
    )  # fmt: skip


def rename_branches(session: Session, head: Company) -> None:
    """A branch carries the name of its company before its own."""
    for branch in session.scalars(select(Company).where(Company.head_id == head.id)):
        branch.name = rules.name_of_branch(head.name, branch.office)


def _settle_membership(
    session: Session, person: BusinessPerson, company: Company | None, claims: Mapping[str, Any]
) -> None:
    """gBizID is the word on who belongs to which company: what it no longer says has ended, at its branches too. Who comes
    back begins as anybody does: for the whole company, and for a branch once they are given it again."""
    own, now = company.id if company and person.account_type in rules.FROM_GBIZID else None, clock.now()
    theirs = select(CompanyMember, Company.head_id).join(Company, Company.id == CompanyMember.company_id)
    for old, head in session.execute(theirs.where(CompanyMember.person_id == person.id)):
        if old.ended_at is None and (own is None or own not in (old.company_id, head)):
            old.ended_at = now
            grants.end_of_person(session, old.company_id, person.id)
            did(session, Action.CHANGE, whose=old.company_id, what="company_members")
    if company is None or own is None:
        return
    if person.account_type == Role.PRIME:
        _demote_letter(session, company)
    row = {"company_id": company.id, "person_id": person.id, "role": person.account_type, "since": now}
    if insert_once(session, CompanyMember.__table__, row | {"ended_at": None, "confined": False}):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=company.id, what="company_members")
        return
    mine = (CompanyMember.company_id == company.id, CompanyMember.person_id == person.id)
    back = update(CompanyMember).where(*mine, CompanyMember.ended_at.is_not(None))
    if session.execute(back.values(since=now, ended_at=None, confined=False)).rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=company.id, what="company_members")
    session.execute(update(CompanyMember).where(*mine).values(role=person.account_type))


def _demote_letter(session: Session, company: Company) -> None:
    """Where a gBizID representative acts, whoever came by letter is a member, at no branch of their own choosing; told."""
    here = (CompanyMember.company_id == company.id, CompanyMember.role == Role.LETTER)
    who = list(session.scalars(select(CompanyMember.person_id).where(*here)))
    session.execute(update(CompanyMember).where(*here).values(role=str(Role.LETTER_CLERK)))
    branches = select(Company.id).where(Company.head_id == company.id)
    at_branches = (CompanyMember.company_id.in_(branches), CompanyMember.person_id.in_(who))
    session.execute(
        update(CompanyMember).where(*at_branches, CompanyMember.ended_at.is_(None)).values(ended_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
    if who:
        did(session, Action.CHANGE, whose=company.id, what="company_members")
        notices.tell(
            session, [(company.id, "")], key=f"letter-demoted:{new_id()}", text=DEMOTED, sender="",
            facts={"company": company.name}, link="/business/company",
        )  # fmt: skip


def actor_of(person: BusinessPerson, company_id: UUID | None) -> Actor:
    """Somebody at a business; records show the kind of their account, never their name."""
    return Actor(
        ActorKind.BUSINESS,
        person.id,
        label="sign-in by letter" if person.account_type == "letter" else f"gBizID {person.account_type}",
        assurance=2 if person.account_type in rules.FROM_GBIZID else 1,
        company=company_id,
        display_name=person.name,
    )
