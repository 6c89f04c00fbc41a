"""What was earned is taken back, exactly; what of it was spent already is owed, and set off against what comes next:
what is earned, and what comes back of the very points that were taken back (a coupon not wanted, a payment undone).

Nobody falls below 0, and no point that came from somewhere else is touched. In the books the missing part is first put back
into its lot from the account `owed`, so that the grant can be reversed whole; what is set off returns to that account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.events import in_the_same_commit
from portal.points import ranks
from portal.points.events import PointsCameBack
from portal.points.ledger import joining
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, enter, lock
from portal.points.ledger.models import PointAccount, PointAllocation, PointLot, PointTransfer
from portal.points.ledger.rules import OWED, AccountJoined, Kind, Reason
from portal.points.programmes.models import PointDebt, PointEarning


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many points a fact had brought, and how many of them are owed because they were spent."""

    points: int
    owed: int


def paid(session: Session, fact: str) -> int:
    """How many points the fact brought that were not taken back."""
    return sum(one.given for one in _paid(session, fact))


def _paid(session: Session, fact: str) -> Sequence[PointEarning]:
    query = select(PointEarning).where(PointEarning.fact == fact, PointEarning.reversed_at.is_(None))
    return session.scalars(query.order_by(PointEarning.at, PointEarning.key)).all()


def take_back(session: Session, resident_id: UUID, fact: str, *, case_ref: str = "") -> TakenBack:
    """Everything the fact brought goes back to its programme, once. The caller holds what the fact is about.

    The person's account is locked before any pot, as by all who pay. Raises AccountJoined."""
    mine = ledger.all_of(session, ledger.account_of(session, resident_id))
    if lock(session, mine) - {*mine}:  # joined to another one meanwhile: to lock that one now would be out of order
        raise AccountJoined
    points = owed = 0
    for one in _paid(session, fact):
        one.reversed_at = clock.now()
        if one.transfer is None:
            continue
        owed += _make_whole(session, resident_id, one.transfer, case_ref)
        points += one.given
        ledger.reverse(session, one.transfer, key=f"back:{one.key}")
    session.flush()
    did(session, Action.CHANGE, whose=resident_id, what="points.balance", case_ref=case_ref)
    cards.note_rank(session, resident_id, ranks.rank(session, resident_id))
    return TakenBack(points, owed)


def _make_whole(session: Session, resident_id: UUID, number: int, case_ref: str) -> int:
    """What is missing in the lot of a grant is put back into it, and owed; how much that is. What was carried to another
    record of the person is not missing."""
    joining.bring_home(session, number)
    lot = session.get_one(PointLot, number, populate_existing=True)
    missing = lot.amount - lot.remaining
    if missing:
        back = Entry(
            f"owed:{number}", _account(session), lot.account_id, missing, Reason.OWED, case_ref=case_ref,
            drawn=[(number, -missing)],
        )  # fmt: skip
        debt = enter(session, [back])[0]
        session.add(
            PointDebt(number=debt, resident_id=resident_id, amount=missing, remaining=missing, lapses_on=lot.expires_on)
        )
        session.flush()
    return missing


def set_off(session: Session, resident_id: UUID, earned: int) -> int:
    """The points of the transfer *earned* go to what the person owes, as far as they reach; how many. Its account is
    locked by the caller."""
    transfer = session.get_one(PointTransfer, earned)
    return _set_off(session, _open(session, resident_id), earned, transfer.amount, transfer.target_id, f"{earned}")


def _set_off(session: Session, debts: Sequence[PointDebt], lot: int, points: int, account: UUID, by: str) -> int:
    """So many *points* of the lot go to *debts*, in their order; how many did. *by* names what brought them."""
    left, entries = points, []
    for debt in debts:
        part = min(left, debt.remaining)
        debt.remaining, left = debt.remaining - part, left - part
        entry = Entry(f"set-off:{debt.number}:{by}", account, _account(session), part, Reason.SET_OFF)
        entries += [replace(entry, drawn=[(lot, part)])] if part else []
    enter(session, entries)
    session.flush()
    return points - left


@in_the_same_commit
def on_points_came_back(session: Session, event: PointsCameBack) -> None:
    """What came back into a lot that was taken back meanwhile is not the person's: it goes to what they owe for it, also
    when that has lapsed, and what is left to their other debts. The account is locked by whoever undid the transfer."""
    came = joining.came(session, event.number)
    query = select(PointTransfer.reverses).where(PointTransfer.reverses.in_([one.origin for one in came]))
    taken_back = set(session.scalars(query))
    for one in came:
        owner = select(PointAccount.resident_id).where(PointAccount.id == one.account_id)
        if one.origin not in taken_back or (resident_id := session.scalar(owner)) is None:
            continue
        of_lot = [*_of_lot(session, one.origin)]
        others = [debt for debt in _open(session, resident_id) if debt not in of_lot]
        _set_off(session, [*of_lot, *others], one.lot, one.points, one.account_id, f"{event.number}:{one.lot}")


def _of_lot(session: Session, lot: int) -> Sequence[PointDebt]:
    """What is owed because the lot was not whole when it was taken back."""
    query = select(PointDebt).join(PointAllocation, PointAllocation.transfer == PointDebt.number)
    return session.scalars(query.where(PointAllocation.lot == lot).with_for_update(of=PointDebt)).all()


def owing(session: Session, owners: Mapping[UUID, UUID]) -> set[UUID]:
    """Of the accounts in *owners*, by resident, those from which something is set off. The caller has locked them."""
    query = select(PointDebt.resident_id).where(PointDebt.resident_id.in_(owners), *_still_open())
    return {owners[who] for who in session.scalars(query)}


def _still_open() -> tuple[ColumnElement[bool], ...]:
    return PointDebt.remaining > 0, PointDebt.lapses_on >= clock.today()


def _open(session: Session, resident_id: UUID) -> Sequence[PointDebt]:
    query = select(PointDebt).where(_of(session, resident_id), *_still_open())
    return session.scalars(query.order_by(PointDebt.number).with_for_update()).all()


def _of(session: Session, resident_id: UUID) -> ColumnElement[bool]:
    """Whichever of the person's records owes it."""
    return PointDebt.resident_id.in_(ledger.records_of(session, resident_id))


def owed(session: Session, resident_id: UUID) -> tuple[int, date] | None:
    """How many points the person owes, and until when at the latest they are set off."""
    query = select(func.sum(PointDebt.remaining), func.max(PointDebt.lapses_on)).where(
        _of(session, resident_id), *_still_open()
    )
    amount, until = session.execute(query).one()
    return (int(amount), until) if amount else None


def _account(session: Session) -> UUID:
    return ledger.named(session, OWED, Kind.DEBT)
