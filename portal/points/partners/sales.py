"""Points a shop takes: for a coupon, or by a touch of a card (`touching`); and back again within a week."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.reference import new_reference
from portal.points.ledger import again
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, enter
from portal.points.ledger.models import PointTransfer
from portal.points.ledger.rules import Kind, Reason
from portal.points.partners import naming, rules
from portal.points.partners.models import PointPartner, PointSale
from portal.points.partners.rules import Way
from portal.points.spending import service as spending


def by_coupon(
    session: Session, actor: Actor, one: PointPartner, reference: str, *, shown_at: datetime | None = None,
    taken_at: datetime | None = None, key: str = "", sale: str = "",
) -> tuple[PointSale, spending.Offer]:  # fmt: skip
    """A coupon is used up here; its points go to the shop, under the *key* and the number of the *sale* if those are there
    already. Raises PartnerClosed, CouponUnknown, CouponUsed, CouponEnded,
    CouponNotHere, OwnShop."""
    check_open(one)
    offer = spending.use(session, actor, reference, shown_at=shown_at, taken_at=taken_at)
    coupon = spending.coupon_taken(session, reference)
    if not rules.takes_coupon(one.group, offer.reward.taken_by):
        raise rules.CouponNotHere
    check_stranger(session, one, coupon.resident_id)
    paid = session.get_one(PointTransfer, coupon.transfer)
    key = key or f"coupon:{reference}:{_times_back(session, reference)}"
    source = ledger.named(session, f"reward {coupon.reward}", Kind.REWARD)
    move = Entry(f"sale:{key}", source, one.account_id, paid.amount, Reason.PARTNER, case_ref=reference)
    number = enter(session, [move])[0]
    made = note(
        session, actor, one, sale or new_reference(), who=coupon.resident_id, points=paid.amount, transfer=number, key=key,
        way=Way.COUPON, coupon=reference,
    )  # fmt: skip
    return made, offer


def take_back(session: Session, actor: Actor, one: PointPartner, reference: str) -> PointSale:
    """Undo a payment: points go back into their lots, a coupon is good again once its holder shows it anew, past their day
    for a week. Raises SaleUnknown, SaleFinal."""
    sale = of_shop(session, one.id, reference)
    if sale is None:
        raise rules.SaleUnknown
    if not rules.may_take_back(sale.at, clock.now()):
        raise rules.SaleFinal
    still = (PointSale.reference == reference, PointSale.reversed_at.is_(None), PointSale.statement_id.is_(None))
    values = {"reversed_at": clock.now(), "reversed_label": actor.label}
    if session.execute(update(PointSale).where(*still).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.SaleFinal
    back = ledger.reverse(session, sale.transfer, key=f"sale-back:{reference}", reason=Reason.TAKEN_BACK)
    again.give(session, back)
    if sale.coupon:
        spending.reopen(session, sale.coupon)
    did(session, Action.CHANGE, whose=sale.resident_id, what="points.balance", case_ref=reference)
    session.refresh(sale)
    return sale


def sales_of(session: Session, partner_id: UUID, *, limit: int = 50) -> Sequence[PointSale]:
    """The newest first."""
    query = select(PointSale).where(PointSale.partner_id == partner_id)
    return session.scalars(query.order_by(PointSale.at.desc(), PointSale.reference).limit(limit)).all()


def of_shop(session: Session, partner_id: UUID, reference: str) -> PointSale | None:
    """A payment the shop took, taken back or not."""
    sale = session.get(PointSale, reference) if len(reference) == 14 and reference.isascii() else None
    return sale if sale is not None and sale.partner_id == partner_id else None


def sale_of(session: Session, resident_id: UUID, reference: str) -> tuple[PointSale, str] | None:
    """A payment of the person and the shop's name."""
    query = select(PointSale, PointPartner.name).join(PointPartner, PointPartner.id == PointSale.partner_id)
    found = session.execute(query.where(PointSale.reference == reference, PointSale.resident_id == resident_id))
    row = found.one_or_none()
    return (row[0], row[1]) if row else None


def check_open(one: PointPartner) -> None:
    """Raises PartnerClosed."""
    if not rules.takes_points(one.state, one.contract_from, one.contract_until, clock.today()):
        raise rules.PartnerClosed


def check_stranger(session: Session, one: PointPartner, payer: UUID) -> None:
    """Raises OwnShop: also of somebody who is only named, nobody's points become money in their own hands."""
    mine = ledger.records_of(session, payer)
    if any(keeper.resident_id in mine for keeper in naming.named(session, one.id)):
        raise rules.OwnShop


def by_key(session: Session, key: str) -> PointSale | None:
    """The payment that was made under a key."""
    return session.scalars(select(PointSale).where(PointSale.key == key)).one_or_none()


def _times_back(session: Session, coupon: str) -> int:
    """A coupon that came back can be used again: each use has a key of its own."""
    return session.scalar(select(func.count()).select_from(PointSale).where(PointSale.coupon == coupon)) or 0


def note(
    session: Session, actor: Actor, one: PointPartner, reference: str, *, who: UUID, points: int, transfer: int, key: str,
    way: Way, coupon: str | None = None,
) -> PointSale:  # fmt: skip
    """The payment, once its points moved."""
    sale = PointSale(
        reference=reference, partner_id=one.id, resident_id=who, key=key, way=way, coupon=coupon, points=points,
        transfer=transfer, at=clock.now(), by_label=actor.label,
    )  # fmt: skip
    session.add(sale)
    session.flush()
    did(session, Action.CHANGE, whose=who, what="points.balance", case_ref=reference)
    return sale
