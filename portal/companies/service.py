"""Who is a company here, who acts for it, and how far; the door for other rooms."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from portal.companies import acting, finding, grants, models, notices, opening, people, rules, successions
from portal.companies.models import (
    BusinessDelivery,
    BusinessNotice,
    BusinessPerson,
    Company,
    CompanyGrant,
    CompanyMember,
    Corporation,
    Delegation,
)
from portal.companies.rules import Kind, Power, Role, Standing
from portal.core import clock, text
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id

recognise = people.recognise
actor_of = people.actor_of
standings = acting.standings
standing = acting.standing
merged = acting.merged
mailboxes = acting.mailboxes
acting_firm = acting.acting_firm
act_for = acting.act_for
search = finding.search
corporation = opening.corporation
successors = successions.successors
heir_account = successions.heir_account
heir_accounts = successions.heir_accounts
is_number = rules.is_number
read_number = rules.read_number
read_key = rules.read_key
show_number = rules.show_number
tell = notices.tell
tell_selected = notices.tell_selected
told = notices.told
receipts = notices.receipts
reason_words = notices.reason_words
unread = notices.unread
COUNTED = notices.COUNTED
NoStanding = rules.NoStanding
REFUSED = (rules.NoStanding, rules.PowerMissing)
TextRefused = text.TextRefused
check_power = rules.check_power
check_open = rules.check_open
PowerOf = Power
KindOf = Kind
StandingOf = Standing
AnyCompany = Company
AnyPerson = BusinessPerson
AnyMember = CompanyMember
AnyNotice = BusinessNotice
AnyDelivery = BusinessDelivery
AnyDelegation = Delegation
AnyGrant = CompanyGrant
RoleOf = Role
powers_of = rules.powers_of
findable = notices.findable
with_days = notices.with_days
may_see = notices.may_see
# Parts of a mailbox in the words of their indexes.
IN_MAILBOX, AWAY, UNREAD, WAITS = models.IN_MAILBOX, models.AWAY, models.UNREAD, models.WAITS
TopicOf = rules.Topic
TOPIC_WORDS = rules.TOPIC_WORDS
LONGEST_GRANT = rules.LONGEST_GRANT
DELIVERY_COLUMNS = notices.COLUMNS
grant_lines = grants.lines
grant_history = grants.history
give_grant = grants.give
grant_line = grants.line_of
grants_that_stand = grants.that_stand
revoke_grant = grants.revoke


def told_like(beginning: str) -> Select[UUID]:
    """The companies that were told of a notice whose key begins so: a round later leaves them out."""
    return (
        select(BusinessDelivery.company_id)
        .join(BusinessNotice, BusinessNotice.id == BusinessDelivery.notice_id)
        .where(BusinessNotice.key.startswith(beginning, autoescape=True))
    )


def company_of(session: Session, key: str) -> Company | None:
    """The account of a 法人番号 or of a number of our own."""
    return session.scalar(select(Company).where(Company.key == key))


def ids_of(session: Session, keys: Sequence[str]) -> dict[str, UUID]:
    """The accounts of these numbers that can bid or be graded, by number: a branch cannot, its company can."""
    whole = Company.key.in_(keys), Company.head_id.is_(None)
    return dict(session.execute(select(Company.key, Company.id).where(*whole)).all())


def names_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """(name, key) by company."""
    query = select(Company.id, Company.name, Company.key).where(Company.id.in_(ids))
    return {row.id: (row.name, row.key) for row in session.execute(query)}


def people_of(session: Session, company_id: UUID) -> Sequence[Any]:
    """(id, name, role, since, confined) of those who act for their own company or a branch of it."""
    return session.execute(
        select(BusinessPerson.id, BusinessPerson.name, CompanyMember.role, CompanyMember.since, CompanyMember.confined)
        .join(CompanyMember, CompanyMember.person_id == BusinessPerson.id)
        .where(CompanyMember.company_id == company_id, CompanyMember.ended_at.is_(None))
        .order_by(CompanyMember.since, BusinessPerson.id)
    ).all()


def ids_with(company_id: UUID) -> Select[UUID]:
    """A company and all its branches."""
    return select(Company.id).where((Company.id == company_id) | (Company.head_id == company_id))


def head_of(session: Session, company_id: UUID) -> UUID | None:
    """The company of which it is a branch; None for whoever is none."""
    return session.scalar(select(Company.head_id).where(Company.id == company_id))


def number_of(session: Session, company: Company) -> str:
    """The number a company states on papers: a branch states that of its company."""
    return company.key if company.head_id is None else session.get_one(Company, company.head_id).key


def bidder_of(session: Session, key: str) -> Company | None:
    """The account of a number that can bid, be graded, registered or suspended: a branch cannot, its company can."""
    found = company_of(session, key)
    return found if found is None or found.head_id is None else None


def register_changes(session: Session, ids: Collection[UUID]) -> dict[UUID, models.RegisterChange]:
    """What name and address were before each of these changes, and after it."""
    found = session.scalars(select(models.RegisterChange).where(models.RegisterChange.id.in_(ids)))
    return {one.id: one for one in found}


def register_row(session: Session, company_id: UUID) -> tuple[Company, Corporation | None]:
    """An account and what the national register says of it now."""
    company = session.get_one(Company, company_id)
    return company, corporation(session, company.key)


def delegate(
    session: Session, actor: Actor, *, agent_key: str, profession: str, scopes: Sequence[str], ends_on: date
) -> UUID:
    """Let another company act for this one; the agent is told. Raises PowerMissing, AgentUnknown, AgentIsSelf."""
    giver = standing(session, actor, Power.PEOPLE)
    rules.check_open(giver)
    acting.hold_open(session, giver.company_id)
    agent = bidder_of(session, agent_key)
    if agent is None or agent.closed_on is not None:
        raise rules.AgentUnknown
    if agent.id in (giver.company_id, giver.head):
        raise rules.AgentIsSelf
    grants.end_of_agent(session, actor, giver.company_id, agent.id)
    given = Delegation(
        id=new_id(), company_id=giver.company_id, agent_id=agent.id, profession=profession, scopes=sorted(scopes),
        given_at=clock.now(), given_by=actor.id, ends_on=ends_on, revoked_at=None,
    )  # fmt: skip
    session.add(given)
    did(session, Action.CREATE, whose=giver.company_id, what="company_delegations", case_ref=str(given.id))
    notices.tell(
        session, [(agent.id, "")], key=f"delegation:{given.id}", text=notices.DELEGATED, sender="",
        facts={"company": giver.name, "until": ends_on.isoformat()}, link="/business/companies",
    )  # fmt: skip
    return given.id


def delegations(session: Session, company_id: UUID) -> Sequence[Any]:
    """What a company has given: (delegation, name of the agent, its key, since when that is closed), the newest first."""
    return session.execute(
        select(Delegation, Company.name, Company.key, Company.closed_on)
        .join(Company, Company.id == Delegation.agent_id)
        .where(Delegation.company_id == company_id)
        .order_by(Delegation.given_at.desc())
    ).all()


def revoke(session: Session, actor: Actor, delegation_id: UUID) -> bool:
    """Take a delegation back; it is over with this transaction. False if it was over already or is not theirs."""
    giver = standing(session, actor, Power.PEOPLE)
    ended = session.execute(
        update(Delegation)
        .where(
            Delegation.id == delegation_id, Delegation.company_id == giver.company_id, Delegation.revoked_at.is_(None)
        )
        .values(revoked_at=clock.now())
    ).rowcount  # type: ignore[attr-defined]
    if ended:
        did(session, Action.CHANGE, whose=giver.company_id, what="company_delegations", case_ref=str(delegation_id))
        over = session.get_one(Delegation, delegation_id, populate_existing=True)
        grants.end_of_agent(session, actor, giver.company_id, over.agent_id)
    return bool(ended)


def number_in(typed: str) -> str:
    """The number of an account, "" for anything else."""
    try:
        return rules.read_key(typed)
    except TextRefused:
        return ""
