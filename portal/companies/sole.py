"""A sole proprietor ends their business (廃業), and begins again. Corporations end in the national register."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.companies import acting, rules
from portal.companies.branches import service as branches
from portal.companies.models import Company, Delegation
from portal.companies.rules import Kind, Role
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did


def own_business(session: Session, actor: Actor, *, to_change: bool = False) -> Company:
    """The business of the sole proprietor *actor* is; *to_change*: nothing is begun for it meanwhile. Raises NoStanding,
    OfTheRegister."""
    standing = acting.standing(session, actor)
    held = {"with_for_update": {"key_share": True}, "populate_existing": True} if to_change else {}
    company = session.get_one(Company, standing.company_id, **held)  # type: ignore[arg-type]
    if standing.role != Role.PRIME or company.kind != Kind.SOLE:
        raise rules.OfTheRegister
    return company


def close(session: Session, actor: Actor) -> None:
    """Nothing new is sent to it or begun for it, and no agent acts for it or it for others; what came can be read."""
    company, now = own_business(session, actor, to_change=True), clock.now()
    if company.closed_on is not None:
        return
    for branch in branches.of_company(session, company.id):
        if branch.closed_on is None:
            branches.close(session, actor, branch.id)
    branches.end_delegations(session, actor, company.id)
    received = (Delegation.agent_id == company.id, Delegation.revoked_at.is_(None))
    session.execute(update(Delegation).where(*received).values(revoked_at=now))
    company.closed_on = clock.today()
    session.flush()
    did(session, Action.CHANGE, whose=company.id, what="companies")


def open_again(session: Session, actor: Actor) -> None:
    """The same person runs a business again, under the number they had; delegations and branches are given anew."""
    company = own_business(session, actor, to_change=True)
    if company.closed_on is not None:
        company.closed_on = None
        session.flush()
        did(session, Action.CHANGE, whose=company.id, what="companies")
