"""Delegations at gBizID (委任): what a person's newest sign-in says, exactly that, until its day; the company sees it."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.companies import notices, opening
from portal.companies.gbizid_claims import Delegated
from portal.companies.models import BusinessPerson, Company, GbizidDelegation, Succession
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.words import N_

TOLD = (
    N_("%(person)s acts for %(company)s by delegation at gBizID"),
    N_(
        "Until %(until)s, for what was named at gBizID: the page of your company says it. It ends at gBizID, or at once "
        "when you stop it on that page."
    ),
)


def settle(session: Session, person: BusinessPerson, own: Company | None, said: Sequence[Delegated]) -> None:
    """The newest sign-in is the word: what it names holds as it names it, all else of this person has ended."""
    named = [one for one in said if own is None or one.company != own.key]
    for one in named:
        company = opening.account_of(session, one.company)
        if company is not None and session.get(Succession, company.id) is None:  # of a merged company nothing is left
            _keep(session, person, company, one)
    gone = (GbizidDelegation.person_id == person.id, GbizidDelegation.ended_at.is_(None))
    numbers = [one.number for one in named]
    query = select(GbizidDelegation).where(*gone, GbizidDelegation.number.not_in(numbers))
    for old in session.scalars(query):
        old.ended_at = clock.now()
        did(session, Action.CHANGE, whose=old.company_id, what="gbizid_delegations", case_ref=str(old.id))
    session.flush()


def _keep(session: Session, person: BusinessPerson, company: Company, said: Delegated) -> None:
    now = clock.now()
    facts = {
        "company_id": company.id,
        "scopes": list(said.scopes),
        "begins_on": said.begins_on,
        "ends_on": said.ends_on,
    }
    row = {"id": new_id(), "person_id": person.id, "number": said.number, "first_at": now, "seen_at": now, **facts}
    new = insert_once(session, GbizidDelegation.__table__, row)  # type: ignore[arg-type]
    this = (GbizidDelegation.person_id == person.id, GbizidDelegation.number == said.number)
    kept = session.scalars(select(GbizidDelegation).where(*this).with_for_update()).one()
    other = any(getattr(kept, name) != value for name, value in facts.items()) or kept.ended_at is not None
    for name, value in facts.items():
        setattr(kept, name, value)
    kept.seen_at, kept.ended_at = now, None
    session.flush()
    if new or other:
        did(
            session,
            Action.CREATE if new else Action.CHANGE,
            whose=company.id,
            what="gbizid_delegations",
            case_ref=str(kept.id),
        )
        _tell(session, person, company, kept)


def _tell(session: Session, person: BusinessPerson, company: Company, kept: GbizidDelegation) -> None:
    """Once for each wording of it: somebody who signs in daily is told of once."""
    wording = blake2b(f"{kept.scopes}{kept.begins_on}{kept.ends_on}".encode(), digest_size=8).hexdigest()
    notices.tell(
        session, [(company.id, "")], key=f"gbizid-delegation:{kept.id}:{wording}", text=TOLD, sender="",
        facts={"person": person.name, "company": company.name, "until": kept.ends_on.isoformat()},
        link="/business/company",
    )  # fmt: skip


def holding(session: Session, person_id: UUID | None, columns: Sequence[Any]) -> Sequence[Any]:
    """The companies somebody acts for by gBizID today: *columns* of them, scopes, last day."""
    today = clock.today()
    return session.execute(
        select(*columns, GbizidDelegation.scopes, GbizidDelegation.ends_on)
        .join(GbizidDelegation, GbizidDelegation.company_id == Company.id)
        .where(
            GbizidDelegation.person_id == person_id,
            GbizidDelegation.ended_at.is_(None),
            GbizidDelegation.stopped_at.is_(None),
            GbizidDelegation.begins_on <= today,
            GbizidDelegation.ends_on >= today,
        )
        .order_by(Company.name, Company.key)
    ).all()


def of_company(session: Session, company_id: UUID) -> Sequence[Any]:
    """(delegation, name of the person) that a company ever gave at gBizID, as far as sign-ins said, the newest first."""
    return session.execute(
        select(GbizidDelegation, BusinessPerson.name)
        .join(BusinessPerson, BusinessPerson.id == GbizidDelegation.person_id)
        .where(GbizidDelegation.company_id == company_id)
        .order_by(GbizidDelegation.seen_at.desc(), GbizidDelegation.id)
        .limit(50)
    ).all()


def holds(one: GbizidDelegation) -> bool:
    """Whether somebody acts by it today."""
    return one.ended_at is None and one.stopped_at is None and one.begins_on <= clock.today() <= one.ends_on


class DelegationUnknown(Refusal):
    code = "gbizid-delegation-unknown"
    status = 404
    message = N_("Your company has no such delegation.")
    next_step = N_("Go back to the page of your company.")


def stop(session: Session, actor: Actor, company_id: UUID, delegation_id: UUID) -> None:
    """Nobody acts by it here any more, whatever gBizID says; it ends for good there. Raises DelegationUnknown."""
    this = (GbizidDelegation.id == delegation_id, GbizidDelegation.company_id == company_id)
    found = session.scalar(select(GbizidDelegation).where(*this))
    if found is None:
        raise DelegationUnknown
    stopped = update(GbizidDelegation).where(*this, GbizidDelegation.stopped_at.is_(None))
    if session.execute(stopped.values(stopped_at=clock.now(), stopped_by=actor.id)).rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=company_id, what="gbizid_delegations", case_ref=str(delegation_id))
