"""Who may read a company's confidential notices: given and taken back one by one, on record."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from portal.companies import rules
from portal.companies.models import BusinessPerson, Company, CompanyGrant, CompanyMember, Delegation
from portal.companies.rules import Power, Role, Standing, Topic, check_open, check_power, powers_in, powers_of
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id

Granted = Mapping[tuple[UUID, UUID | None], frozenset[Topic]]
"""By (company, agent or None): which topics, none for all of them."""
OPEN = CompanyGrant.revoked_at.is_(None)


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody who reads the mailbox, and whether they read confidential notices: `always` by their role, `by_delegation`
    because the delegation itself says so, else by a `grant`."""

    id: UUID
    is_agent: bool
    name: str
    number: str
    until: date | None
    always: bool
    by_delegation: bool
    grant: CompanyGrant | None

    @property
    def reads(self) -> bool:
        return self.always or self.by_delegation or self.grant is not None


def that_stand() -> Any:
    """The condition of grants that are neither taken back nor run out today."""
    return and_(OPEN, or_(CompanyGrant.ends_on.is_(None), CompanyGrant.ends_on >= clock.today()))


def granted(session: Session, person_id: UUID | None, agent_ids: Sequence[UUID]) -> Granted:
    """All grants that stand for this person, or for the companies whose people they are."""
    query = select(CompanyGrant.company_id, CompanyGrant.agent_id, CompanyGrant.topics).where(that_stand())
    mine = query.where((CompanyGrant.person_id == person_id) | CompanyGrant.agent_id.in_(agent_ids))
    known = set(Topic)
    return {
        (row.company_id, row.agent_id): frozenset(Topic(one) for one in row.topics if one in known)
        for row in session.execute(mine)
    }


def lines(session: Session, company_id: UUID) -> list[Line]:
    """All who read this company's mailbox, its own people first."""
    given = session.scalars(select(CompanyGrant).where(that_stand(), CompanyGrant.company_id == company_id))
    grants = {one.person_id or one.agent_id: one for one in given}
    return [*_people(session, company_id, grants), *_agents(session, company_id, grants)]


def line_of(session: Session, company_id: UUID, who: UUID) -> Line:
    """One of them to whom it may be given. Raises GrantUnknown."""
    line = next((one for one in lines(session, company_id) if one.id == who and not one.always), None)
    if line is None:
        raise rules.GrantUnknown
    return line


def _people(session: Session, company_id: UUID, grants: Mapping[Any, CompanyGrant]) -> list[Line]:
    rows = session.execute(
        select(BusinessPerson.id, BusinessPerson.name, CompanyMember.role, CompanyMember.since)
        .join(CompanyMember, CompanyMember.person_id == BusinessPerson.id)
        .where(CompanyMember.company_id == company_id, CompanyMember.ended_at.is_(None), ~CompanyMember.confined)
        .order_by(CompanyMember.since)
    ).all()
    now = clock.now()
    always = {row.id: Power.CONFIDENTIAL in powers_in(Role(row.role), row.since, now) for row in rows}
    return [Line(row.id, False, row.name, "", None, always[row.id], False, grants.get(row.id)) for row in rows]


def _agents(session: Session, company_id: UUID, grants: Mapping[Any, CompanyGrant]) -> list[Line]:
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
            given.agent_id, True, name, key, given.ends_on, False, named, grants.get(given.agent_id)
        )
    return list(found.values())


def give(
    session: Session,
    standing: Standing,
    actor: Actor,
    who: UUID,
    *,
    topics: Collection[Topic],
    ends_on: date | None = None,
) -> None:
    """Let a person of the company or an agent read confidential notices of these topics from now on, until that day; what
    stood before ends. Raises PowerMissing, GrantUnknown, GrantWithoutTopic."""
    check_power(standing, Power.PEOPLE)
    check_open(standing)
    line = line_of(session, standing.company_id, who)
    if not topics:
        raise rules.GrantWithoutTopic
    some = [] if set(topics) == set(Topic) else sorted(map(str, topics))
    known = line.grant
    if known is not None and (known.topics, known.ends_on) == (some, ends_on):
        return
    _end(session, standing.company_id, who, actor.id)
    row = {
        "id": new_id(), "company_id": standing.company_id, "person_id": None if line.is_agent else who,
        "agent_id": who if line.is_agent else None, "given_at": clock.now(), "given_by": actor.id, "topics": some,
        "ends_on": ends_on,
    }  # fmt: skip
    if insert_once(session, CompanyGrant.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=standing.company_id, what="company_grants", case_ref=str(row["id"])[:8])


def revoke(session: Session, standing: Standing, actor: Actor, who: UUID) -> None:
    """Take it back; it is over with this transaction, also where the delegation itself had named it. Raises PowerMissing,
    and GrantUnknown of who reads by their role: that ends with the role."""
    check_power(standing, Power.PEOPLE)
    company_id = standing.company_id
    if any(one.id == who and one.always for one in lines(session, company_id)):
        raise rules.GrantUnknown
    _end(session, company_id, who, actor.id)
    given = select(Delegation).where(
        Delegation.company_id == company_id, Delegation.agent_id == who, Delegation.revoked_at.is_(None)
    )
    for one in session.scalars(given.with_for_update()):
        one.scopes = [scope for scope in one.scopes if scope != Power.CONFIDENTIAL]
    session.flush()
    did(session, Action.CHANGE, whose=company_id, what="company_grants", case_ref=str(who)[:8])


def _end(session: Session, company_id: UUID, who: UUID, by: UUID | None) -> None:
    mine = (CompanyGrant.company_id == company_id, OPEN)
    them = (CompanyGrant.person_id == who) | (CompanyGrant.agent_id == who)
    values = {"revoked_at": clock.now(), "revoked_by": by}
    session.execute(update(CompanyGrant).where(*mine, them).values(**values))


def end_of_person(session: Session, company_id: UUID, person_id: UUID) -> None:
    """Who is of the company no more reads nothing there, and would not either if they came back."""
    _end(session, company_id, person_id, None)


def end_of_gone_agent(session: Session, company_id: UUID, agent_id: UUID) -> None:
    """Agent or company was closed: the agent reads nothing there any more."""
    _end(session, company_id, agent_id, None)


def end_of_agent(session: Session, actor: Actor, company_id: UUID, agent_id: UUID) -> None:
    """With the last delegation of an agent its grant is over: a later delegation does not bring it back."""
    still = select(Delegation.id).where(
        Delegation.company_id == company_id,
        Delegation.agent_id == agent_id,
        Delegation.revoked_at.is_(None),
        Delegation.ends_on >= clock.today(),
    )
    if session.execute(still.limit(1)).first() is None:
        _end(session, company_id, agent_id, actor.id)


PAGE = 20


def history(session: Session, company_id: UUID, *, page: int = 1) -> tuple[Sequence[Any], int]:
    """(a page of (grant, person or agent, given by, taken back by) of all that ever stood, the newest first; how many
    pages)."""
    ever = select(func.count()).select_from(CompanyGrant).where(CompanyGrant.company_id == company_id)
    pages = -(-(session.scalar(ever) or 0) // PAGE)
    giver, taker, person = aliased(BusinessPerson), aliased(BusinessPerson), aliased(BusinessPerson)
    rows = session.execute(
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
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()  # fmt: skip
    return rows, pages
