"""What can be done with points: give, spend, set aside, take back, pass on. Each deed has a key and happens once.

Whoever gives or spends is named by account; who they are, and the audit record, is the caller's matter.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.core.events import emit
from portal.core.money import Points
from portal.points.events import PointsCameBack
from portal.points.ledger import accounts, again, joining, rules
from portal.points.ledger.entering import Entry, enter, known, lock_own
from portal.points.ledger.lots import lots_for
from portal.points.ledger.models import PointAccount, PointAllocation, PointHold, PointLot, PointTransfer
from portal.points.ledger.rules import HELD, Kind, Lot, NotEnoughPoints, Reason

account_of, named, city = accounts.account_of, accounts.named, accounts.city
accounts_of, owners_of = accounts.accounts_of, accounts.owners_of
found, all_of, records_of = accounts.found, accounts.all_of, accounts.records_of
own_account, any_joined, with_joined = accounts.own_account, accounts.any_joined, accounts.with_joined

# ---- giving and spending ------------------------------------------------------------------


def grant(session: Session, gift: Entry) -> int | None:
    """Give points to a resident's account, once a key; the number, or None when it was given before.

    `expires_on` is by default the end of the 24th month after the gift was earned (`at`).
    """
    return grant_all(session, [gift])[0]


def grant_all(session: Session, gifts: Sequence[Entry]) -> list[int | None]:
    """The same for many at once, each with a key of its own. Nobody is locked out meanwhile: of two who give by one key at
    the same instant the database refuses one, which finds it given when it tries again."""
    there = known(session, [gift.key for gift in gifts])
    fresh = [dated(gift) for gift in gifts if gift.key not in there]
    given = dict(zip((gift.key for gift in fresh), enter(session, fresh), strict=True))
    return [given.get(gift.key) for gift in gifts]


def fund(session: Session, account_id: UUID, amount: int, *, key: str) -> int | None:
    """Put points of the city into an account of the city (a programme's budget), once a key."""
    if known(session, [key]):
        return None
    return enter(session, [Entry(key, city(session), account_id, amount, Reason.BUDGET)])[0]


def dated(gift: Entry) -> Entry:
    """The same with the day until which its points last."""
    earned = (gift.at or clock.now()).astimezone(clock.JST).date()
    return gift if gift.expires_on else replace(gift, expires_on=rules.last_day(earned))


def hold_accounts(session: Session, residents: Collection[UUID]) -> dict[UUID, UUID]:
    """By resident the account their points are in, which nobody else draws from until the end. Raises AccountJoined: while
    it was waited for, somebody was joined to another, or apart again, and their points are elsewhere."""
    there = accounts.accounts_of(session, residents)
    lock_own(session, list(set(there.values())))
    if accounts.accounts_of(session, residents) != there:
        raise rules.AccountJoined
    return there


def spend(session: Session, payment: Entry) -> int:
    """Take points from a resident's account, once a key; returns the number. Raises NotEnoughPoints, SentBefore (the key
    was another payment's)."""
    found = spend_all(session, [payment])[0]
    if isinstance(found, Refusal):
        raise found
    return found


def spend_all(session: Session, payments: Sequence[Entry]) -> list[int | Refusal]:
    """The same for many at once, in their order: each one's number, or why it was refused."""
    lock_own(session, list({payment.source_id for payment in payments}))
    return spend_held(session, payments)


def spend_held(
    session: Session, payments: Sequence[Entry], last_word: Callable[[Entry], Refusal | None] = lambda _one: None
) -> list[int | Refusal]:
    """The same from accounts that the caller locked; *last_word* is asked of each for which there are points enough."""
    wanted = Counter[UUID]()
    for payment in payments:
        wanted[payment.source_id] += payment.amount
    done = _done_before(session, payments)
    lots, entries, first = lots_for(session, wanted, clock.today()), [], dict[str, Entry]()
    for payment in payments:
        if payment.key in done:
            continue
        first[payment.key] = payment
        try:
            drawn = rules.draw(lots[payment.source_id], payment.amount)
        except NotEnoughPoints as refusal:
            done[payment.key] = refusal
            continue
        if (refused := last_word(payment)) is not None:
            done[payment.key] = refused
            continue
        lots[payment.source_id] = rules.after(lots[payment.source_id], drawn)
        entries.append(replace(payment, drawn=_parts(drawn)))
        done[payment.key] = 0
    done |= dict(zip((entry.key for entry in entries), enter(session, entries), strict=True))
    return [done[one.key] if _is_same(one, first.get(one.key, one)) else rules.SentBefore() for one in payments]


def _is_same(one: Entry, other: Entry) -> bool:
    return (one.source_id, one.target_id, one.amount) == (other.source_id, other.target_id, other.amount)


def _done_before(session: Session, payments: Sequence[Entry]) -> dict[str, int | Refusal]:
    """By key: the number of the same payment, or that the key was another payment's."""
    done: dict[str, int | Refusal] = dict(known(session, [payment.key for payment in payments]))
    if not done:
        return done
    row = PointTransfer
    facts = select(row.key, accounts.NOW, row.target_id, row.amount).where(row.number.in_(done.values()))
    facts = facts.join(PointAccount, PointAccount.id == row.source_id)
    there = {key: tuple(rest) for key, *rest in session.execute(facts)}
    for one in payments:
        if one.key in done and there[one.key] != (one.source_id, one.target_id, one.amount):
            done[one.key] = rules.SentBefore()
    return done


def _parts(drawn: Sequence[tuple[Lot, int]]) -> list[tuple[int, int]]:
    return [(lot.number, part) for lot, part in drawn]


def pass_on(session: Session, wish: Entry) -> list[int]:
    """From one resident to another, once a key: each part keeps the day until which it lasts. Raises NotEnoughPoints,
    SentBefore."""
    lock_own(session, [wish.source_id, wish.target_id])
    if told := passed_on(session, wish.key):
        if told != (wish.target_id, wish.amount):
            raise rules.SentBefore
        return []
    lots = lots_for(session, {wish.source_id: wish.amount}, clock.today())[wish.source_id]
    parts = [
        replace(wish, key=f"{wish.key}:{place}", amount=part, expires_on=lot.expires_on, drawn=[(lot.number, part)])
        for place, (lot, part) in enumerate(rules.draw(lots, wish.amount), start=1)
    ]
    return enter(session, parts)


def passed_on(session: Session, key: str) -> tuple[UUID, int] | None:
    """To which account, and how many in all, was passed on by that key."""
    row = PointTransfer
    first = select(row.target_id, row.source_id, row.at, accounts.NOW.label("now")).where(row.key == f"{key}:1")
    first = first.join(PointAccount, PointAccount.id == row.target_id)
    if (one := session.execute(first).one_or_none()) is None:
        return None
    parts = select(func.sum(row.amount)).where(
        row.target_id == one.target_id, row.source_id == one.source_id, row.at == one.at,
        row.key.startswith(f"{key}:"),
    )  # fmt: skip
    return one.now, session.scalar(parts) or 0


# ---- setting aside ------------------------------------------------------------------------


def hold(session: Session, wish: Entry, *, until: datetime) -> int:
    """Set points aside for `target_id` until *until*, once a key; the number of the hold. Raises NotEnoughPoints."""
    held = named(session, HELD, Kind.HELD)
    number = spend(session, replace(wish, target_id=held, reason=Reason.HOLD))
    row = {"number": number, "target_id": wish.target_id, "amount": wish.amount, "until": until, "state": "open"}
    insert_once(session, PointHold.__table__, row)  # type: ignore[arg-type]
    return number


def capture(session: Session, number: int, *, reason: Reason = Reason.CAPTURE) -> int:
    """What was set aside goes where it was meant to. Raises HoldEnded: released, captured or past its time."""
    _end(session, number, "captured", PointHold.until > clock.now())
    found, set_aside = session.get_one(PointHold, number), session.get_one(PointTransfer, number)
    entry = Entry(
        f"capture:{number}", set_aside.target_id, found.target_id, found.amount, reason, case_ref=set_aside.case_ref
    )
    return enter(session, [entry])[0]


def release(session: Session, number: int) -> int:
    """What was set aside goes back into the lots it came from. Raises HoldEnded. The account comes first, as everywhere:
    a hold that is locked before it would wait for somebody who waits for the hold."""
    joining.lock_all(session, [session.get_one(PointTransfer, number).source_id])
    _end(session, number, "released")
    back = reverse(session, number, key=f"release:{number}", reason=Reason.RELEASE)
    again.give(session, back)
    return back


def undo_capture(session: Session, number: int) -> None:
    """What was set aside and captured never arrived: it goes back to whom it was set aside from. Raises HoldEnded."""
    joining.lock_all(session, [session.get_one(PointTransfer, number).source_id])
    _end(session, number, "released", since="captured")
    captured = select(PointTransfer.number).where(PointTransfer.key == f"capture:{number}")
    reverse(session, session.scalars(captured).one(), key=f"capture-back:{number}")
    again.give(session, reverse(session, number, key=f"release:{number}", reason=Reason.RELEASE))


def _end(session: Session, number: int, state: str, *conditions: object, since: str = "open") -> None:
    ended = update(PointHold).where(PointHold.number == number, PointHold.state == since, *conditions)  # type: ignore[arg-type]
    if session.execute(ended.values(state=state)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.HoldEnded


# ---- taking back --------------------------------------------------------------------------


def reverse(session: Session, number: int, *, key: str, reason: Reason = Reason.REVERSAL) -> int:
    """Undo a transfer exactly, once: points go back into the lots they were drawn from, or the lot they came in is
    emptied. Raises AlreadyReversed; PointsSpentAlready when that lot is not whole any more, wherever its points are."""
    wrong = session.get_one(PointTransfer, number)
    joining.lock_all(session, [wrong.source_id, wrong.target_id])
    session.execute(select(PointTransfer.number).where(PointTransfer.number == number).with_for_update(key_share=True))
    if session.scalar(select(PointTransfer.number).where(PointTransfer.reverses == number)):
        raise rules.AlreadyReversed
    drawn = select(PointAllocation.lot, PointAllocation.amount).where(PointAllocation.transfer == number)
    parts = [(lot, -part) for lot, part in session.execute(drawn)]
    brought = session.execute(
        select(PointLot.amount, PointLot.remaining).where(PointLot.number == number)
    ).one_or_none()
    if brought:
        if brought.remaining != brought.amount:
            _bring_home(session, number, brought.amount)
        parts.append((number, brought.amount))
    entry = Entry(
        key,
        wrong.target_id,
        wrong.source_id,
        wrong.amount,
        reason,
        case_ref=wrong.case_ref,
        reverses=number,
        drawn=parts,
    )
    (undone,) = enter(session, [entry])
    if any(part < 0 for _lot, part in parts):
        joining.carry_on(session, undone)
        emit(session, PointsCameBack(number=undone))
    return undone


def _bring_home(session: Session, lot: int, amount: int) -> None:
    if joining.left(session, lot) != amount:
        raise rules.PointsSpentAlready
    joining.bring_home(session, lot)


# ---- telling ------------------------------------------------------------------------------


def balance(session: Session, account_id: UUID, today: date) -> Points:
    """What is left in the account's lots that have not run out by *today*."""
    left = select(func.sum(PointLot.remaining)).where(
        PointLot.account_id == account_id, PointLot.remaining > 0, PointLot.expires_on >= today
    )
    return Points(session.scalar(left) or 0)


def balance_at(session: Session, account_id: UUID, moment: datetime, *, known_by: datetime | None = None) -> int:
    """What was in the account at *moment*, by what had happened then; *known_by*: as far as the books knew it then."""

    def legs(side: object) -> int:
        query = select(func.sum(PointTransfer.amount)).where(side == account_id, PointTransfer.at <= moment)  # type: ignore[arg-type]
        if known_by is not None:
            query = query.where(PointTransfer.recorded_at <= known_by)
        return session.scalar(query) or 0

    return legs(PointTransfer.target_id) - legs(PointTransfer.source_id)


def earned(session: Session, account_id: UUID, since: datetime, *, until: datetime | None = None) -> int:
    """Points the account, and those joined to it, earned from *since* on, without what was taken back; never what is
    there."""
    mine = accounts.all_of(session, account_id)
    back = select(PointTransfer.reverses).where(PointTransfer.source_id.in_(mine), PointTransfer.reverses.is_not(None))
    query = select(func.sum(PointTransfer.amount)).where(
        PointTransfer.target_id.in_(mine),
        PointTransfer.at >= since,
        PointTransfer.reason.in_([str(reason) for reason in rules.EARNED]),
        PointTransfer.number.not_in(back),
    )
    if until is not None:
        query = query.where(PointTransfer.at <= until)
    return session.scalar(query) or 0
