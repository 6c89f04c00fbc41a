"""A corporation was merged into another: the successor is told, and may take over its mailbox and end its delegations.

Grades, licences and suspensions do not pass on by themselves: each body decides by its own rules, and sees the merger
beside what it had said of the merged one.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, aliased

from portal.companies import notices, rules
from portal.companies.models import Company, Succession
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.words import N_

MERGED: notices.Text = (
    N_("%(merged)s was merged into your company"),
    N_("So says the national register. Your representative can take over its mailbox on the page of your company."),
)


def follow(session: Session, company: Company, successor: int | None) -> None:
    """What the register says of the successor of *company* now; who is new is told."""
    kept = session.get(Succession, company.id)
    number = str(successor) if successor else ""
    if kept is not None and kept.successor == number:
        return
    session.execute(delete(Succession).where(Succession.company_id == company.id))
    if not number or number == company.key:
        return
    row = {"company_id": company.id, "successor": number, "at": clock.now(), "taken_at": None, "taken_by": None}
    insert_once(session, Succession.__table__, row)  # type: ignore[arg-type]
    did(session, Action.CHANGE, whose=company.id, what="company_successions")
    into = session.scalar(select(Company.id).where(Company.key == number))
    if into is not None:
        notices.tell(
            session, [(into, "")], key=f"merged:{company.id}:{number}", text=MERGED, facts={"merged": company.name},
            link="/business/company",
        )  # fmt: skip


def into(session: Session, key: str) -> Sequence[Any]:
    """(succession, name, number) of all that were merged into the corporation of this number."""
    return session.execute(
        select(Succession, Company.name, Company.key)
        .join(Company, Company.id == Succession.company_id)
        .where(Succession.successor == key)
        .order_by(Succession.at, Company.key)
    ).all()


def successors(session: Session, companies: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """(number, name or "") of the successor of each of these that was merged."""
    after = aliased(Company)
    query = (
        select(Succession.company_id, Succession.successor, after.name)
        .outerjoin(after, after.key == Succession.successor)
        .where(Succession.company_id.in_(companies))
    )
    return {row.company_id: (row.successor, row.name or "") for row in session.execute(query)}


def taken_over(session: Session, keys: Collection[str], columns: Sequence[Any]) -> Sequence[Any]:
    """The merged companies whose mailbox one of these has taken over: *columns* of them, and by whose number."""
    if not keys:
        return ()
    return session.execute(
        select(*columns, Succession.successor)
        .join(Succession, Succession.company_id == Company.id)
        .where(Succession.successor.in_(keys), Succession.taken_at.is_not(None))
        .order_by(Company.name, Company.key)
    ).all()


def take_over(session: Session, standing: rules.Standing, actor: Actor, company_id: UUID) -> None:
    """From now on the successor's own people read what comes to the merged company, each as far as at home. Raises
    PowerMissing, AccountClosed, SuccessionUnknown."""
    rules.check_power(standing, rules.Power.PEOPLE)
    rules.check_open(standing)
    this = (Succession.company_id == company_id, Succession.successor == standing.key, Succession.taken_at.is_(None))
    taken = update(Succession).where(*this).values(taken_at=clock.now(), taken_by=actor.id)
    if not session.execute(taken).rowcount:  # type: ignore[attr-defined]
        raise rules.SuccessionUnknown
    did(session, Action.CHANGE, whose=company_id, what="company_successions")
