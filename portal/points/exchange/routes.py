"""The resident's page: exchange points for those of a private programme."""

from typing import Any
from uuid import UUID, uuid4

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from portal.core import text
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.errors import Refusal
from portal.core.text import TextRefused
from portal.points import service as points
from portal.points.exchange import rules, service
from portal.points.exchange.rules import AMOUNTS, STATE_WORDS, WHY_WORDS
from portal.points.ledger.rules import NotEnoughPoints, SentBefore
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext as _
from portal.web.i18n import show_points
from portal.web.room import Room

HOLDER = Access(ActorKind.RESIDENT, assurance=2)
"""What leaves for good is not given away with a password alone."""
room = Room("exchange", __name__, "/points/exchange")


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """How many, to which member number, and what became of earlier ones."""
    return _page(session, actor)


def _page(session: Session, actor: Actor, refusal: Refusal | None = None) -> str:
    assert actor.id
    if not hall().settings.exchange_url:
        raise rules.ExchangeClosed
    rows: list[dict[str, Any]] = [
        {
            "exchange": one,
            "state": (_(STATE_WORDS[one.state][0]), STATE_WORDS[one.state][1]),
            "why": _(WHY_WORDS[one.why]) if one.why in WHY_WORDS else "",
            "member": rules.ending(one.member),
        }
        for one in service.exchanges(session, actor.id)
    ]
    return render_template(
        "exchange/exchange.html",
        name=hall().settings.exchange_name,
        balance=points.balance(session, actor.id),
        amounts=[(amount, _("%(points)s points", points=show_points(amount))) for amount in AMOUNTS],
        most=rules.MOST_A_MONTH,
        rows=rows,
        asked=next((row for row in rows if row["exchange"].reference == request.args.get("asked")), None),
        key=uuid4(),
        typed=text.shown_again(request.form.get("member", ""), longest=40),
        chosen=request.form.get("points", ""),
        refusal=refusal,
        is_strong=actor.assurance >= HOLDER.assurance,
    )


@room.page("", access=HOLDER, methods=("POST",))
def ask(session: Session, actor: Actor) -> Any:
    """Points are set aside and carried over; pressed twice it is once."""
    assert actor.id
    if not hall().settings.exchange_url:
        raise rules.ExchangeClosed
    typed = request.form.get("points", "")
    amount = int(typed) if typed in map(str, AMOUNTS) else 0
    try:
        with session.begin_nested():
            rules.check_sure(request.form.get("sure", ""))
            made = service.ask(session, actor.id, member=_member(), points=amount, key=_key())
    except (
        rules.ExchangeUnclear, rules.ExchangeUnsure, rules.ExchangeLimit, NotEnoughPoints, SentBefore,
    ) as refusal:  # fmt: skip
        session.expire_all()
        return _page(session, actor, refusal), refusal.status
    return redirect(url_for(".show", asked=made.reference), 303)


def _member() -> str:
    try:
        return text.digits(request.form.get("member", ""), longest=20)
    except TextRefused:
        raise rules.ExchangeUnclear from None


def _key() -> UUID:
    try:
        return UUID(request.form.get("key", ""))
    except ValueError:
        raise rules.ExchangeUnclear from None
