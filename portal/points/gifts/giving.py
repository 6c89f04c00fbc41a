"""The worker gives: chunk by chunk, each wholly or not at all, and nobody twice."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.audit import Action, did
from portal.points.gifts import rules
from portal.points.gifts.models import PointGift
from portal.points.gifts.rules import State
from portal.points.ledger import many
from portal.points.ledger.rules import PotEmpty, Reason
from portal.points.programmes import service as programmes
from portal.residents import service as residents
from portal.residents.service import Person
from portal.segments import service as segments

GIVE = "points.gift"


def promise(session: Session, gift: PointGift) -> None:
    """The worker goes on past `gift.after`."""
    payload = {"number": gift.number, "round": gift.round}
    key = f"{GIVE}:{gift.number}:{gift.round}:{gift.after}"
    outbox.post(session, GIVE, payload, key=key, lane=outbox.Lane.BULK)


def give(session: Session, payload: dict[str, Any], *, chunk: int = rules.CHUNK) -> None:
    """Give to whom the gift is for among the next *chunk* residents, and promise the next (worker).

    Who fits is asked then and there. A budget that does not last for the chunk stops the gift before it.

    People's accounts are there before the pot is locked, as with all who pay: who earns their first points meanwhile has
    opened theirs, and waits for the pot.
    """
    gift = session.get_one(PointGift, payload["number"])
    if gift.state != State.GIVING or gift.round != payload["round"]:
        return
    after, last = gift.after, residents.nth_id(session, chunk, after=gift.after)
    people = chosen(gift, last=last)
    many.open_accounts(session, people, (after, last))
    pot, left = programmes.pot(session, gift.programme)
    session.refresh(gift)
    if (gift.state, gift.round, gift.after) != (State.GIVING, payload["round"], after):
        return  # another worker had the same chunk, and promised the next
    try:
        new = many.give(
            session, people, (after, last), source=pot, points=gift.points, reason=Reason.GIFT,
            key=f"gift:{gift.number}", most=left,
        )  # fmt: skip
    except PotEmpty:
        _end(session, gift, State.STOPPED)
        return
    gift.people, gift.after = gift.people + new, last or gift.after
    session.flush()
    if last is None:
        _end(session, gift, State.GIVEN)
    else:
        promise(session, gift)


def chosen(gift: PointGift, *, last: UUID | None = None) -> Select[UUID]:
    """Residents the gift is for, past `gift.after` up to *last*. A gift for everybody is for people under 支援措置 too;
    by conditions they are not chosen, so that no number tells where they live."""
    condition = segments.of_json(gift.whom)
    if condition != segments.EVERYBODY:
        return segments.ids(condition, after=gift.after, last=last)
    query = select(Person.id).where(Person.moved_out.is_(None))
    if gift.after is not None:
        query = query.where(Person.id > gift.after)
    return query if last is None else query.where(Person.id <= last)


def _end(session: Session, gift: PointGift, state: State) -> None:
    ended = update(PointGift).where(PointGift.number == gift.number, PointGift.state == State.GIVING)
    session.execute(ended.values(state=str(state), ended_at=clock.now()))
    did(session, Action.CHANGE, whose=None, what="points.gifts", case_ref=f"{gift.number}")
