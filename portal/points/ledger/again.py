"""Points that come back into a lot of the past: for a few days they are there again, once."""

from sqlalchemy.orm import Session

from portal.core import clock
from portal.points.ledger import joining, rules
from portal.points.ledger.accounts import named
from portal.points.ledger.entering import Entry, enter
from portal.points.ledger.rules import Kind, Reason


def give(session: Session, back: int) -> None:
    """What the reversal *back* gave to lots that have run out meanwhile expires at once and is given anew until
    `rules.again_until`: the person could not have spent it before. Not a second time: what was given anew runs out."""
    today = clock.today()
    past = [one for one in joining.came(session, back) if one.expires_on < today and one.reason != Reason.AGAIN]
    # What was set off against a debt on the way is gone already.
    late = [(one.lot, one.account_id, min(one.points, one.remaining)) for one in past if one.remaining]
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
