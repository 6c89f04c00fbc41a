"""The door of the room: points of a person, by their id. What is done here is on record with the person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.applications.events import ApplicationCompleted
from portal.cards import service as cards
from portal.cards.events import ServiceChosen
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.money import Points
from portal.points import e_services, movements, names, ranks, rules
from portal.points.health import objections as steps
from portal.points.ledger import checks
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry, lock
from portal.points.ledger.models import PointLot
from portal.points.ledger.rules import Reason
from portal.points.paper import service as paper
from portal.points.partners import confirming, contracts, coupon_touching, sales
from portal.points.programmes import debts
from portal.points.spending import at_machine, fees
from portal.points.spending import service as spending
from portal.points.spending.models import PointCoupon
from portal.points.volunteering import service as volunteering

RANK_WORDS = rules.RANK_WORDS
Coupon: TypeAlias = PointCoupon
redeem = spending.redeem
coupon_of = spending.coupon_of
rewards_for = at_machine.rewards_for
reward_title = at_machine.title_of
FeeOffer: TypeAlias = fees.FeeOffer
FeeWay: TypeAlias = fees.FeeWay
fee_offer, pay_fee, give_fee_back = fees.offer, fees.pay, fees.give_back
standing = ranks.standing
rank = ranks.rank
ranks_of = ranks.of_many
other_records_too = ranks.with_other_records
enter_code = paper.enter
names_of = names.of
Movement: TypeAlias = movements.Movement
history = movements.history
CODES, CODE_TRIES, CODE_MACHINE_TRIES = paper.KEY, paper.TRIES, paper.MACHINE_TRIES
volunteering_of = volunteering.of_activity
objection_of = volunteering.of_objection
takeback_of = volunteering.of_takeback
steps_objection_of = steps.of

POINTS = "points"
"""The service of this room, as city cards call it."""
PAGE = movements.PAGE


@dataclass(frozen=True, slots=True)
class Expiring:
    """How many points run out after the same day."""

    day: date
    amount: int


def balance(session: Session, resident_id: UUID) -> Points:
    """How many points the resident has; 0 for somebody without an account."""
    account = ledger.found(session, resident_id)
    return ledger.balance(session, account, clock.today()) if account else Points(0)


def credit(
    session: Session, resident_id: UUID, amount: Points, *, reason: Reason, key: str, case_ref: str = ""
) -> bool:
    """Give *amount* from the city to the resident; the same *key* gives once. Returns whether it was new."""
    gift = Entry(key, ledger.city(session), ledger.account_of(session, resident_id), amount, reason, case_ref=case_ref)
    if (number := ledger.grant(session, gift)) is None:
        return False
    if debts.owed(session, resident_id):
        lock(session, [gift.target_id])
        debts.set_off(session, resident_id, number)
    did(session, Action.CHANGE, whose=resident_id, what="points.balance", case_ref=case_ref)
    cards.note_rank(session, resident_id, rank(session, resident_id))
    return True


# ---- rank ---------------------------------------------------------------------------------


def on_service_chosen(session: Session, event: ServiceChosen) -> None:
    """Points are used with the city card: it says the rank."""
    if event.service == POINTS:
        cards.note_rank(session, event.resident_id, rank(session, event.resident_id))


# ---- telling ------------------------------------------------------------------------------


def expiring(session: Session, resident_id: UUID) -> Sequence[Expiring]:
    """What runs out when, the nearest day first."""
    query = (
        select(PointLot.expires_on, func.sum(PointLot.remaining))
        .where(PointLot.account_id == ledger.found(session, resident_id))
        .where(PointLot.remaining > 0, PointLot.expires_on >= clock.today())
        .group_by(PointLot.expires_on)
        .order_by(PointLot.expires_on)
    )
    return [Expiring(day, amount) for day, amount in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Payment:
    """What somebody's card paid in a shop."""

    points: int
    shop: str
    coupon: str = ""
    """What the coupon was for that it used."""


def payment_of(session: Session, resident_id: UUID, reference: str) -> Payment | None:
    """One payment of the person."""
    found = sales.sale_of(session, resident_id, reference)
    if found is None:
        return None
    sale, shop = found
    return Payment(sale.points, shop, coupon_touching.title_of(session, sale.coupon) if sale.coupon else "")


def payment_to_confirm(session: Session, resident_id: UUID, reference: str) -> Payment:
    """A large payment that waits for the person."""
    found, shop = confirming.of(session, resident_id, reference)
    return Payment(found.points, shop.name, coupon_touching.title_of(session, found.coupon) if found.coupon else "")


def shop_name(session: Session, partner_id: UUID) -> str:
    """How a shop is called."""
    return contracts.partner(session, partner_id).name


def unbalanced(session: Session) -> list[str]:
    """What is wrong in the books; an empty list is books in order."""
    return checks.out_of_balance(session.connection())


def on_application_completed(session: Session, event: ApplicationCompleted) -> None:
    """An application was finished: what its procedure promises, from the programme for online services."""
    e_services.completed(session, event)
