"""A certificate's fee paid with points: the order and the coupon join here, in one transaction.

Killed anywhere, both happened or neither: an order is never paid by a coupon that is still good, nor a coupon used for an
order that is not paid. The other way round it is the same: what ends an order without paper gives back what paid for it.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from portal.certificates import service as certificates
from portal.certificates.events import FeeReturned
from portal.certificates.service import Desk, Payment, Placed, Proof, State
from portal.core.actor import Actor
from portal.core.events import in_the_same_commit
from portal.core.ids import ResidentId
from portal.core.money import Yen
from portal.kiosks import service
from portal.points import service as points
from portal.points.service import FeeWay


def offer(session: Session, resident_id: ResidentId, placed: Placed) -> points.FeeOffer | None:
    """How the person at the machine can pay this order's fee without money; None where that is nobody's choice."""
    return points.fee_offer(session, resident_id, placed.fee, points.balance(session, resident_id))


def pay(
    session: Session, desk: Desk, device: Actor, order_id: UUID, proof: Proof, *, way: FeeWay, amount: Yen
) -> certificates.Order:
    """Points or a coupon of whoever's card opened the session of this order pay for it, while that session lives.

    Told again, it is the same payment. Raises SessionExpired, OrderOwnerWrong, and what `points.pay_fee` and
    `certificates.pay` raise: then nothing was spent.
    """
    found = certificates.order_at_machine(session, desk, order_id, proof)
    if found.state == State.ORDERED:
        whose = service.person_at(session, device, found.session_id)
        if whose != found.resident_id:
            raise certificates.OrderOwnerWrong
        points.pay_fee(session, whose, way, found.total, order_id=order_id, device_id=proof.device_id)
    payment = Payment(amount=amount, method=str(way), receipt=str(order_id))
    return certificates.pay(session, desk, order_id, proof, payment)


@in_the_same_commit
def on_fee_returned(session: Session, event: FeeReturned) -> None:
    """The order ended without paper: points are back in their lots, a coupon is good again."""
    points.give_fee_back(session, FeeWay(event.method), event.order_id)
