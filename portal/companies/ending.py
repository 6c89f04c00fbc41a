"""What ends by itself: delegations and grants run out, and the company is reminded before (worker, daily)."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from portal.companies import notices
from portal.companies.models import BusinessPerson, Company, CompanyGrant, CompanyMember, Delegation
from portal.companies.rules import REMIND_OF_END, Topic
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.words import N_

LOOK = "companies.look-at-ends"
DELEGATION: notices.Text = (
    N_("%(name)s may act for your company until %(until)s only"),
    N_("Then they can do nothing for your company any more. To go on, give them a new delegation."),
)
GRANT: notices.Text = (
    N_("%(name)s may read confidential notices until %(until)s only"),
    N_("Then they read them no more. To go on, choose a later day on the page of confidential notices."),
)


def look(session: Session, _payload: dict[str, Any]) -> None:
    """End what has run out, and remind of what will in two weeks, once each."""
    _end(session)
    today = clock.today()
    soon = (Delegation.ends_on >= today, Delegation.ends_on <= today + REMIND_OF_END)
    _remind_of_delegations(session, soon)
    _remind_of_grants(session, today)


def _end(session: Session) -> None:
    """Grants that ran out, whose agent's delegations did, or whose person is of the company no more."""
    today = clock.today()
    stands = exists().where(
        Delegation.company_id == CompanyGrant.company_id,
        Delegation.agent_id == CompanyGrant.agent_id,
        Delegation.revoked_at.is_(None),
        Delegation.ends_on >= today,
    )
    there = exists().where(
        CompanyMember.company_id == CompanyGrant.company_id,
        CompanyMember.person_id == CompanyGrant.person_id,
        CompanyMember.ended_at.is_(None),
    )
    over = or_(
        CompanyGrant.ends_on < today,
        CompanyGrant.agent_id.is_not(None) & ~stands,
        CompanyGrant.person_id.is_not(None) & ~there,
    )
    found = session.execute(
        select(CompanyGrant.id, CompanyGrant.company_id).where(CompanyGrant.revoked_at.is_(None), over)
    ).all()
    for grant_id, company_id in found:
        this = (CompanyGrant.id == grant_id, CompanyGrant.revoked_at.is_(None))
        session.execute(update(CompanyGrant).where(*this).values(revoked_at=clock.now(), revoked_by=None))
        did(session, Action.CHANGE, whose=company_id, what="company_grants", case_ref=str(grant_id)[:8])


def _remind_of_delegations(session: Session, soon: tuple[ColumnElement[bool], ...]) -> None:
    """Not of one that a later one follows already."""
    later = aliased(Delegation)
    followed = exists().where(
        later.company_id == Delegation.company_id,
        later.agent_id == Delegation.agent_id,
        later.revoked_at.is_(None),
        later.ends_on > Delegation.ends_on,
    )
    query = select(Delegation.id, Delegation.company_id, Delegation.ends_on, Company.name)
    query = query.join(Company, Company.id == Delegation.agent_id)
    for row in session.execute(query.where(Delegation.revoked_at.is_(None), *soon, ~followed)).all():
        _tell(session, DELEGATION, row.id, row.company_id, row.name, row.ends_on, "/business/company")


def _remind_of_grants(session: Session, today: date) -> None:
    query = (
        select(
            CompanyGrant.id,
            CompanyGrant.company_id,
            CompanyGrant.ends_on,
            Company.name,
            BusinessPerson.name.label("person"),
        )
        .outerjoin(Company, Company.id == CompanyGrant.agent_id)
        .outerjoin(BusinessPerson, BusinessPerson.id == CompanyGrant.person_id)
        .where(CompanyGrant.revoked_at.is_(None), CompanyGrant.ends_on >= today)
        .where(CompanyGrant.ends_on <= today + REMIND_OF_END)
    )
    for row in session.execute(query).all():
        assert row.ends_on
        name = row.name or row.person
        _tell(session, GRANT, row.id, row.company_id, name, row.ends_on, "/business/mailbox/grants")


def _tell(
    session: Session, text: notices.Text, what: UUID, company_id: UUID, name: str, until: date, link: str
) -> None:
    """Confidential: who is trusted with what is for those who decide on it."""
    facts = {"name": name, "until": until.isoformat()}
    key = f"ends:{what}"
    notices.tell(
        session, [(company_id, "")], key=key, text=text, facts=facts, link=link, confidential=True, topic=Topic.ACCESS
    )
