"""A corporation was merged into another: who is its heir, what that is told, and what it takes over.

Mergers come in any order and in chains: the heir is the corporation at the end of them, looked for anew with every word of
the register on a corporation of the chain. Where they run in a circle, or the heir is not known yet, nobody takes over.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session, aliased

from portal.companies import notices, opening, rules
from portal.companies.events import CorporationEnded, MailboxTakenOver, MergerUndone
from portal.companies.models import Company, Corporation, Succession
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.words import N_

MERGED: notices.Text = (
    N_("%(merged)s was merged into your company"),
    N_("So says the national register. Your representative can take over its mailbox on the page of your company."),
)


def heir_of(session: Session, merged: str, said: str) -> str:
    """The number at the end of all mergers, of which the first is that of *merged* into *said*; "" where they run in a
    circle."""
    return _end(merged, said, _ways(session, {said}))


def _ways(session: Session, numbers: Collection[str]) -> Mapping[str, str]:
    """Into whom every merged corporation went that is met from these on; a question for each link, however many chains."""
    ways: dict[str, str] = {}
    seen, asked = set(numbers), set(numbers)
    while asked:
        merged = Corporation.number.in_(sorted(map(int, asked))), Corporation.closed_on.is_not(None)
        query = select(Corporation.number, Corporation.successor).where(*merged, Corporation.successor.is_not(None))
        found = {str(number): str(successor) for number, successor in session.execute(query)}
        ways |= found
        asked = set(found.values()) - seen
        seen |= asked
    return ways


def _end(merged: str, said: str, ways: Mapping[str, str]) -> str:
    seen, number = {merged}, said
    while number not in seen:
        seen.add(number)
        if number not in ways:
            return number
        number = ways[number]
    return ""


def follow(session: Session, company: Company, successor: int | None) -> bool:
    """What the register says of the successor of *company* now; True if the heir is another one than before."""
    kept = session.get(Succession, company.id)
    said = str(successor) if successor and str(successor) != company.key else ""
    heir = heir_of(session, company.key, said) if said else ""
    if kept is not None and (kept.said, kept.successor) == (said, heir):
        return False
    session.execute(delete(Succession).where(Succession.company_id == company.id))
    if not said:
        if kept is not None:
            did(session, Action.CHANGE, whose=company.id, what="company_successions")
            emit(session, MergerUndone(company_id=company.id))
        return False
    row = {
        "company_id": company.id, "said": said, "successor": heir, "at": clock.now(), "taken_at": None, "taken_by": None,
    }  # fmt: skip
    insert_once(session, Succession.__table__, row)  # type: ignore[arg-type]
    did(session, Action.CHANGE, whose=company.id, what="company_successions")
    tell_heir(session, company, heir)
    return True


def tell_heir(session: Session, company: Company, heir: str) -> bool:
    """The heir hears of it in its mailbox, which is opened for that; False while the register does not know it, or ended."""
    account = opening.account_of(session, heir) if heir else None
    if account is None or account.closed_on is not None:
        return False
    notices.tell(
        session, [(account.id, "")], key=f"merged:{company.id}:{heir}", text=MERGED, facts={"merged": company.name},
        link="/business/company",
    )  # fmt: skip
    return True


def look_again(session: Session, numbers: Collection[str]) -> None:
    """The register spoke anew of these numbers: mergers whose chain goes on, or whose heir it knows only now. Chains (few)
    are all looked at: their links may have no account here."""
    heir = aliased(Company)
    in_chain, named = Succession.said != Succession.successor, Succession.said.in_(numbers)
    unknown = and_(heir.id.is_(None), Succession.successor.in_(numbers))
    rows = session.execute(
        select(Company, Succession.said, Succession.successor, heir.id)
        .join(Succession, Succession.company_id == Company.id)
        .outerjoin(heir, heir.key == Succession.successor)
        .where(or_(in_chain, named, unknown))
        .order_by(Succession.at, Company.key)
    ).all()
    ways = _ways(session, {row.said for row in rows})
    for company, said, successor, account in rows:
        if _end(company.key, said, ways) != successor:
            changed = follow(session, company, int(said))
        else:
            changed = account is None and successor in numbers and tell_heir(session, company, successor)
        if changed:
            emit(session, CorporationEnded(company_id=company.id))


def into(session: Session, key: str) -> Sequence[Any]:
    """(succession, name, number) of all that were merged into the corporation of this number."""
    return session.execute(
        select(Succession, Company.name, Company.key)
        .join(Company, Company.id == Succession.company_id)
        .where(Succession.successor == key)
        .order_by(Succession.at, Company.key)
    ).all()


def successors(session: Session, companies: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """(number, name or "") of the heir of each of these that was merged; in a circle, of whom the register names."""
    after, named = aliased(Company), aliased(Company)
    query = (
        select(Succession.company_id, Succession.said, Succession.successor, after.name, named.name.label("named"))
        .outerjoin(after, after.key == Succession.successor)
        .outerjoin(named, named.key == Succession.said)
        .where(Succession.company_id.in_(companies))
    )
    return {
        row.company_id: (row.successor, row.name or "") if row.successor else (row.said, row.named or "")
        for row in session.execute(query)
    }


def heir_account(session: Session, company_id: UUID) -> Company | None:
    """The account of the heir of a merged company; None for one that was not merged, or whose heir is not known."""
    query = select(Company).join(Succession, Succession.successor == Company.key)
    found = session.scalar(query.where(Succession.company_id == company_id))
    return found if found is not None and found.closed_on is None else None


def heir_accounts(session: Session, companies: Collection[UUID]) -> dict[UUID, UUID]:
    """By merged company the account of its heir, of those that have one."""
    query = select(Succession.company_id, Company.id).join(Company, Company.key == Succession.successor)
    mine = query.where(Succession.company_id.in_(companies), Company.closed_on.is_(None))
    return {row[0]: row[1] for row in session.execute(mine)}


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
    if actor.id is None or not session.execute(taken).rowcount:  # type: ignore[attr-defined]
        raise rules.SuccessionUnknown
    did(session, Action.CHANGE, whose=company_id, what="company_successions")
    emit(session, MailboxTakenOver(company_id=company_id, by_company=standing.company_id, by_person=actor.id))
