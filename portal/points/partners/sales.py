"""Points a shop takes: for a coupon, or by a touch of a card; and back again within a week."""

from collections.abc import Sequence
from datetime import datetime, time
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.events import emit
from portal.core.reference import new_reference
from portal.points.events import PaidAtPartner
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, enter, lock
from portal.points.ledger.models import PointTransfer
from portal.points.ledger.rules import Kind, NotEnoughPoints, Reason
from portal.points.partners import rules
from portal.points.partners.models import PointPartner, PointSale
from portal.points.partners.rules import Way
from portal.points.spending import service as spending

SERVICE = "points"


def by_touch(
    session: Session, actor: Actor, one: PointPartner, *, card: str, number: str, points: int, key: str
) -> PointSale:
    """A card was touched and pays *points*, once a *key*. Raises PartnerClosed, CardUnknown, CardCannotPay, TouchLimit.

    *number* is the id of points that the terminal read with its role's keys; *card* the card it stood on, which must be
    the one the person has now and not stopped, also when the terminal's stop list is some minutes old.
    """
    _is_open(one)
    if points > rules.MOST_BY_TOUCH:
        raise rules.TouchLimit(once=rules.MOST_BY_TOUCH, day=rules.MOST_BY_TOUCH_A_DAY)
    who = cards.ids_of_service_numbers(session, SERVICE, [number]).get(number)
    own = cards.card_of(session, who) if who else None
    if who is None or own is None or own.number != card or own.stopped_at is not None:
        raise rules.CardUnknown
    account = ledger.account_of(session, who)
    lock(session, [account])
    key = f"touch:{one.id}:{key}"
    if (there := _by_key(session, key)) is not None:
        return there
    if _touched_today(session, who) + points > rules.MOST_BY_TOUCH_A_DAY:
        raise rules.TouchLimit(once=rules.MOST_BY_TOUCH, day=rules.MOST_BY_TOUCH_A_DAY)
    reference = new_reference()
    try:
        transfer = ledger.spend(
            session, Entry(f"sale:{key}", account, one.account_id, points, Reason.PARTNER, case_ref=reference)
        )
    except NotEnoughPoints:
        raise rules.CardCannotPay from None
    made = _note(session, actor, one, reference, who=who, points=points, transfer=transfer, key=key, way=Way.CARD)
    emit(session, PaidAtPartner(resident_id=who, reference=reference))
    return made


def by_coupon(session: Session, actor: Actor, one: PointPartner, reference: str) -> tuple[PointSale, spending.Offer]:
    """A coupon is used up here; its points go to the shop. Raises PartnerClosed, CouponUnknown, CouponUsed, CouponEnded."""
    _is_open(one)
    offer = spending.use(session, actor, reference)
    coupon = spending.coupon_taken(session, reference)
    paid = session.get_one(PointTransfer, coupon.transfer)
    key = f"coupon:{reference}:{_times_back(session, reference)}"
    source = ledger.named(session, f"reward {coupon.reward}", Kind.REWARD)
    move = Entry(f"sale:{key}", source, one.account_id, paid.amount, Reason.PARTNER, case_ref=reference)
    number = enter(session, [move])[0]
    made = _note(
        session, actor, one, new_reference(), who=coupon.resident_id, points=paid.amount, transfer=number, key=key,
        way=Way.COUPON, coupon=reference,
    )  # fmt: skip
    return made, offer


def take_back(session: Session, actor: Actor, one: PointPartner, reference: str) -> PointSale:
    """Undo a payment: points go back into their lots, a coupon is good again. Raises SaleUnknown, SaleFinal."""
    sale = session.get(PointSale, reference) if len(reference) == 14 and reference.isascii() else None
    if sale is None or sale.partner_id != one.id:
        raise rules.SaleUnknown
    if not rules.may_take_back(sale.at, clock.now()):
        raise rules.SaleFinal
    still = (PointSale.reference == reference, PointSale.reversed_at.is_(None), PointSale.statement_id.is_(None))
    values = {"reversed_at": clock.now(), "reversed_label": actor.label}
    if session.execute(update(PointSale).where(*still).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.SaleFinal
    ledger.reverse(session, sale.transfer, key=f"sale-back:{reference}")
    if sale.coupon:
        spending.reopen(session, sale.coupon)
    did(session, Action.CHANGE, whose=sale.resident_id, what="points.balance", case_ref=reference)
    session.refresh(sale)
    return sale


def sales_of(session: Session, partner_id: UUID, *, limit: int = 50) -> Sequence[PointSale]:
    """The newest first."""
    query = select(PointSale).where(PointSale.partner_id == partner_id)
    return session.scalars(query.order_by(PointSale.at.desc(), PointSale.reference).limit(limit)).all()


def sale_of(session: Session, resident_id: UUID, reference: str) -> tuple[PointSale, str] | None:
    """A payment of the person and the shop's name."""
    query = select(PointSale, PointPartner.name).join(PointPartner, PointPartner.id == PointSale.partner_id)
    found = session.execute(query.where(PointSale.reference == reference, PointSale.resident_id == resident_id))
    row = found.one_or_none()
    return (row[0], row[1]) if row else None


def _is_open(one: PointPartner) -> None:
    if not rules.takes_points(one.state, one.contract_from, one.contract_until, clock.today()):
        raise rules.PartnerClosed


def _by_key(session: Session, key: str) -> PointSale | None:
    return session.scalars(select(PointSale).where(PointSale.key == key)).one_or_none()


def _times_back(session: Session, coupon: str) -> int:
    """A coupon that came back can be used again: each use has a key of its own."""
    return session.scalar(select(func.count()).select_from(PointSale).where(PointSale.coupon == coupon)) or 0


def _touched_today(session: Session, who: UUID) -> int:
    midnight = datetime.combine(clock.today(), time(), JST)
    query = select(func.sum(PointSale.points)).where(
        PointSale.resident_id == who,
        PointSale.way == Way.CARD,
        PointSale.reversed_at.is_(None),
        PointSale.at >= midnight,
    )
    return session.scalar(query) or 0


def _note(
    session: Session, actor: Actor, one: PointPartner, reference: str, *, who: UUID, points: int, transfer: int, key: str,
    way: Way, coupon: str | None = None,
) -> PointSale:  # fmt: skip
    sale = PointSale(
        reference=reference, partner_id=one.id, resident_id=who, key=key, way=way, coupon=coupon, points=points,
        transfer=transfer, at=clock.now(), by_label=actor.label,
    )  # fmt: skip
    session.add(sale)
    session.flush()
    did(session, Action.CHANGE, whose=who, what="points.balance", case_ref=reference)
    return sale
