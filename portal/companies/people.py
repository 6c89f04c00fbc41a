"""Who signs in: the person, their own company, and what a sign-in says anew of both."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies import register, rules
from portal.companies.models import BusinessPerson, Company, CompanyMember
from portal.companies.rules import Kind, Role
from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Action, did, unit_of
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.reference import new_reference


def recognise(session: Session, claims: Mapping[str, Any]) -> tuple[Actor, bool]:
    """Who gBizID says has signed in, as somebody who acts for their own company if they have one; and whether their
    company is known here. A Prime's company gets its account now, from the national register."""
    person = _person(session, claims)
    company = _own_company(session, person, claims)
    _settle_membership(session, person, company, claims)
    session.flush()
    actor = actor_of(person, company.id if company else None)
    unit_of(session).actor = actor
    return actor, company is not None


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
        return company if company or person.account_type != Role.PRIME else _of_register(session, number)
    if person.account_type != Role.PRIME:
        return None
    owned = select(Company).join(CompanyMember, CompanyMember.company_id == Company.id)
    mine = owned.where(CompanyMember.person_id == person.id, Company.kind == Kind.SOLE)
    return session.scalar(mine) or _open(
        session, key=new_reference(), kind=Kind.SOLE, name=str(claims.get("trade_name") or person.name)[:150]
    )


def _of_register(session: Session, number: str) -> Company:
    found = register.corporation(session, number)
    if found is None:
        raise rules.NotInRegister
    if found.closed_on is not None:
        raise rules.CorporationClosed
    place = f"{found.prefecture}{found.city}"
    return _open(session, key=number, kind=Kind.CORPORATION, name=found.name, address=found.address, region=place)


def _open(session: Session, *, key: str, kind: Kind, name: str, address: str = "", region: str = "") -> Company:
    row = {
        "id": new_id(), "key": key, "kind": str(kind), "name": name, "address": address, "region": region,
        "closed_on": None, "created_at": clock.now(),
    }  # fmt: skip
    insert_once(session, Company.__table__, row)  # type: ignore[arg-type]
    company = session.scalars(select(Company).where(Company.key == key)).one()
    did(session, Action.CREATE, whose=company.id, what="companies")
    return company


def _settle_membership(
    session: Session, person: BusinessPerson, company: Company | None, claims: Mapping[str, Any]
) -> None:
    """gBizID is the word on who belongs to which company: what it no longer says has ended."""
    own, now = company.id if company else None, clock.now()
    for old in session.scalars(select(CompanyMember).where(CompanyMember.person_id == person.id)):
        if old.company_id != own and old.ended_at is None:
            old.ended_at = now
            did(session, Action.CHANGE, whose=old.company_id, what="company_members")
    if company is None or person.account_type not in set(Role):
        return
    row = {"company_id": company.id, "person_id": person.id, "role": person.account_type, "since": now}
    if insert_once(session, CompanyMember.__table__, row | {"ended_at": None}):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=company.id, what="company_members")
        return
    mine = (CompanyMember.company_id == company.id, CompanyMember.person_id == person.id)
    back = update(CompanyMember).where(*mine, CompanyMember.ended_at.is_not(None)).values(since=now, ended_at=None)
    if session.execute(back).rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=company.id, what="company_members")
    session.execute(update(CompanyMember).where(*mine).values(role=person.account_type))


def actor_of(person: BusinessPerson, company_id: UUID | None) -> Actor:
    """Somebody at a business; records show the kind of their account, never their name."""
    return Actor(
        ActorKind.BUSINESS,
        person.id,
        label=f"gBizID {person.account_type}",
        assurance=2 if person.account_type in set(Role) else 1,
        company=company_id,
        display_name=person.name,
    )
