"""What the machines took and gave on one day, by order: the books' side of the daily closing (room kiosks)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from portal.certificates.models import CertificateOrder, CertificatePayment
from portal.certificates.rules import Channel, State
from portal.core.clock import JST

Row = tuple[UUID, int, int]


@dataclass(slots=True)
class Takings:
    """One machine on one day; counts of orders, amounts in yen. `beyond_books`: kept without a payment told before.

    `points_…`: of orders paid with points, by what their fees are in yen; no other amount has them in it."""

    paid: int = 0
    paid_yen: int = 0
    points_paid: int = 0
    points_yen: int = 0
    points_back: int = 0
    points_back_yen: int = 0
    issued: int = 0
    issued_copies: int = 0
    refunded: int = 0
    refunded_yen: int = 0
    voided: int = 0
    owed: int = 0
    owed_yen: int = 0
    beyond_books: int = 0
    paid_back_at_window: int = 0
    open: int = 0

    @property
    def expected(self) -> int:
        """Yen by which the coin box must have grown."""
        return self.paid_yen + self.beyond_books - self.refunded_yen


def takings(session: Session, day: date) -> dict[UUID, Takings]:
    """Every machine that took or gave something on *day* (Japan's)."""
    since = datetime.combine(day, time(), tzinfo=JST)
    until = since + timedelta(days=1)
    found: dict[UUID, Takings] = {}
    order, yes = CertificateOrder, CertificateOrder.channel == Channel.KIOSK
    money, points = order.paid_with == "", order.paid_with != ""
    payment = select(CertificatePayment.device_id, func.count(), func.sum(CertificatePayment.amount))
    payment = payment.join(order, order.id == CertificatePayment.order_id).where(yes)
    payment = payment.where(CertificatePayment.at >= since, CertificatePayment.at < until)
    payment = payment.group_by(CertificatePayment.device_id)

    def sums(condition: ColumnElement[bool], amount: ColumnElement[int]) -> Iterable[Row]:
        query = select(order.device_id, func.count(), func.sum(amount)).where(yes, condition)
        for device, count, total in session.execute(query.group_by(order.device_id)):
            yield device, count, total or 0

    closed = and_(order.closed_at >= since, order.closed_at < until)
    by_machine, by_staff = order.settled_by.is_(None), order.settled_by.is_not(None)
    told = and_(order.owed_at >= since, order.owed_at < until)
    fee, owed, copies = order.fee.expression, order.owed.expression, order.copies.expression
    back_now = and_(closed, order.state == State.REFUNDED)
    _put(found, _rows(session, payment.where(money)), "paid", "paid_yen")
    _put(found, _rows(session, payment.where(points)), "points_paid", "points_yen")
    _put(found, sums(and_(back_now, points), fee), "points_back", "points_back_yen")
    _put(found, sums(and_(closed, order.state == State.PRINTED), copies), "issued", "issued_copies")
    _put(found, sums(and_(back_now, money, by_machine), fee), "refunded", "refunded_yen")
    _put(found, sums(and_(closed, order.state == State.CANCELLED), fee), "voided", None)
    _put(found, sums(and_(told, money), owed), "owed", "owed_yen")
    _put(found, sums(and_(told, money, order.paid_at.is_(None)), owed), None, "beyond_books")
    back = func.coalesce(order.paid_back, 0)
    _put(found, sums(and_(closed, by_staff), back), None, "paid_back_at_window")
    still = and_(order.state.in_((State.PAID, State.RENDERED)), order.paid_at >= since, order.paid_at < until)
    _put(found, sums(and_(still, money), fee), None, "open")
    return found


def _rows(session: Session, query: Select[UUID, int, int]) -> Iterable[Row]:
    return ((device, number, int(total or 0)) for device, number, total in session.execute(query))


def _put(found: dict[UUID, Takings], rows: Iterable[Row], count: str | None, amount: str | None) -> None:
    for device, number, total in rows:
        one = found.setdefault(device, Takings())
        if count:
            setattr(one, count, number)
        if amount:
            setattr(one, amount, total)
