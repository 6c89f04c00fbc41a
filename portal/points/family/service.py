"""Points passed on within a household. A person under protection is in nobody's list and gives to nobody."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.points.family import rules
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.models import PointTransfer
from portal.points.ledger.rules import Reason, SentBefore
from portal.residents import service as residents


def family_of(session: Session, resident_id: UUID) -> list[tuple[UUID, str]]:
    """To whom somebody may pass points on, with their names."""
    me = residents.look_up(session, resident_id)
    if me.protected:
        return []
    mine = ledger.records_of(session, resident_id)
    return [
        (one.id, one.known_as)
        for one in residents.household_of(session, me)
        if one.id not in mine and not one.protected
    ]


def names_of(session: Session, resident_id: UUID, asked: Collection[UUID]) -> dict[UUID, str]:
    """How those of *asked* are called to whom somebody could pass points on today. Nobody else is named, and nobody else's
    data is opened: who moved out, or is under protection, is a member of the family without a name."""
    near = set(asked) & set(residents.housemates(session, resident_id)) if asked else set()
    if not near:
        return {}
    me = residents.look_up(session, resident_id)
    if me.protected or me.moved_out:
        return {}
    found = [residents.look_up(session, one) for one in sorted(near)]
    return {one.id: one.known_as for one in found if not one.protected}


def passed_on(session: Session, giver: UUID, key: UUID) -> tuple[int, str] | None:
    """What the form with the key *key* passed on, and to whom, as `names_of` names them; None: nothing."""
    told = ledger.passed_on(session, _deed(giver, key))
    if told is None:
        return None
    account, amount = told
    names = names_of(session, giver, list(ledger.owners_of(session, [account])))
    return amount, next(iter(names.values()), "")


def _deed(giver: UUID, key: UUID) -> str:
    return f"family:{giver}:{key}"


def pass_on(session: Session, giver: UUID, receiver: UUID, amount: int, *, key: UUID) -> None:
    """Once a *key*. Raises FamilyAmount, NotFamily, PassedOnBefore, FamilyLimit, NotEnoughPoints, SentBefore."""
    if amount not in rules.AMOUNTS:
        raise rules.FamilyAmount
    if receiver not in {who for who, _name in family_of(session, giver)}:
        raise rules.NotFamily
    held = ledger.hold_accounts(session, [giver, receiver])
    source, target = held[giver], held[receiver]
    if source == target:  # another record of the same person
        raise rules.NotFamily
    once = _deed(giver, key)
    if told := ledger.passed_on(session, once):
        if told != (target, amount):
            raise SentBefore
        return
    mine = ledger.all_of(session, source)
    rules.check(
        received=_this_month(session, PointTransfer.target_id.in_(mine)),
        given=_this_month(session, PointTransfer.source_id.in_(mine)),
        amount=amount,
    )
    ledger.pass_on(session, Entry(once, source, target, amount, Reason.FAMILY))
    did(session, Action.CHANGE, whose=giver, what="points.balance")
    did(session, Action.CHANGE, whose=receiver, what="points.balance")


def _this_month(session: Session, side: Any) -> int:
    today = clock.today()
    begin = datetime(today.year, today.month, 1, tzinfo=JST)
    query = select(func.sum(PointTransfer.amount)).where(
        side, PointTransfer.reason == Reason.FAMILY, PointTransfer.at >= begin
    )
    return session.scalar(query) or 0
