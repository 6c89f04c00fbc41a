"""Opening, changing and closing branches, and who acts for them. Decided by managers of the company itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.companies import acting, grants
from portal.companies import rules as company_rules
from portal.companies.branches import rules
from portal.companies.models import Company, CompanyMember, Delegation
from portal.companies.rules import Kind, Power, Role, Standing
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.reference import new_reference


@dataclass(frozen=True, slots=True)
class Said:
    """A branch's own name, and where it is."""

    office: str
    prefecture: str
    city: str
    street: str

    @property
    def place(self) -> dict[str, str]:
        region = f"{self.prefecture}{self.city}"
        return {"address": f"{region}{self.street}"[:400], "region": region[:30]}


def decider(session: Session, actor: Actor) -> Standing:
    """For which company *actor* decides about branches: a manager of the company, not of a branch. Raises NoStanding,
    PowerMissing, AccountClosed."""
    found = acting.standing(session, actor, Power.PEOPLE)
    company_rules.check_open(found)
    if found.head is not None or not found.role:
        raise company_rules.PowerMissing
    return found


def of_company(session: Session, company_id: UUID) -> Sequence[Company]:
    """Its branches, the open ones first."""
    query = select(Company).where(Company.head_id == company_id)
    return session.scalars(query.order_by(Company.closed_on.is_not(None), Company.office, Company.key)).all()


def own(session: Session, actor: Actor, branch_id: UUID, *, to_change: bool = False) -> Company:
    """A branch of the company *actor* decides for. Raises BranchUnknown, and BranchClosed when it is to be changed."""
    company = decider(session, actor)
    query = select(Company).where(Company.id == branch_id, Company.head_id == company.company_id)
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalar(held if to_change else query)
    if found is None:
        raise rules.BranchUnknown
    if to_change and found.closed_on is not None:
        raise rules.BranchClosed
    return found


def open_branch(session: Session, actor: Actor, said: Said) -> UUID:
    """A new branch with a number of its own. Raises BranchesFull, BranchNameTaken."""
    company = decider(session, actor)
    acting.hold_open(session, company.company_id)
    there = (Company.head_id == company.company_id, Company.closed_on.is_(None))
    if (session.scalar(select(func.count()).select_from(Company).where(*there)) or 0) >= rules.MOST:
        raise rules.BranchesFull(most=rules.MOST)
    row = {
        "id": new_id(), "key": new_reference(), "kind": str(Kind.BRANCH), "head_id": company.company_id,
        "office": said.office, "name": company_rules.name_of_branch(company.name, said.office), "closed_on": None,
        "created_at": clock.now(), **said.place,
    }  # fmt: skip
    if not insert_once(session, Company.__table__, row):  # type: ignore[arg-type]
        raise rules.BranchNameTaken
    did(session, Action.CREATE, whose=company.company_id, what="companies", case_ref=str(row["id"]))
    return UUID(str(row["id"]))


def change(session: Session, actor: Actor, branch_id: UUID, said: Said) -> None:
    """Another name or address; its number stays. Raises BranchUnknown, BranchClosed, BranchNameTaken."""
    branch = own(session, actor, branch_id, to_change=True)
    head = session.get_one(Company, branch.head_id)
    same = select(Company.id).where(
        Company.head_id == head.id, Company.office == said.office, Company.closed_on.is_(None), Company.id != branch.id
    )
    # Its company's row is held meanwhile: of two branches that take one name at once the second sees the first.
    session.execute(select(Company.id).where(Company.id == head.id).with_for_update(key_share=True))
    if session.scalar(same) is not None:
        raise rules.BranchNameTaken
    values = {"office": said.office, "name": company_rules.name_of_branch(head.name, said.office), **said.place}
    session.execute(update(Company).where(Company.id == branch.id).values(**values))
    did(session, Action.CHANGE, whose=head.id, what="companies", case_ref=str(branch.id))


def close(session: Session, actor: Actor, branch_id: UUID) -> None:
    """From today on it is no more: its people and agents are out at once, nothing new is sent to it or begun for it, and the
    head office ends what was begun. Raises BranchUnknown, BranchClosed."""
    branch, now = own(session, actor, branch_id, to_change=True), clock.now()
    branch.closed_on = clock.today()
    session.flush()
    out = (CompanyMember.company_id == branch.id, CompanyMember.ended_at.is_(None))
    session.execute(update(CompanyMember).where(*out).values(ended_at=now))
    end_delegations(session, actor, branch.id)
    did(session, Action.CHANGE, whose=branch.head_id, what="companies", case_ref=str(branch.id))


def end_delegations(session: Session, actor: Actor, company_id: UUID) -> None:
    """No agent acts any more for an account that is closed."""
    mine = (Delegation.company_id == company_id, Delegation.revoked_at.is_(None))
    agents = set(session.scalars(select(Delegation.agent_id).where(*mine)))
    session.execute(update(Delegation).where(*mine).values(revoked_at=clock.now()))
    for agent in sorted(agents):
        grants.end_of_agent(session, actor, company_id, agent)


def head_of(branch: Company) -> UUID:
    """The company of which it is a branch."""
    assert branch.head_id is not None
    return branch.head_id


def assign(session: Session, actor: Actor, branch_id: UUID, *, person_id: UUID, role: Role, alone: bool) -> None:
    """Let somebody of the company act for a branch; *alone*: from now on for branches only. Given again, the newest word
    counts. Raises BranchUnknown, BranchClosed, NotOfCompany, PrimeIsWhole."""
    branch, now = own(session, actor, branch_id, to_change=True), clock.now()
    at_head = (CompanyMember.company_id == branch.head_id, CompanyMember.person_id == person_id)
    held = session.scalar(select(CompanyMember.role).where(*at_head, CompanyMember.ended_at.is_(None)))
    if held is None or role not in company_rules.AT_BRANCH:
        raise rules.NotOfCompany
    if alone and held in (Role.PRIME, Role.LETTER):
        raise rules.PrimeIsWhole
    here = {"company_id": branch.id, "person_id": person_id}
    row = {**here, "role": str(role), "since": now, "ended_at": None, "confined": False}
    if not insert_once(session, CompanyMember.__table__, row):  # type: ignore[arg-type]
        mine = (CompanyMember.company_id == branch.id, CompanyMember.person_id == person_id)
        session.execute(update(CompanyMember).where(*mine, CompanyMember.ended_at.is_not(None)).values(since=now))
        session.execute(update(CompanyMember).where(*mine).values(role=str(role), ended_at=None))
    if alone:
        session.execute(update(CompanyMember).where(*at_head).values(confined=True))
    did(session, Action.CHANGE, whose=branch.head_id, what="company_members", case_ref=str(branch.id))


def dismiss(session: Session, actor: Actor, branch_id: UUID, person_id: UUID) -> None:
    """Somebody no longer acts for a branch; out at once. Who acted for branches alone acts for none then."""
    branch = own(session, actor, branch_id)
    mine = (CompanyMember.company_id == branch.id, CompanyMember.person_id == person_id)
    ended = update(CompanyMember).where(*mine, CompanyMember.ended_at.is_(None)).values(ended_at=clock.now())
    if session.execute(ended).rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=branch.head_id, what="company_members", case_ref=str(branch.id))


def release(session: Session, actor: Actor, person_id: UUID) -> None:
    """Let somebody who acted for branches alone act for the whole company again."""
    company = decider(session, actor)
    mine = (CompanyMember.company_id == company.company_id, CompanyMember.person_id == person_id)
    freed = update(CompanyMember).where(*mine, CompanyMember.confined).values(confined=False)
    if session.execute(freed).rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=company.company_id, what="company_members")
