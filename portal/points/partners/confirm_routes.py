"""Pages of the holder of a card: large payments that wait, agreed to with a fresh passkey or card, or refused."""

from typing import Any

from flask import g, redirect, render_template, url_for
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.points.ledger.rules import NotEnoughPoints
from portal.points.partners import confirm_rules, confirming, coupon_touching, rules
from portal.points.spending.rules import CouponEnded, CouponUsed
from portal.web import signed_in
from portal.web.access import Access
from portal.web.room import Room

room = Room("payments", __name__, "/points/payments")
STRONG = Access(ActorKind.RESIDENT, assurance=2)
"""Who holds the card and knows the password has not shown yet that it is the holder."""
REFUSED = (
    confirm_rules.ConfirmationOver, confirm_rules.NotFresh, rules.PartnerClosed, rules.CardUnknown, rules.TouchLimit,
    NotEnoughPoints, CouponUsed, CouponEnded,
)  # fmt: skip


@room.page("", access=Access.RESIDENT)
def show_all(session: Session, actor: Actor) -> str:
    """What waits for me."""
    assert actor.id
    return render_template("partners/confirmations.html", found=confirming.waiting(session, actor.id))


@room.page("/<reference>", access=STRONG, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor, reference: str) -> str:
    """One payment: the shop and the sum."""
    return _page(session, actor, reference)


def _page(session: Session, actor: Actor, reference: str, refusal: Refusal | None = None) -> str:
    assert actor.id
    one, shop = confirming.of(session, actor.id, reference)
    return render_template(
        "partners/confirmation.html",
        one=one,
        shop=shop,
        state=str(confirming.state_of(one)),
        coupon=coupon_touching.title_of(session, one.coupon) if one.coupon else "",
        is_fresh=_is_fresh(session),
        refusal=refusal,
    )


def _is_fresh(session: Session) -> bool:
    """Each passkey and each card shown begins a new session: it is as fresh as that."""
    began = signed_in.began(session, g.session_hash)
    return began is not None and clock.now() <= began + confirm_rules.FRESH


@room.page("/<reference>/agree", access=STRONG, purpose=Purpose.POINTS, methods=("POST",))
def agree(session: Session, actor: Actor, reference: str) -> Any:
    """I pay this."""
    assert actor.id
    try:
        if not _is_fresh(session):
            raise confirm_rules.NotFresh
        with session.begin_nested():
            confirming.agree(session, actor.id, reference)
    except REFUSED as refusal:
        session.expire_all()
        return _page(session, actor, reference, refusal), refusal.status
    return redirect(url_for(".show", reference=reference), 303)


@room.page("/<reference>/refuse", access=STRONG, purpose=Purpose.POINTS, methods=("POST",))
def refuse(session: Session, actor: Actor, reference: str) -> Any:
    """I do not pay this."""
    assert actor.id
    try:
        confirming.refuse(session, actor.id, reference)
    except confirm_rules.ConfirmationOver as refusal:
        return _page(session, actor, reference, refusal), refusal.status
    return redirect(url_for(".show", reference=reference), 303)
