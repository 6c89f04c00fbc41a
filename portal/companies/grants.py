"""Who may read a company's confidential notices: given and taken back one by one, on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from portal.companies import rules
from portal.companies.models import BusinessPerson, Company, CompanyGrant, CompanyMember, Delegation
from portal.companies.rules import Power, Role, Standing, check_power, powers_of
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id

OPEN = CompanyGrant.revoked_at.is_(None)


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody who reads the mailbox, and whether they read confidential notices: `always` by their role, `by_delegation`
    because the delegation itself says so, `since` by a grant."""

    id: UUID
    is_agent: bool
    name: str
    number: str
    until: date | None
    always: bool
    by_delegation: bool
    since: datetime | None

    @property
    def reads(self) -> bool:
        return self.always or self.by_delegation or self.since is not None


def powers_granted(
    session: Session, person_id: UUID | None, agent_ids: Sequence[UUID]
) -> set[tuple[UUID, UUID | None]]:
    """(company, agent or None) of all grants that stand for this person, or for the companies whose people they are."""
    query = select(CompanyGrant.company_id, CompanyGrant.agent_id).where(OPEN)
    mine = query.where((CompanyGrant.person_id == person_id) | CompanyGrant.agent_id.in_(agent_ids))
    return {(row.company_id, row.agent_id) for row in session.execute(mine)}


def lines(session: Session, company_id: UUID) -> list[Line]:
    """All who read this company's mailbox, its own people first."""
    given = session.execute(
        select(CompanyGrant.person_id, CompanyGrant.agent_id, CompanyGrant.given_at).where(
            OPEN, CompanyGrant.company_id == company_id
        )
    ).all()
    since = {row.person_id or row.agent_id: row.given_at for row in given}
    return [*_people(session, company_id, since), *_agents(session, company_id, since)]


def _people(session: Session, company_id: UUID, since: dict[Any, datetime]) -> list[Line]:
    rows = session.execute(
        select(BusinessPerson.id, BusinessPerson.name, CompanyMember.role)
        .join(CompanyMember, CompanyMember.person_id == BusinessPerson.id)
        .where(CompanyMember.company_id == company_id, CompanyMember.ended_at.is_(None), ~CompanyMember.confined)
        .order_by(CompanyMember.since)
    ).all()
    return [Line(row.id, False, row.name, "", None, row.role == Role.PRIME, False, since.get(row.id)) for row in rows]


def _agents(session: Session, company_id: UUID, since: dict[Any, datetime]) -> list[Line]:
    rows = session.execute(
        select(Delegation, Company.name, Company.key)
        .join(Company, Company.id == Delegation.agent_id)
        .where(
            Delegation.company_id == company_id,
            Delegation.revoked_at.is_(None),
            Delegation.ends_on >= clock.today(),
        )
        .order_by(Company.name, Company.key, Delegation.ends_on)
    ).all()
    found: dict[UUID, Line] = {}
    for given, name, key in rows:
        powers = powers_of(given.scopes)
        if Power.MAILBOX not in powers:
            continue
        before = found.get(given.agent_id)
        named = Power.CONFIDENTIAL in powers or bool(before and before.by_delegation)
        found[given.agent_id] = Line(
            given.agent_id, True, name, key, given.ends_on, False, named, since.get(given.agent_id)
        )
    return list(found.values())


def give(session: Session, standing: Standing, actor: Actor, who: UUID) -> None:
    """Let a person of the company or an agent read confidential notices from now on; given twice, it is given. Raises
    PowerMissing, GrantUnknown."""
    check_power(standing, Power.PEOPLE)
    line = next((one for one in lines(session, standing.company_id) if one.id == who and not one.always), None)
    if line is None:
        raise rules.GrantUnknown
    row = {
        "id": new_id(), "company_id": standing.company_id, "person_id": None if line.is_agent else who,
        "agent_id": who if line.is_agent else None, "given_at": clock.now(), "given_by": actor.id,
    }  # fmt: skip
    if insert_once(session, CompanyGrant.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=standing.company_id, what="company_grants", case_ref=str(row["id"])[:8])


def revoke(session: Session, standing: Standing, actor: Actor, who: UUID) -> None:
    """Take it back; it is over with this transaction, also where the delegation itself had named it. Raises
    PowerMissing."""
    check_power(standing, Power.PEOPLE)
    company_id = standing.company_id
    mine = (CompanyGrant.company_id == company_id, OPEN)
    them = (CompanyGrant.person_id == who) | (CompanyGrant.agent_id == who)
    session.execute(update(CompanyGrant).where(*mine, them).values(revoked_at=clock.now(), revoked_by=actor.id))
    given = select(Delegation).where(
        Delegation.company_id == company_id, Delegation.agent_id == who, Delegation.revoked_at.is_(None)
    )
    for one in session.scalars(given.with_for_update()):
        one.scopes = [scope for scope in one.scopes if scope != Power.CONFIDENTIAL]
    session.flush()
    did(session, Action.CHANGE, whose=company_id, what="company_grants", case_ref=str(who)[:8])


def end_of_agent(session: Session, actor: Actor, company_id: UUID, agent_id: UUID) -> None:
    """With the last delegation of an agent its grant is over: a later delegation does not bring it back."""
    still = select(Delegation.id).where(
        Delegation.company_id == company_id,
        Delegation.agent_id == agent_id,
        Delegation.revoked_at.is_(None),
        Delegation.ends_on >= clock.today(),
    )
    if session.execute(still.limit(1)).first() is None:
        mine = (CompanyGrant.company_id == company_id, CompanyGrant.agent_id == agent_id, OPEN)
        session.execute(update(CompanyGrant).where(*mine).values(revoked_at=clock.now(), revoked_by=actor.id))


def history(session: Session, company_id: UUID) -> Sequence[Any]:
    """(grant, person or agent, given by, taken back by) of all that ever stood, the newest first."""
    giver, taker, person = aliased(BusinessPerson), aliased(BusinessPerson), aliased(BusinessPerson)
    return session.execute(
        select(
            CompanyGrant, person.name.label("person"), Company.name.label("agent"), giver.name.label("giver"),
            taker.name.label("taker"),
        )
        .outerjoin(person, person.id == CompanyGrant.person_id)
        .outerjoin(Company, Company.id == CompanyGrant.agent_id)
        .join(giver, giver.id == CompanyGrant.given_by)
        .outerjoin(taker, taker.id == CompanyGrant.revoked_by)
        .where(CompanyGrant.company_id == company_id)
        .order_by(CompanyGrant.given_at.desc(), CompanyGrant.id)
        .limit(50)
    ).all()  # fmt: skip
