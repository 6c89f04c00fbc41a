"""Who is a company here, who acts for it, and how far; the door for other rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from portal.companies import grants, models, notices, register, rules
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
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Action, did, unit_of
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.reference import new_reference, read_reference

search = register.search
corporation = register.corporation
is_number = rules.is_number
read_number = rules.read_number
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
PowerOf = Power
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
    found = corporation(session, number)
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
            grants.end_of_person(session, old.company_id, person.id)
            did(session, Action.CHANGE, whose=old.company_id, what="company_members")
    if company is None or person.account_type not in set(Role):
        return
    row = {"company_id": company.id, "person_id": person.id, "role": person.account_type, "since": now}
    if insert_once(session, CompanyMember.__table__, row | {"ended_at": None}):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=company.id, what="company_members")
        return
    session.execute(
        update(CompanyMember)
        .where(CompanyMember.company_id == company.id, CompanyMember.person_id == person.id)
        .values(role=person.account_type)
    )


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


def standings(session: Session, person_id: UUID | None) -> list[Standing]:
    """Every company somebody may act for today: their own, and those that let their own act for them."""
    own = session.execute(
        select(Company, CompanyMember.role)
        .join(CompanyMember, CompanyMember.company_id == Company.id)
        .where(CompanyMember.person_id == person_id, CompanyMember.ended_at.is_(None))
        .order_by(Company.name, Company.key)
    ).all()
    mine = [company.id for company, _role in own]
    granted = grants.granted(session, person_id, mine) if own else {}
    found = [
        _trusted(Standing(company.id, company.name, company.key, rules.POWERS[Role(role)], role), granted)
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
        _trusted(
            Standing(row.id, row.name, row.key, rules.powers_of(row.scopes), until=row.ends_on, via=row.agent_id),
            granted,
        )
        for row in givers
    ]


def _trusted(one: Standing, granted: grants.Granted) -> Standing:
    """Whom the company lets read confidential notices reads them if they read its mailbox at all."""
    topics = granted.get((one.company_id, one.via))
    if topics is None or Power.MAILBOX not in one.powers:
        return one
    return replace(one, topics=topics) if topics else replace(one, powers=one.powers | {Power.CONFIDENTIAL})


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


def told_like(beginning: str) -> Select[UUID]:
    """The companies that were told of a notice whose key begins so: a round later leaves them out."""
    return (
        select(BusinessDelivery.company_id)
        .join(BusinessNotice, BusinessNotice.id == BusinessDelivery.notice_id)
        .where(BusinessNotice.key.startswith(beginning, autoescape=True))
    )


def acting_firm(session: Session, actor: Actor) -> str:
    """The firm somebody comes from who acts for another company; "" for the company's own people."""
    own = [one for one in standings(session, actor.id) if one.role]
    return "" if any(one.company_id == actor.company for one in own) else next((one.name for one in own), "")


def act_for(session: Session, actor: Actor, company_id: UUID) -> Actor:
    """The same person, for another of their companies; raises NoStanding."""
    if all(one.company_id != company_id for one in standings(session, actor.id)):
        raise rules.NoStanding
    return actor_of(session.get_one(BusinessPerson, actor.id), company_id)


def company_of(session: Session, key: str) -> Company | None:
    """The account of a 法人番号 or of a number of our own."""
    return session.scalar(select(Company).where(Company.key == key))


def ids_of(session: Session, keys: Sequence[str]) -> dict[str, UUID]:
    """The accounts of these numbers, by number."""
    return dict(session.execute(select(Company.key, Company.id).where(Company.key.in_(keys))).all())


def names_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """(name, key) by company."""
    query = select(Company.id, Company.name, Company.key).where(Company.id.in_(ids))
    return {row.id: (row.name, row.key) for row in session.execute(query)}


def people_of(session: Session, company_id: UUID) -> Sequence[Any]:
    """(name, role, since) of those who act for their own company."""
    return session.execute(
        select(BusinessPerson.id, BusinessPerson.name, CompanyMember.role, CompanyMember.since)
        .join(CompanyMember, CompanyMember.person_id == BusinessPerson.id)
        .where(CompanyMember.company_id == company_id, CompanyMember.ended_at.is_(None))
        .order_by(CompanyMember.since)
    ).all()


def register_row(session: Session, company_id: UUID) -> tuple[Company, Corporation | None]:
    """An account and what the national register says of it now."""
    company = session.get_one(Company, company_id)
    return company, corporation(session, company.key)


def delegate(
    session: Session, actor: Actor, *, agent_key: str, profession: str, scopes: Sequence[str], ends_on: date
) -> UUID:
    """Let another company act for this one; the agent is told. Raises PowerMissing, AgentUnknown, AgentIsSelf."""
    giver = standing(session, actor, Power.PEOPLE)
    agent = company_of(session, agent_key)
    if agent is None:
        raise rules.AgentUnknown
    if agent.id == giver.company_id:
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
    """What a company has given: (delegation, name of the agent, its key), the newest first."""
    return session.execute(
        select(Delegation, Company.name, Company.key)
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
    """A sound 法人番号, or a number of our own of a sole proprietor; "" for anything else."""
    for reader in (read_number, read_reference):
        try:
            return reader(typed)
        except TextRefused:
            continue
    return ""
