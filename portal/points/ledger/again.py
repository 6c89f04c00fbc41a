"""Points that come back into a lot of the past: for a few days they are there again, once."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.points.ledger import rules
from portal.points.ledger.accounts import named
from portal.points.ledger.entering import Entry, enter
from portal.points.ledger.models import PointAllocation, PointLot, PointTransfer
from portal.points.ledger.rules import Kind, Reason


def give(session: Session, back: int) -> None:
    """What the reversal *back* gave to lots that have run out meanwhile expires at once and is given anew until
    `rules.again_until`: the person could not have spent it before. Not a second time: what was given anew runs out."""
    today = clock.today()
    query = (
        select(PointLot.number, PointLot.account_id, -PointAllocation.amount, PointLot.remaining)
        .join(PointAllocation, PointAllocation.lot == PointLot.number)
        .join(PointTransfer, PointTransfer.number == PointLot.number)
        .where(PointAllocation.transfer == back, PointAllocation.amount < 0, PointLot.expires_on < today)
        .where(PointTransfer.reason != Reason.AGAIN)
        .order_by(PointLot.number)
    )
    # What was set off against a debt on the way is gone already.
    found = session.execute(query).all()
    late = [(lot, account, min(came, left)) for lot, account, came, left in found if left]
    if not late:
        return
    expired = named(session, rules.EXPIRED, Kind.EXPIRY)
    until = rules.again_until(today)
    entries = [
        Entry(f"expiry:{lot}:{back}", account, expired, part, Reason.EXPIRY, drawn=[(lot, part)])
        for lot, account, part in late
    ]
    account, sum_of_all = late[0][1], sum(part for _lot, _account, part in late)
    anew = Entry(f"again:{back}", expired, account, sum_of_all, Reason.AGAIN, expires_on=until)
    enter(session, [*entries, anew])
