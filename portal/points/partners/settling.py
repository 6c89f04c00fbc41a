"""What shops are paid: one statement a month and shop, approved by one person, brought to the bank by another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.envelope import KeyRing
from portal.core.reference import new_reference
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, enter
from portal.points.ledger.rules import Kind, Reason
from portal.points.months import month_of
from portal.points.partners import contracts, rules, zengin
from portal.points.partners.bank import BankAccount
from portal.points.partners.models import PointPartner, PointSale, PointStatement
from portal.points.partners.rules import YEN_PER_POINT, Way

SETTLE = "points.settle-partners"
SETTLED = "settled"
AT_ONCE = 1_000


def settle(session: Session, _payload: dict[str, Any]) -> None:
    """Statements of every month that is over for a week and has payments on none, also of long ago: a worker that stood
    still owes nobody anything. Done again it adds nothing (worker, daily)."""
    end = rules.month_span(rules.settled_before(clock.today()))[0]
    wanted = select(PointSale.partner_id).where(PointSale.at < end, *_open())
    for one in session.scalars(wanted.distinct().order_by(PointSale.partner_id)).all():
        for month in _months_open(session, one, end):
            if _statement(session, one, month) is None:
                _make(session, contracts.partner(session, one), month)


def _open() -> tuple[ColumnElement[bool], ...]:
    return PointSale.statement_id.is_(None), PointSale.reversed_at.is_(None)


def _months_open(session: Session, partner_id: UUID, end: datetime) -> Iterator[date]:
    """The months before *end* of which payments wait, the earliest first."""
    begin = datetime.min.replace(tzinfo=JST) + timedelta(days=1)
    mine = select(func.min(PointSale.at)).where(PointSale.partner_id == partner_id, PointSale.at < end, *_open())
    while (first := session.scalar(mine.where(PointSale.at >= begin))) is not None:
        month = first.astimezone(JST).date().replace(day=1)
        yield month
        begin = rules.month_span(month)[1]


def _statement(session: Session, partner_id: UUID, month: date) -> PointStatement | None:
    query = select(PointStatement).where(PointStatement.partner_id == partner_id, PointStatement.month == month)
    return session.scalars(query).one_or_none()


def _make(session: Session, one: PointPartner, month: date) -> None:
    begin, end = rules.month_span(month)
    mine = (
        PointSale.partner_id == one.id,
        PointSale.at >= begin,
        PointSale.at < end,
        *_open(),
    )
    # Locked before they are added up: a taking back that is under way ends first, and one that comes later finds them final.
    found = session.execute(
        select(PointSale.reference, PointSale.points).where(*mine).order_by(PointSale.reference).with_for_update()
    ).all()
    if not found:
        return
    points = sum(row.points for row in found)
    number, target = new_reference(), ledger.named(session, SETTLED, Kind.SETTLED)
    entry = Entry(f"settled:{one.id}:{month}", one.account_id, target, points, Reason.SETTLED, case_ref=number)
    made = PointStatement(
        partner_id=one.id, month=month, number=number, sales=len(found), points=points, yen=points * YEN_PER_POINT,
        transfer=enter(session, [entry])[0], made_at=clock.now(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    chosen = [row.reference for row in found]
    for begin_at in range(0, len(chosen), AT_ONCE):
        some = PointSale.reference.in_(chosen[begin_at : begin_at + AT_ONCE])
        session.execute(update(PointSale).where(some).values(statement_id=made.id))
    did(session, Action.CREATE, whose=None, what="point_statements", case_ref=number)


def statements_of(session: Session, partner_id: UUID) -> Sequence[PointStatement]:
    """The newest first."""
    query = select(PointStatement).where(PointStatement.partner_id == partner_id)
    return session.scalars(query.order_by(PointStatement.month.desc()).limit(36)).all()


def statement(session: Session, partner_id: UUID, number: str) -> PointStatement:
    """One of the shop's. Raises StatementUnknown."""
    plain = number if number.isascii() and len(number) == 14 else ""
    found = session.scalars(select(PointStatement).where(PointStatement.number == plain)).one_or_none()
    if found is None or found.partner_id != partner_id:
        raise rules.StatementUnknown
    return found


class Line(NamedTuple):
    """One payment, without who paid."""

    at: datetime
    reference: str
    way: str
    points: int


def lines(session: Session, one: PointStatement, *, most: int | None = None) -> Iterator[Line]:
    """What the statement adds up, the earliest first, read in pieces; of very many the first *most*."""
    query = select(PointSale.at, PointSale.reference, PointSale.way, PointSale.points)
    mine = query.where(PointSale.statement_id == one.id).order_by(PointSale.at, PointSale.reference).limit(most)
    yield from (Line(*row) for row in session.execute(mine.execution_options(yield_per=AT_ONCE)))


def of_month(session: Session, month: date) -> Sequence[tuple[PointStatement, PointPartner]]:
    """Every statement of a month with its shop."""
    query = select(PointStatement, PointPartner).join(PointPartner, PointPartner.id == PointStatement.partner_id)
    found = session.execute(query.where(PointStatement.month == month).order_by(PointPartner.name, PointPartner.id))
    return [(row[0], row[1]) for row in found]


def months(session: Session) -> Sequence[date]:
    """Those with statements, the newest first."""
    query = select(PointStatement.month).distinct()
    return session.scalars(query.order_by(PointStatement.month.desc()).limit(36)).all()


