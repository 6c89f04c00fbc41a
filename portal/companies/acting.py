"""For whom somebody acts, and how far: asked anew at every page."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.companies import delegated, grants, people, rules, successions
from portal.companies.models import BusinessPerson, Company, CompanyMember, Delegation
from portal.companies.rules import Kind, Power, Role, Standing, Topic
from portal.core import clock
from portal.core.actor import Actor

# Columns, not objects: an agent may have hundreds, and every page asks.
_COMPANY = (Company.id, Company.name, Company.key, Company.kind, Company.head_id, Company.closed_on)


def standings(session: Session, person_id: UUID | None) -> list[Standing]:
    """Every company or branch somebody may act for today: their own, and those that let their own act for them."""
    rows = session.execute(
        select(*_COMPANY, CompanyMember.role, CompanyMember.since, CompanyMember.confined)
        .join(CompanyMember, CompanyMember.company_id == Company.id)
        .where(CompanyMember.person_id == person_id, CompanyMember.ended_at.is_(None))
        .order_by(Company.head_id.is_not(None), Company.name, Company.key)
    ).all()
    whole = {row.id: row for row in rows if row.head_id is None and not row.confined}
    found = [_own(row, row) for row in rows if row.id in whole or (row.head_id and row.closed_on is None)]
    found += [_own(row, whole[row.head_id]) for row in _branches(session, list(whole))]
    heads = {row.key: row for row in whole.values() if row.closed_on is None}
    found += [_own(row, heads[row.successor]) for row in successions.taken_over(session, heads, _COMPANY)]
    agents = [one.company_id for one in found if one.company_id in whole and not one.closed]
    given = list(_given(session, agents))
    granted = grants.granted(session, person_id, agents) if found else {}
    own = [_trusted(one, granted) for one in found]
    at_home = {one.company_id: one for one in own}
    clients = [_as_at_home(_trusted(one, granted), at_home[one.via]) for one in given if one.via]
    return (
        own
        + clients
        + [
            replace(_standing(row, rules.powers_of(row.scopes)), until=row.ends_on, at_gbizid=True)
            for row in delegated.holding(session, person_id, _COMPANY)
        ]
    )


def _branches(session: Session, heads: Sequence[UUID]) -> Sequence[Any]:
    """The branches of these companies: the head office sees all, also what was closed."""
    if not heads:
        return ()
    return session.execute(
        select(*_COMPANY).where(Company.head_id.in_(heads)).order_by(Company.name, Company.key)
    ).all()


def _given(session: Session, agents: Sequence[UUID]) -> Iterator[Standing]:
    """Companies that let one of these act for them."""
    if not agents:
        return
    rows = session.execute(
        select(*_COMPANY, Delegation.scopes, Delegation.ends_on, Delegation.agent_id)
        .join(Delegation, Delegation.company_id == Company.id)
        .where(
            Delegation.agent_id.in_(agents), Delegation.revoked_at.is_(None), Delegation.ends_on >= clock.today()
        )
        .order_by(Company.name, Company.key)
    )  # fmt: skip
    for row in rows.all():
        yield replace(_standing(row, rules.powers_of(row.scopes)), until=row.ends_on, via=row.agent_id)


def _own(row: Any, member: Any) -> Standing:
    """*row* as far as *member* goes, who may be one of its head office or of its successor."""
    role = Role(member.role)
    powers = rules.powers_in(role, member.since, clock.now())
    return replace(_standing(row, powers), role=role, waits_until=rules.waits_until(role, member.since, clock.now()))


def _standing(row: Any, powers: frozenset[Power]) -> Standing:
    """As far as that kind of account goes, and what is left of it once it was closed here."""
    closed = row.closed_on is not None
    powers &= rules.powers_at(Kind(row.kind), closed=closed)
    return Standing(row.id, row.name, row.key, powers, head=row.head_id, closed=closed)


def _trusted(one: Standing, granted: grants.Granted) -> Standing:
    """Whom the company lets read confidential notices reads them if they read its mailbox at all."""
    topics = granted.get((one.company_id, one.via))
    if topics is None or Power.MAILBOX not in one.powers:
        return one
    return replace(one, topics=topics) if topics else replace(one, powers=one.powers | {Power.CONFIDENTIAL})


def _as_at_home(one: Standing, home: Standing) -> Standing:
    """Whom a company lets act for it does so by the people of its agent: each of them no further than at home, and no
    more of what is confidential than they are trusted with there."""
    powers = one.powers & (home.powers | {Power.CONFIDENTIAL})
    reads: frozenset[Topic] = frozenset(Topic) if Power.CONFIDENTIAL in one.powers else one.topics
    if Power.CONFIDENTIAL not in home.powers:
        powers, reads = powers - {Power.CONFIDENTIAL}, reads & home.topics
    return replace(one, powers=powers, topics=frozenset() if Power.CONFIDENTIAL in powers else reads)


def merged(found: Sequence[Standing]) -> list[Standing]:
    """One standing for each company: several delegations count together, one's own company before them."""
    by_company: dict[UUID, list[Standing]] = {}
    for one in found:
        by_company.setdefault(one.company_id, []).append(one)
    return [_whole(several) for several in by_company.values()]


def _whole(found: Sequence[Standing]) -> Standing:
    whole = next((one for one in found if one.role), found[0])
    powers, topics = ([getattr(one, name) for one in found] for name in ("powers", "topics"))
    return replace(whole, powers=frozenset().union(*powers), topics=frozenset().union(*topics))


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


def hold_open(session: Session, company_id: UUID) -> None:
    """Nobody closes this account while something is begun for it: who comes second waits, and sees what the first did.
    Raises AccountClosed."""
    query = select(Company.closed_on, Company.kind).where(Company.id == company_id)
    closed_on, kind = session.execute(query.with_for_update(key_share=True)).one()
    if closed_on is not None and kind != Kind.CORPORATION:
        raise rules.AccountClosed


def acting_firm(session: Session, actor: Actor) -> str:
    """The firm somebody comes from who acts for another company; "" for the company's own people."""
    own = [one for one in standings(session, actor.id) if one.role]
    return "" if any(one.company_id == actor.company for one in own) else next((one.name for one in own), "")


def act_for(session: Session, actor: Actor, company_id: UUID) -> Actor:
    """The same person, for another of their companies; raises NoStanding."""
    if all(one.company_id != company_id for one in standings(session, actor.id)):
        raise rules.NoStanding
    return people.actor_of(session.get_one(BusinessPerson, actor.id), company_id)
