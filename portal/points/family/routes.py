"""The page on which points are passed on within the family."""

from typing import Any
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.errors import Refusal
from portal.points import service as points
from portal.points.family import rules, service
from portal.points.family.rules import AMOUNTS
from portal.points.ledger.rules import NotEnoughPoints, SentBefore
from portal.web.access import Access
from portal.web.i18n import gettext, show_points
from portal.web.room import Room

room = Room("family", __name__, "/points/family")
REFUSED = (rules.FamilyAmount, rules.NotFamily, rules.FamilyLimit, rules.PassedOnBefore, NotEnoughPoints, SentBefore)


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """To whom, and how many."""
    return _page(session, actor)


def _page(session: Session, actor: Actor, refusal: Refusal | None = None) -> str:
    assert actor.id
    balance = points.balance(session, actor.id)
    return render_template(
        "family/family.html",
        balance=balance,
        least=rules.AMOUNTS[0],
        family=service.family_of(session, actor.id),
        amounts=[(one, gettext("%(points)s points", points=show_points(one))) for one in AMOUNTS if one <= balance],
        most=rules.MOST_A_MONTH,
        key=uuid4(),
        chosen=(request.form.get("who", ""), request.form.get("points", "")),
        refusal=refusal,
        done=_done(session, actor.id) if request.method == "GET" else None,
    )


def _done(session: Session, giver: UUID) -> tuple[int, str] | None:
    """How many points the form passed on that led here, and to whom."""
    try:
        return service.passed_on(session, giver, UUID(request.args.get("done", "")))
    except ValueError:
        return None


@room.page("", access=Access.RESIDENT, methods=("POST",))
def pass_on(session: Session, actor: Actor) -> Any:
    """The points are theirs at once; pressed twice it is once."""
    assert actor.id
    try:
        with session.begin_nested():
            who, amount, key = _typed()
            service.pass_on(session, actor.id, who, amount, key=key)
    except REFUSED as refusal:
        session.expire_all()
        return _page(session, actor, refusal), refusal.status
    return redirect(url_for(".show", done=key), 303)


def _typed() -> tuple[UUID, int, UUID]:
    typed = request.form.get("points", "")
    try:
        return (
            UUID(request.form.get("who", "")),
            int(typed) if typed in map(str, AMOUNTS) else 0,
            UUID(request.form["key"]),
        )
    except (ValueError, KeyError):
        raise rules.FamilyAmount from None
