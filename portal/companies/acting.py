"""For whom somebody acts, and how far: asked anew at every page."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.companies import grants, people, rules
from portal.companies.models import BusinessPerson, Company, CompanyMember, Delegation
from portal.companies.rules import Power, Role, Standing
from portal.core import clock
from portal.core.actor import Actor


def standings(session: Session, person_id: UUID | None) -> list[Standing]:
    """Every company somebody may act for today: their own, and those that let their own act for them."""
    own = session.execute(
        select(Company, CompanyMember.role)
        .join(CompanyMember, CompanyMember.company_id == Company.id)
        .where(CompanyMember.person_id == person_id, CompanyMember.ended_at.is_(None))
        .order_by(Company.name, Company.key)
    ).all()
    mine = [company.id for company, _role in own]
    trusted = grants.powers_granted(session, person_id, mine) if own else set()
    found = [
        Standing(
            company.id, company.name, company.key, _with(rules.POWERS[Role(role)], (company.id, None) in trusted), role
        )
        for company, role in own
    ]
    # Columns, not objects: an agent may have hundreds, and every page asks.
    givers = session.execute(
        select(Company.id, Company.name, Company.key, Delegation.scopes, Delegation.ends_on, Delegation.agent_id)
        .join(Delegation, Delegation.company_id == Company.id)
        .where(
            Delegation.agent_id.in_(mine),
            Delegation.revoked_at.is_(None),
            Delegation.ends_on >= clock.today(),
        )
        .order_by(Company.name, Company.key)
    ).all()
    return found + [
        Standing(
            row.id, row.name, row.key, _with(rules.powers_of(row.scopes), (row.id, row.agent_id) in trusted),
            until=row.ends_on, via=row.agent_id,
        )
        for row in givers
    ]  # fmt: skip


def _with(powers: frozenset[Power], trusted: bool) -> frozenset[Power]:
    """Whom the company lets read confidential notices reads them if they read its mailbox at all."""
    return powers | {Power.CONFIDENTIAL} if trusted and Power.MAILBOX in powers else powers


def merged(found: Sequence[Standing]) -> list[Standing]:
    """One standing for each company: several delegations count together, one's own company before them."""
    by_company: dict[UUID, list[Standing]] = {}
    for one in found:
        by_company.setdefault(one.company_id, []).append(one)
    return [_whole(several) for several in by_company.values()]


def _whole(found: Sequence[Standing]) -> Standing:
    whole = next((one for one in found if one.role), found[0])
    return replace(whole, powers=frozenset().union(*(one.powers for one in found)))


def mailboxes(session: Session, actor: Actor) -> list[Standing]:
    """Every company whose mailbox *actor* may read, also those they do not act for just now."""
    return [one for one in merged(standings(session, actor.id)) if Power.MAILBOX in one.powers]


def standing(session: Session, actor: Actor, power: Power | None = None) -> Standing:
    """For whom *actor* acts now, asked anew at every page: a delegation that was taken back is over at once. Several
    delegations of one company count together. Raises NoStanding, PowerMissing."""
    found = [one for one in standings(session, actor.id) if one.company_id == actor.company]
    if not found:
        raise rules.NoStanding
    chosen = _whole(found)
    if power is not None:
        rules.check_power(chosen, power)
    return chosen


def acting_firm(session: Session, actor: Actor) -> str:
    """The firm somebody comes from who acts for another company; "" for the company's own people."""
    own = [one for one in standings(session, actor.id) if one.role]
    return "" if any(one.company_id == actor.company for one in own) else next((one.name for one in own), "")


def act_for(session: Session, actor: Actor, company_id: UUID) -> Actor:
    """The same person, for another of their companies; raises NoStanding."""
    if all(one.company_id != company_id for one in standings(session, actor.id)):
        raise rules.NoStanding
    return people.actor_of(session.get_one(BusinessPerson, actor.id), company_id)
