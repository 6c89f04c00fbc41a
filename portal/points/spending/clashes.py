"""Coupons that two desks without network took, or that came back meanwhile: nobody can undo it, so staff look into it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.points.spending import rules
from portal.points.spending.models import CouponClash, PointCoupon
from portal.points.spending.rules import State


def is_known(session: Session, reference: str, by: UUID | None, taken_at: datetime) -> bool:
    """The same desk put the same taking on record before."""
    one = session.get(PointCoupon, reference)
    return one is not None and one.state == State.USED and (one.ended_by, one.ended_at) == (by, taken_at)


def note(session: Session, reference: str, taken_at: datetime, place: str) -> None:
    """Taken at *taken_at* in *place*, and not good any more when that came on record; noted again it is the same."""
    row = {
        "id": new_id(), "reference": reference, "taken_at": taken_at, "recorded_at": clock.now(), "place": place,
        "settled_at": None, "settled_label": "", "note": "",
    }  # fmt: skip
    if insert_once(session, CouponClash.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=None, what="point_coupon_clashes", case_ref=reference)


def clashes(session: Session) -> Sequence[tuple[CouponClash, PointCoupon]]:
    """Those that wait first, then the newest."""
    query = select(CouponClash, PointCoupon).join(PointCoupon, PointCoupon.reference == CouponClash.reference)
    order = CouponClash.settled_at.is_not(None), CouponClash.recorded_at.desc()
    return [(row[0], row[1]) for row in session.execute(query.order_by(*order).limit(100))]


def settle(session: Session, actor: Actor, clash_id: UUID, note: str) -> None:
    """Somebody found out what it was. Raises ClashSettled."""
    still = update(CouponClash).where(CouponClash.id == clash_id, CouponClash.settled_at.is_(None))
    values = {"settled_at": clock.now(), "settled_label": actor.label, "note": note}
    if session.execute(still.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.ClashSettled
    did(session, Action.CHANGE, whose=None, what="point_coupon_clashes", case_ref=str(clash_id)[:8])
