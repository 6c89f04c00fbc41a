"""Two accounts turn out to be one person's: what is in one goes to the other, each lot with its own last day, and so does
whatever comes back to it later, in the same transaction. What was earned stays earned where it was: ranks count both.

A lot that was carried leaves its trace in the books: the transfer that made the new lot (`joined`) drew from the old one. So
what somebody earned before can still be taken back whole: its points are brought home first (`home`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, aliased

from portal.points.ledger import rules
from portal.points.ledger.accounts import all_of
from portal.points.ledger.entering import Entry, enter, known, lock
from portal.points.ledger.models import PointAccount, PointAllocation, PointLot, PointTransfer
from portal.points.ledger.rules import Reason


class Joined(NamedTuple):
    """How many points were carried, and the newest transfer of the two accounts after that."""

    points: int
    last: int


class Piece(NamedTuple):
    """A lot into which points of another were carried."""

    number: int
    account_id: UUID
    remaining: int


@dataclass(frozen=True, slots=True)
class Came:
    """Points a reversal gave back: the lot they are in now, with what it holds, and the one in which they first came."""

    lot: int
    account_id: UUID
    points: int
    remaining: int
    expires_on: date
    origin: int
    reason: str


# ---- joining, and taking apart ------------------------------------------------------------


def join(session: Session, gone: UUID, kept: UUID, *, by: UUID) -> Joined:
    """Everything in *gone* is *kept*'s from now on, by the deed *by*. Raises JoinedAlready: either was joined before."""
    now = _hold(session, kept, *all_of(session, gone))
    if now[gone] or now[kept]:
        raise rules.JoinedAlready
    some = PointLot.account_id == gone, PointLot.remaining > 0
    query = select(PointLot.number, PointLot.remaining, PointLot.expires_on).where(*some).order_by(PointLot.number)
    lots = session.execute(query).all()
    enter(session, [_carried(lot.number, gone, kept, lot.remaining, lot.expires_on, f"{by}") for lot in lots])
    for mine in (PointAccount.joined_to == gone, PointAccount.id == gone):
        session.execute(update(PointAccount).where(mine).values(joined_to=kept))
    return Joined(sum(lot.remaining for lot in lots), _newest(session, gone, kept))


def take_apart(session: Session, gone: UUID, kept: UUID, *, since: int) -> None:
    """It was wrong, and nothing came or went since the transfer *since*: each goes back to where it came from. Raises
    JoinedAlready (it is joined otherwise now), MovedSince."""
    if _hold(session, gone, kept) != {gone: kept, kept: None}:
        raise rules.JoinedAlready
    if _newest(session, gone, kept) != since:
        raise rules.MovedSince
    session.execute(update(PointAccount).where(PointAccount.id == gone).values(joined_to=None))
    back, one = aliased(PointTransfer), PointTransfer
    query = (
        select(one.number, one.amount, PointAllocation.lot)
        .join(PointAllocation, PointAllocation.transfer == one.number)
        .outerjoin(back, back.reverses == one.number)
        .where(one.source_id == gone, one.target_id == kept, one.reason == Reason.JOINED, back.number.is_(None))
        .order_by(one.number)
    )
    entries = [
        Entry(
            f"apart:{number}", kept, gone, amount, Reason.REVERSAL, reverses=number,
            drawn=[(number, amount), (lot, -amount)],
        )
        for number, amount, lot in session.execute(query)
    ]  # fmt: skip
    enter(session, entries)


def _hold(session: Session, *accounts: UUID) -> dict[UUID, UUID | None]:
    """To what each is joined. Nobody draws from them until the end, and who is giving to them has ended: those hold their
    rows by the foreign key of a lot. Who gives later is refused by the database (migration 0124), and comes again."""
    query = select(PointAccount.id, PointAccount.joined_to).where(PointAccount.id.in_(sorted(accounts)))
    return {one.id: one.joined_to for one in session.execute(query.order_by(PointAccount.id).with_for_update())}


def _newest(session: Session, *accounts: UUID) -> int:
    mine = or_(PointTransfer.source_id.in_(accounts), PointTransfer.target_id.in_(accounts))
    return session.scalar(select(func.max(PointTransfer.number)).where(mine)) or 0


def _carried(lot: int, gone: UUID, kept: UUID, points: int, expires_on: date, by: str, case_ref: str = "") -> Entry:
    return Entry(
        f"joined:{lot}:{by}", gone, kept, points, Reason.JOINED, case_ref=case_ref, expires_on=expires_on,
        drawn=[(lot, points)],
    )  # fmt: skip


