"""What came to a resident and went, the newest first: the history as they read it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from portal.points.ledger import service as ledger
from portal.points.ledger.models import PointAccount, PointHold, PointTransfer
from portal.points.ledger.rules import Reason, about, told
from portal.points.names import FAMILY

PAGE = 20
FIRST_PART = ":1"
"""How the key of a gift's first part ends (`ledger.service.pass_on`)."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a resident's history; `amount` is signed: what came is positive."""

    number: int
    at: datetime
    amount: int
    words: str
    case_ref: str
    about: tuple[str, str] = ("", "")
    """The reward, project, shop or member of the family at the other side: its kind and code."""


def history(
    session: Session, resident_id: UUID, *, before: tuple[datetime, int] | None = None, limit: int = PAGE
) -> list[Movement]:
    """The newest movements of the resident's account, older than *before* (moment and number of a movement)."""
    account = ledger.found(session, resident_id)
    if account is None:
        return []
    legs = union_all(*(_legs(account, sign, before, limit) for sign in (1, -1))).subquery()
    newest = select(legs).order_by(legs.c.at.desc(), legs.c.number.desc()).limit(limit).subquery()
    one, undone = newest.c, aliased(PointTransfer)
    amount = case((one.reason == Reason.FAMILY, _whole(one.number)), else_=one.amount) * one.sign
    query = (
        select(one.number, one.at, amount, one.reason, one.case_ref)
        .add_columns(PointHold.number, undone.reason, PointAccount.name, PointAccount.resident_id)
        .outerjoin(PointHold, and_(PointHold.number == one.number, PointHold.state == "captured"))
        .outerjoin(undone, undone.number == one.reverses)
        .join(PointAccount, PointAccount.id == one.other)
        .order_by(one.at.desc(), one.number.desc())
    )
    return [
        Movement(number, at, points, told(Reason.EXCHANGE if captured else reason, points, undid), ref,
                 (FAMILY, str(who)) if reason == Reason.FAMILY else about(name))
        for number, at, points, reason, ref, captured, undid, name, who in session.execute(query)
    ]  # fmt: skip


def _legs(account: UUID, sign: int, before: tuple[datetime, int] | None, limit: int) -> Select[Any]:
    """The newest of one side: both sides have an index in this order, so long histories cost no more than short ones. What
    was passed on in the family is one movement, however many lots it was drawn from: its first part stands for all."""
    side, other = PointTransfer.target_id, PointTransfer.source_id
    if sign < 0:
        side, other = other, side
    query = select(
        PointTransfer.number,
        PointTransfer.at,
        PointTransfer.amount,
        literal(sign).label("sign"),
        PointTransfer.reason,
        PointTransfer.case_ref,
        PointTransfer.reverses,
        other.label("other"),
    ).where(side == account, or_(PointTransfer.reason != Reason.FAMILY, PointTransfer.key.endswith(FIRST_PART)))
    if before:
        at, number = before
        query = query.where(
            PointTransfer.at <= at, case((PointTransfer.at == at, PointTransfer.number < number), else_=True)
        )
    return select(query.order_by(PointTransfer.at.desc(), PointTransfer.number.desc()).limit(limit).subquery())


def _whole(number: ColumnElement[int]) -> ScalarSelect[Any]:
    """All that was passed on by the deed whose first part is *number*."""
    first, part = aliased(PointTransfer), aliased(PointTransfer)
    deed = func.length(first.key) - len(FIRST_PART) + 1
    same = func.substr(part.key, 1, deed) == func.substr(first.key, 1, deed)
    together = and_(part.source_id == first.source_id, part.target_id == first.target_id, part.at == first.at)
    return (
        select(func.sum(part.amount)).select_from(first).join(part, and_(together, same))
        .where(first.number == number).scalar_subquery()
    )  # fmt: skip
