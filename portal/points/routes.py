"""The resident's pages of points: what there is, what runs out when, the rank, and where points came from and went."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Response, json, render_template, request
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import JST
from portal.core.crypto import signing_key
from portal.points import past, rules, service, visits
from portal.points.ledger import published
from portal.points.ledger.sealing import SIGNING
from portal.points.partners import confirming
from portal.points.programmes import debts
from portal.points.spending import privileges
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.i18n import gettext, language
from portal.web.room import Room

room = Room("points", __name__, "/points")


@room.page("", access=Access.RESIDENT)
def show(session: Session, actor: Actor) -> str:
    """How many points I have, until when, my rank, and where they came from."""
    assert actor.id
    movements = service.history(session, actor.id, before=_before(), limit=service.PAGE + 1)
    standing = service.standing(session, actor.id)
    return render_template(
        "points/show.html",
        balance=service.balance(session, actor.id),
        expiring=service.expiring(session, actor.id),
        owed=debts.owed(session, actor.id),
        waiting=confirming.waiting(session, actor.id),
        standing=standing,
        rank=gettext(rules.RANK_WORDS[standing.rank]),
        next_rank=standing.next_rank and gettext(rules.RANK_WORDS[standing.next_rank]),
        privileges=_privileges(session),
        visit_points=visits.promised(session),
        movements=movements[: service.PAGE],
        names=service.names_of(session, {one.about for one in movements}, language(), actor.id),
        older=_mark(movements[service.PAGE - 1]) if len(movements) > service.PAGE else None,
        begins=not request.args.get("before"),
        then=_then(session, actor.id),
        today=clock.today(),
    )


def _then(session: Session, resident_id: UUID) -> dict[str, Any]:
    """What I had at the end of the day asked for; nothing for what is no day, or none that has come."""
    typed = request.args.get("on", "")
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return {"error": bool(typed)}
    if day.year < past.FIRST_YEAR or day > clock.today():
        return {"error": True}
    return {"day": day, "points": past.balance_then(session, resident_id, past.end_of(day))}


def _privileges(session: Session) -> list[tuple[str, int, list[tuple[str, str]]]]:
    """By rank: its name, how many days longer its coupons last, and its own rewards (code, title)."""
    code = language()
    return [
        (
            gettext(rules.RANK_WORDS[one.rank]),
            one.coupon_days,
            [(reward.code, reward.texts["title"].get(code) or reward.texts["title"]["ja"]) for reward in one.rewards],
        )
        for one in privileges.privileges(session)
    ]


def _mark(movement: service.Movement) -> str:
    return f"{movement.at.isoformat()}_{movement.number}"


def _before() -> tuple[datetime, int] | None:
    """Where the list goes on, as `_mark` wrote it; anything else is its beginning."""
    moment, _, number = request.args.get("before", "").partition("_")
    try:
        typed = datetime.fromisoformat(moment)
        at = typed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if typed.tzinfo is None or not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return at, int(number)


# ---- the books, for everybody ---------------------------------------------------------------


@room.page("/books", access=Access.PUBLIC)
def books(session: Session, actor: Actor) -> str:
    """Where the books ended in each month."""
    return render_template("points/books.html", rows=published.heads(session))


@room.page("/books.json", access=Access.PUBLIC)
def books_data(session: Session, actor: Actor) -> Response:
    """The same for programs, with signatures, the key that made them, and which accounts the city has."""
    public = signing_key(hall().settings.master, SIGNING).public_key()
    key = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    said = {
        "key": key,
        "heads": [_head(one) for one in published.heads(session)],
        "accounts": [one._asdict() for one in published.accounts(session)],
    }
    return Response(json.dumps(said), mimetype="application/json")


def _head(one: published.Published) -> dict[str, Any]:
    seal = one.seal
    return {
        "month": f"{one.month:%Y-%m}",
        "number": seal.number,
        "last": seal.last,
        "digest": seal.digest.hex(),
        "signature": seal.signature.hex(),
        "at": seal.at.astimezone(JST).isoformat(),
    }