def approve(session: Session, actor: Actor, month: date) -> int:
    """The month's statements may be paid; how many were open."""
    waiting = update(PointStatement).where(PointStatement.month == month, PointStatement.approved_by.is_(None))
    values = {"approved_by": actor.id, "approved_label": actor.label, "approved_at": clock.now()}
    count: int = session.execute(waiting.values(**values)).rowcount  # type: ignore[attr-defined]
    if count:
        did(session, Action.CHANGE, whose=None, what="point_statements", case_ref=f"{month:%Y-%m}")
    session.expire_all()
    return count


def bank_file(session: Session, actor: Actor, ring: KeyRing, payer: zengin.Payer, *, month: date, today: date) -> bytes:
    """The bank's file for what somebody else approved and no file had. With nothing new it is the newest file again, the
    same bytes: what a bank has it refuses, and no statement is ever in two different files. Raises NothingToPay."""
    mine = (PointStatement.month == month, PointStatement.approved_by != actor.id)
    new = select(PointStatement).where(*mine, PointStatement.paid_by.is_(None)).order_by(PointStatement.id)
    at, pay_on = clock.now(), rules.pay_day(today)
    for one in session.scalars(new.with_for_update()).all():
        one.paid_by, one.paid_label, one.pay_on, one.filed_at = actor.id, actor.label, pay_on, at
    session.flush()
    ready = _newest_file(session, actor, month)
    if not ready:
        raise rules.NothingToPay
    payments = [
        zengin.Payment(_paid_on(session, ring, shop, one), one.yen, one.number.replace("-", "")) for one, shop in ready
    ]
    did(session, Action.CHANGE, whose=None, what="point_statements", case_ref=f"{month:%Y-%m}")
    return zengin.write(payer, payments, ready[0][0].pay_on or pay_on)


def came_back(session: Session, actor: Actor, number: str, why: str) -> PointStatement:
    """The bank sent the money back (組戻, 振込不能): it is to be approved and filed once more, on the account that is in
    force then. Raises StatementUnknown, NotPaidOut."""
    plain = number if number.isascii() and len(number) == 14 else ""
    one = session.scalars(select(PointStatement).where(PointStatement.number == plain).with_for_update()).one_or_none()
    if one is None:
        raise rules.StatementUnknown
    if one.paid_by is None or one.pay_on is None or clock.today() < one.pay_on:
        raise rules.NotPaidOut
    one.returned_file = one.filed_at
    one.paid_by, one.paid_label, one.pay_on, one.filed_at = None, "", None, None
    one.approved_by, one.approved_label, one.approved_at = None, "", None
    one.returned_at, one.returned_label, one.returned_why = clock.now(), actor.label, why
    session.flush()
    did(session, Action.CHANGE, whose=None, what="point_statements", case_ref=number)
    return one


def _paid_on(session: Session, ring: KeyRing, shop: PointPartner, one: PointStatement) -> BankAccount:
    """The account that was in force on the day of the file: made again, it pays where it paid."""
    return contracts.bank_of(session, ring, shop, day=one.filed_at.astimezone(JST).date() if one.filed_at else None)


def _newest_file(session: Session, actor: Actor, month: date) -> list[tuple[PointStatement, PointPartner]]:
    """What the month's newest file held; nothing if *actor* approved any of it, or the bank sent some of it back: without
    that it would be another file, which the bank might pay once more."""
    every = of_month(session, month)
    rows = [row for row in every if row[0].filed_at is not None]
    newest = max((one.filed_at for one, _shop in rows if one.filed_at), default=None)
    if any(one.returned_file == newest for one, _shop in every):
        return []
    found = [row for row in rows if row[0].filed_at == newest]
    return [] if any(one.approved_by == actor.id for one, _shop in found) else found


def may_make_file(session: Session, actor: Actor, month: date) -> bool:
    """Whether there is something *actor* can bring to the bank, anew or again."""
    mine = (PointStatement.month == month, PointStatement.approved_by != actor.id, PointStatement.paid_by.is_(None))
    waits = session.execute(select(PointStatement.id).where(*mine).limit(1)).first() is not None
    return waits or bool(_newest_file(session, actor, month))


@dataclass(frozen=True, slots=True)
class Figures:
    """A shop's own statistics: of nobody in particular, and counts of people only in all."""

    months: list[tuple[str, int, int]]
    ways: list[tuple[str, int, int]]
    people: int
    back: int


def figures(session: Session, partner_id: UUID, since: date) -> Figures:
    """From the first of the month of *since*: payments and points by month and way, how many people, how many undone."""
    begin = rules.month_span(since.replace(day=1))[0]
    mine = PointSale.partner_id == partner_id, PointSale.at >= begin
    kept = (*mine, PointSale.reversed_at.is_(None))
    count, points, month = func.count(), func.sum(PointSale.points), month_of(session, PointSale.at).label("month")
    months = session.execute(select(month, count, points).where(*kept).group_by("month").order_by("month")).all()
    ways = {
        row[0]: row
        for row in session.execute(select(PointSale.way, count, points).where(*kept).group_by(PointSale.way))
    }
    people = session.scalar(select(func.count(func.distinct(PointSale.resident_id))).where(*kept))
    back = session.scalar(select(count).select_from(PointSale).where(*mine, PointSale.reversed_at.is_not(None)))
    return Figures(
        [(name, some, int(sum_)) for name, some, sum_ in months],
        [(str(way), ways[way][1], int(ways[way][2])) if way in ways else (str(way), 0, 0) for way in Way],
        people or 0,
        back or 0,
    )
