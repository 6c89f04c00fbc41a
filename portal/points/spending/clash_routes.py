"""Staff look into coupons that a desk without network took although they were gone."""

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.points.programmes.routes import KEEPER
from portal.points.programmes.rules import AnswerNeeded
from portal.points.spending import clashes, rules
from portal.web.room import Room

room = Room("coupon_clashes", __name__, "/staff/coupon-clashes")


@room.page("", access=KEEPER, purpose=Purpose.POINTS)
def show(session: Session, actor: Actor) -> str:
    """Those that wait first."""
    return _page(session)


def _page(session: Session, refusal: Refusal | None = None) -> str:
    return render_template("spending/clashes.html", rows=clashes.clashes(session), refusal=refusal)


@room.page("/<uuid:id>/settle", access=KEEPER, purpose=Purpose.POINTS, methods=("POST",))
def settle(session: Session, actor: Actor, id: UUID) -> Any:
    """Say what it was."""
    try:
        with session.begin_nested():
            clashes.settle(session, actor, id, _note())
    except (rules.ClashSettled, AnswerNeeded) as refusal:
        session.expire_all()
        return _page(session, refusal), refusal.status
    return redirect(url_for(".show"), 303)


def _note() -> str:
    try:
        return text.single_line(request.form.get("note", ""), longest=300)
    except TextRefused:
        raise AnswerNeeded from None
