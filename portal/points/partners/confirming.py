"""A large payment by card waits until its holder agrees on their phone, with a fresh strong sign-in (decisions/0085).

The card answered the portal's challenge as for any payment; nothing has moved yet. The terminal asks how it stands. When
the holder agrees, everything is looked at once more, and the points move under the reference the terminal was given.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.reference import new_reference
from portal.points.events import PaymentToConfirm
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Reason
from portal.points.partners import confirm_rules, contracts, rules, sales, touching
from portal.points.partners.confirm_rules import State
from portal.points.partners.models import PointConfirmation, PointPartner, PointSale
from portal.points.partners.rules import Way
from portal.points.partners.touching import Touch

FORGET = "points.forget-confirmations"


def is_needed(session: Session, one: PointPartner, touch: Touch, *, key: str, alone: int) -> bool:
    """Whether the holder is asked: several small payments of a day are as much as a large one. What was paid by this *key*
    stays paid. Raises PartnerClosed, TouchLimit, CardUnknown."""
    sales.check_open(one)
    who = touching.holder(session, touch)
    ledger.hold_accounts(session, [who])
    if sales.by_key(session, f"touch:{one.id}:{key}") is not None:
        return False
    confirmed = exists().where(PointConfirmation.reference == PointSale.reference)
    return confirm_rules.needs_holder(touch.points, alone, today=touching.touched_today(session, who, ~confirmed))


def by_key(session: Session, key: str) -> PointConfirmation | None:
    """What was asked under a key."""
    return session.scalars(select(PointConfirmation).where(PointConfirmation.key == key)).one_or_none()


def ask(
    session: Session,
    actor: Actor,
    one: PointPartner,
    touch: Touch,
    *,
    answered: bytes,
    key: str,
    coupon: str | None = None,
) -> PointConfirmation:
    """The card was there; its holder is asked to pay, or to use a *coupon*, once a *key*. Raises as `touching.pay`, before
    anybody is asked."""
    sales.check_open(one)
    who = touching.holder(session, touch)
    sales.check_stranger(session, one, who)
    account = ledger.hold_accounts(session, [who])[who]
    key = f"touch:{one.id}:{key}"
    if (there := by_key(session, key)) is not None:
        return there
    touching.use_up(session, answered, touch.bound(actor, one))
    if coupon is None:
        touching.check_day(session, who, touch.points)
        if ledger.balance(session, account, clock.today()) < touch.points:
            raise rules.CardCannotPay
    now = clock.now()
    row = {
        "reference": new_reference(), "partner_id": one.id, "resident_id": who, "key": key, "card": touch.card,
        "points": touch.points, "state": str(State.WAITING), "asked_at": now, "until": now + confirm_rules.WITHIN,
        "by_label": actor.label, "coupon": coupon,
    }  # fmt: skip
    insert_once(session, PointConfirmation.__table__, row)  # type: ignore[arg-type]
    did(session, Action.CREATE, whose=who, what="point_confirmations", case_ref=str(row["reference"]))
    emit(session, PaymentToConfirm(resident_id=who, reference=str(row["reference"])))
    return session.get_one(PointConfirmation, row["reference"])


def of(session: Session, resident_id: UUID, reference: str) -> tuple[PointConfirmation, PointPartner]:
    """One that is the person's. Raises ConfirmationUnknown."""
    found = session.get(PointConfirmation, reference) if len(reference) == 14 and reference.isascii() else None
    if found is None or found.resident_id != resident_id:
        raise confirm_rules.ConfirmationUnknown
    return found, contracts.partner(session, found.partner_id)


def waiting(session: Session, resident_id: UUID) -> Sequence[tuple[PointConfirmation, str]]:
    """What waits for the person now, with the shop's name."""
    query = (
        select(PointConfirmation, PointPartner.name)
        .join(PointPartner, PointPartner.id == PointConfirmation.partner_id)
        .where(PointConfirmation.resident_id == resident_id, *_open())
    )
    return [(one, name) for one, name in session.execute(query.order_by(PointConfirmation.asked_at.desc()).limit(20))]


def _open() -> tuple[Any, ...]:
    return PointConfirmation.state == State.WAITING, PointConfirmation.until > clock.now()


def standing(session: Session, partner_id: UUID, reference: str) -> PointConfirmation:
    """For the shop's terminal. Raises SaleUnknown."""
    found = session.get(PointConfirmation, reference) if len(reference) == 14 and reference.isascii() else None
    if found is None or found.partner_id != partner_id:
        raise rules.SaleUnknown
    return found


def state_of(one: PointConfirmation) -> State:
    """What nobody decided in time has lapsed."""
    is_over = one.state == State.WAITING and one.until <= clock.now()
    return State.LAPSED if is_over else State(one.state)


def agree(session: Session, resident_id: UUID, reference: str) -> None:
    """The holder pays. Raises ConfirmationUnknown, ConfirmationOver, PartnerClosed, CardUnknown, TouchLimit,
    NotEnoughPoints, CouponUsed, CouponEnded. That the sign-in is fresh and strong the page has seen."""
    one, shop = of(session, resident_id, reference)
    account = ledger.hold_accounts(session, [resident_id])[resident_id]
    _decide(session, one, State.PAID)
    sales.check_open(shop)
    sales.check_stranger(session, shop, resident_id)
    own = cards.card_of(session, resident_id)
    if own is None or own.number != one.card or own.stopped_at is not None:
        raise rules.CardUnknown
    terminal = Actor(Kind.CLIENT, id=None, label=one.by_label)
    if one.coupon is not None:
        sales.by_coupon(session, terminal, shop, one.coupon, shown_at=clock.now(), key=one.key, sale=reference)
        return
    touching.check_day(session, resident_id, one.points)
    move = Entry(f"sale:{one.key}", account, shop.account_id, one.points, Reason.PARTNER, case_ref=reference)
    transfer = ledger.spend(session, move)
    sales.note(
        session, terminal, shop, reference, who=resident_id, points=one.points, transfer=transfer, key=one.key,
        way=Way.CARD,
    )  # fmt: skip


def refuse(session: Session, resident_id: UUID, reference: str) -> None:
    """The holder does not pay. Raises ConfirmationUnknown, ConfirmationOver."""
    one, _shop = of(session, resident_id, reference)
    _decide(session, one, State.REFUSED)


def _decide(session: Session, one: PointConfirmation, state: State) -> None:
    """By one statement: pressed twice, or on two phones, it is decided once."""
    mine = update(PointConfirmation).where(PointConfirmation.reference == one.reference, *_open())
    if session.execute(mine.values(state=str(state), decided_at=clock.now())).rowcount != 1:  # type: ignore[attr-defined]
        raise confirm_rules.ConfirmationOver
    session.refresh(one)
    did(session, Action.CHANGE, whose=one.resident_id, what="point_confirmations", case_ref=one.reference)


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """What is over for a day: what was paid stands among the payments (worker, hourly)."""
    session.execute(delete(PointConfirmation).where(PointConfirmation.until < clock.now() - confirm_rules.KEPT))