# ---- what comes back later ----------------------------------------------------------------


def lock_all(session: Session, accounts: Sequence[UUID]) -> None:
    """`lock`, with the accounts they were joined to, in one call as everywhere."""
    query = select(PointAccount.joined_to).where(PointAccount.id.in_(accounts), PointAccount.joined_to.is_not(None))
    wanted = {*accounts, *(one for one in session.scalars(query) if one)}
    while more := lock(session, list(wanted)) - wanted:  # joined while we waited
        wanted |= more


def carry_on(session: Session, back: int) -> None:
    """What *back* gave to lots of an account that was joined goes on to the one that has its points."""
    query = (
        select(PointLot.number, PointAccount.id, PointAccount.joined_to, PointLot.remaining, PointLot.expires_on)
        .join(PointAllocation, PointAllocation.lot == PointLot.number)
        .join(PointAccount, PointAccount.id == PointLot.account_id)
        .where(PointAllocation.transfer == back, PointAllocation.amount < 0)
        .where(PointAccount.joined_to.is_not(None), PointLot.remaining > 0)
        .order_by(PointLot.number)
    )
    found = session.execute(query).all()
    if found:
        about = session.get_one(PointTransfer, back).case_ref
        enter(
            session,
            [_carried(lot, gone, to, points, day, f"{back}", about) for lot, gone, to, points, day in found if to],
        )


def came(session: Session, back: int) -> list[Came]:
    """What *back* gave back, and where it is now."""
    query = (
        select(PointLot, -PointAllocation.amount, PointTransfer.reason)
        .join(PointAllocation, PointAllocation.lot == PointLot.number)
        .join(PointTransfer, PointTransfer.number == PointLot.number)
        .where(PointAllocation.transfer == back, PointAllocation.amount < 0)
        .order_by(PointLot.number)
        .execution_options(populate_existing=True)
    )
    rows = session.execute(query).all()
    on = known(session, [f"joined:{lot.number}:{back}" for lot, _points, _reason in rows])
    return [_came(session, lot, points, reason, on.get(f"joined:{lot.number}:{back}")) for lot, points, reason in rows]


def _came(session: Session, lot: PointLot, points: int, reason: str, on: int | None) -> Came:
    now = session.get_one(PointLot, on, populate_existing=True) if on else lot
    origin, first = _origin(session, lot.number, reason)
    return Came(now.number, now.account_id, points, now.remaining, now.expires_on, origin, first)


def _origin(session: Session, lot: int, reason: str) -> tuple[int, str]:
    """The lot in which the points of *lot* first came, and why they did."""
    while reason == Reason.JOINED:
        drawn = PointAllocation.transfer == lot, PointAllocation.amount > 0
        query = select(PointAllocation.lot, PointTransfer.reason).join(
            PointTransfer, PointTransfer.number == PointAllocation.lot
        )
        lot, reason = session.execute(query.where(*drawn)).one()
    return lot, reason


# ---- what is taken back -------------------------------------------------------------------


def left(session: Session, lot: int) -> int:
    """What is left of the points that came in *lot*, wherever they were carried."""
    own = session.scalar(select(PointLot.remaining).where(PointLot.number == lot)) or 0
    return own + sum(one.remaining for one in _pieces(session, lot))


def bring_home(session: Session, lot: int) -> None:
    """What is left of them is in *lot* again, so that it can be taken back from there. The accounts are locked."""
    query = select(PointLot.account_id).where(PointLot.number == lot)
    pieces = [one for one in _pieces(session, lot) if one.remaining]
    home = session.scalars(query).one()
    entries = [
        Entry(
            f"home:{one.number}", one.account_id, home, one.remaining, Reason.HOME,
            drawn=[(one.number, one.remaining), (lot, -one.remaining)],
        )
        for one in pieces
    ]  # fmt: skip
    enter(session, entries)


def _pieces(session: Session, lot: int) -> list[Piece]:
    """Lots into which points of *lot* were carried, also by several steps."""
    found, look = list[Piece](), [lot]
    while look:
        query = (
            select(PointLot.number, PointLot.account_id, PointLot.remaining)
            .join(PointTransfer, PointTransfer.number == PointLot.number)
            .join(PointAllocation, PointAllocation.transfer == PointTransfer.number)
            .where(PointAllocation.lot.in_(look), PointTransfer.reason == Reason.JOINED)
            .order_by(PointLot.number)
        )
        more = [Piece(*row) for row in session.execute(query)]
        look = [one.number for one in more]
        found += more
    return found
