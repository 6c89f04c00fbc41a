"""Whom a corporation that ended let act for it, and for whom it acted: nobody acts by that any more (decision 101).

Trust was given by people to people: an heir gives and gets its delegations anew.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from portal.companies import grants, notices
from portal.companies.models import Company, Delegation, GbizidDelegation
from portal.companies.rules import Topic
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.words import N_

AGENT: notices.Text = (
    N_("You act for %(company)s no more: it was merged"),
    N_("Your delegation ended with the merger. If you are to act for its successor, that gives you one of its own."),
)
HEIR: notices.Text = (
    N_("Delegations of %(company)s ended with the merger"),
    N_(
        "It had let these act for it: %(agents)s. If they are to act for your company, give them a delegation on the page "
        "of your company."
    ),
)
CLIENT: notices.Text = (
    N_("%(agent)s acts for your company no more: it was closed or merged"),
    N_("So says the national register. If another firm is to act for you, give it a delegation on this page."),
)


def end_given(session: Session, company: Company, heir: Company | None) -> None:
    """A merged company, or a branch of it, lets nobody act for it any more: its agents and its heir are told."""
    of_it = select(Company.id).where((Company.id == company.id) | (Company.head_id == company.id))
    ended = _end(session, session.scalars(_standing().where(Delegation.company_id.in_(of_it))).all())
    agents = sorted({one.agent_id for one in ended}, key=str)
    facts = {"company": company.name}
    for agent in agents:
        _tell(session, agent, f"merged-agent:{company.id.hex}:{agent.hex}", AGENT, facts, link="/business/companies")
    if heir is not None and agents:
        names = session.scalars(select(Company.name).where(Company.id.in_(agents)).order_by(Company.name)).all()
        told = facts | {"agents": "、".join(names)}
        _tell(session, heir.id, f"merged-agents:{company.id.hex}:{heir.id.hex}", HEIR, told)
    gone = update(GbizidDelegation).where(GbizidDelegation.company_id.in_(of_it), GbizidDelegation.ended_at.is_(None))
    session.execute(gone.values(ended_at=clock.now()))


def end_received(session: Session, company: Company) -> None:
    """A corporation that ended acts for nobody any more: those who had let it are told."""
    for one in _end(session, session.scalars(_standing().where(Delegation.agent_id == company.id)).all()):
        _tell(session, one.company_id, f"agent-ended:{one.id}", CLIENT, {"agent": company.name})


def _standing() -> Select[Delegation]:
    return (
        select(Delegation)
        .where(Delegation.revoked_at.is_(None), Delegation.ends_on >= clock.today())
        .order_by(Delegation.id)
        .with_for_update()
    )


def _end(session: Session, found: Sequence[Delegation]) -> Sequence[Delegation]:
    for one in found:
        one.revoked_at = clock.now()
    session.flush()
    for one in found:
        grants.end_of_gone_agent(session, one.company_id, one.agent_id)
        did(session, Action.CHANGE, whose=one.company_id, what="company_delegations", case_ref=str(one.id))
    return found


def _tell(
    session: Session,
    company_id: UUID,
    key: str,
    text: notices.Text,
    facts: dict[str, str],
    *,
    link: str = "/business/company",
) -> None:
    """Confidential, as all about who acts for whom."""
    notices.tell(
        session, [(company_id, "")], key=key, text=text, facts=facts, link=link, confidential=True, topic=Topic.ACCESS
    )
