"""Pages where residents spend points: rewards, donations, and their coupons."""

from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import clock, qr
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.crypto import signing_key
from portal.core.errors import Refusal
from portal.points import once
from portal.points import service as points
from portal.points.ledger.rules import NotEnoughPoints, SentBefore
from portal.points.rules import RANK_WORDS, Rank, reaches
from portal.points.spending import codes, privileges, rules, service
from portal.points.spending.donating import Gift, donate_together
from portal.points.spending.models import PointCoupon
from portal.points.spending.redeeming import Wish, redeem_together
from portal.points.spending.rules import GIFTS, Kind, State
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext, language
from portal.web.room import Room

room = Room("spending", __name__, "/points")


@room.page("/rewards", access=Access.RESIDENT)
def rewards(session: Session, actor: Actor) -> str:
    """What points can be spent on."""
    assert actor.id
    found = service.offers(session)
    return render_template(
        "spending/rewards.html",
        balance=points.balance(session, actor.id),
        rewards=[_shown(one) for one in found if one.reward.kind == Kind.COUPON],
        exchange_name=hall().settings.exchange_url and hall().settings.exchange_name,
        projects=[_shown(one) for one in found if one.reward.kind == Kind.DONATION],
    )


def _shown(one: service.Offer, rank: Rank = Rank.REGULAR) -> dict[str, Any]:
    """Its words, and for how many days a coupon of somebody with *rank* is good."""
    code, reward = language(), one.reward
    return {
        "code": reward.code,
        "title": one.text("title", code),
        "about": one.text("about", code),
        "points": reward.points,
        "left": reward.stock,
        "most": reward.per_person,
        "days": reward.days + privileges.coupon_days(rank),
        "rank": gettext(RANK_WORDS[Rank(reward.rank)]) if reward.rank != Rank.REGULAR else "",
        "given": one.given,
        "goal": reward.goal,
        "at_kiosk": reward.covers > 0,
    }


@room.page("/rewards/<code>", access=Access.RESIDENT)
def reward(session: Session, actor: Actor, code: str) -> str:
    """One reward or project, and what it takes."""
    return _reward_page(session, actor, code)


def _reward_page(session: Session, actor: Actor, code: str, refusal: Refusal | None = None) -> str:
    assert actor.id
    found, rank = service.offer(session, code), points.rank(session, actor.id)
    return render_template(
        f"spending/{found.reward.kind}.html",
        offer=_shown(found, rank),
        is_for_me=reaches(rank, found.reward.rank),
        balance=points.balance(session, actor.id),
        key=once.fresh(),
        gifts=GIFTS,
        typed=request.form.get("amount", ""),
        refusal=refusal,
    )


@room.deed("/rewards/<code>/redeem", access=Access.RESIDENT)
def redeem(actor: Actor, code: str) -> Any:
    """Points become a coupon; pressed twice it is still one."""
    assert actor.id
    database, wish = hall().database, Wish(actor.id, code, once.sent())
    try:
        reference = database.together(actor, Purpose.OWN_USE, redeem_together, wish)
    except (NotEnoughPoints, SentBefore, rules.RewardRank, rules.RewardGone, rules.RewardLimit) as refusal:
        with database.page(actor, Purpose.OWN_USE, writes=False) as session:
            return _reward_page(session, actor, code, refusal), refusal.status
    return redirect(url_for(".coupon", reference=reference), 303)


@room.deed("/rewards/<code>/donate", access=Access.RESIDENT)
def donate(actor: Actor, code: str) -> Any:
    """Points go to a project."""
    assert actor.id
    typed = request.form.get("amount", "")
    gift = Gift(actor.id, code, int(typed) if typed in map(str, GIFTS) else 0, once.sent())
    database = hall().database
    try:
        database.together(actor, Purpose.OWN_USE, donate_together, gift)
    except (NotEnoughPoints, SentBefore, rules.GiftUnclear) as refusal:
        with database.page(actor, Purpose.OWN_USE, writes=False) as session:
            return _reward_page(session, actor, code, refusal), refusal.status
    return redirect(url_for(".thanks", code=code), 303)


@room.page("/rewards/<code>/thanks", access=Access.RESIDENT)
def thanks(session: Session, actor: Actor, code: str) -> str:
    """The gift arrived: how far the project is."""
    return render_template("spending/thanks.html", offer=_shown(service.offer(session, code)))


@room.page("/coupons", access=Access.RESIDENT)
def coupons(session: Session, actor: Actor) -> str:
    """My coupons."""
    assert actor.id
    names = {one.reward.code: one.text("title", language()) for one in service.all_rewards(session)}
    mine = [(one, names[one.reward], _state(one)) for one in service.coupons(session, actor.id)]
    return render_template("spending/coupons.html", coupons=mine)


def _state(coupon: PointCoupon) -> str:
    return "ended" if coupon.state == State.OPEN and coupon.last_day < clock.today() else coupon.state


@room.page("/coupons/<reference>", access=Access.RESIDENT)
def coupon(session: Session, actor: Actor, reference: str) -> str:
    """A coupon with its code of one minute; opening the page again gives a new code."""
    return _coupon_page(session, actor, reference)


def _coupon_page(session: Session, actor: Actor, reference: str, refusal: Refusal | None = None) -> str:
    assert actor.id
    found = service.coupon_of(session, actor.id, reference)
    names = {one.reward.code: one for one in service.all_rewards(session)}
    state, drawn = _state(found), None
    if state == State.OPEN:
        key = signing_key(hall().settings.master, codes.SIGNING)
        code = codes.write(key, found.reference, found.reward, clock.now())
        drawn = qr.on_page(code)
    return render_template(
        "spending/coupon_shown.html",
        coupon=found,
        state=state,
        offer=_shown(names[found.reward]),
        qr_code=drawn,
        refusal=refusal,
    )


@room.page("/coupons/<reference>/return", access=Access.RESIDENT, methods=("POST",))
def give_back(session: Session, actor: Actor, reference: str) -> Any:
    """The coupon is not wanted after all; its points come back."""
    assert actor.id
    try:
        service.give_back(session, actor.id, reference)
    except (rules.CouponUsed, rules.CouponEnded) as refusal:
        return _coupon_page(session, actor, reference, refusal), refusal.status
    return redirect(url_for("points.show"), 303)


@room.page("/coupon-key", access=Access.PUBLIC)
def coupon_key(session: Session, actor: Actor) -> Response:
    """The public key (PEM) by which a desk without network checks a coupon's code."""
    public = signing_key(hall().settings.master, codes.SIGNING).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Response(pem, mimetype="text/plain")
