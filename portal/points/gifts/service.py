"""A gift to many: proposed by one, decided by another, gone on with when the budget was raised."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.points.gifts import giving, rules
from portal.points.gifts.models import PointGift
from portal.points.gifts.rules import State
from portal.points.programmes import rules as terms
from portal.points.programmes import service as programmes
from portal.segments import service as segments
from portal.segments.service import Asking, Condition, Count

NEWEST = 100
NOBODY = Asking(None, "")
"""Only what the register says of everybody is asked: no section's own knowledge."""


def gifts(session: Session) -> Sequence[PointGift]:
    """The newest first."""
    return session.scalars(select(PointGift).order_by(PointGift.number.desc()).limit(NEWEST)).all()


def find(session: Session, number: int) -> PointGift:
    """One of them. Raises GiftUnknown."""
    found = session.get(PointGift, number) if number < programmes.MOST_VERSIONS else None
    if found is None:
        raise rules.GiftUnknown
    return found


def propose(
    session: Session, actor: Actor, *, programme: str, points: int, condition: Condition, why: str
) -> PointGift:
    """A gift that waits for a second person. Raises NoTerms, GiftForTooFew, GiftTooDear."""
    one = programmes.programme(session, programme)
    if programmes.terms_on(session, one.code, clock.today()) is None:
        raise terms.NoTerms
    _check(session, one.code, points, condition)
    gift = PointGift(
        programme=one.code, points=points, whom=segments.as_json(condition), why=why, state=str(State.PROPOSED),
        proposed_by=actor.id, proposed_label=actor.label, proposed_at=clock.now(),
    )  # fmt: skip
    session.add(gift)
    session.flush()
    did(session, Action.CREATE, whose=None, what="points.gifts", case_ref=f"{gift.number}")
    return gift


def reach(session: Session, condition: Condition) -> Count:
    """About how many people it would be for now, as it may be shown."""
    return segments.count(session, condition, by=NOBODY)


def _check(session: Session, programme: str, points: int, condition: Condition) -> None:
    people = reach(session, condition).shown or 0
    if condition != segments.EVERYBODY and people < rules.FEWEST:
        raise rules.GiftForTooFew(fewest=rules.FEWEST)
    left = programmes.budget(session, programme)[1]
    if people * points > left:
        raise rules.GiftTooDear(needed=people * points, left=left)


def approve(session: Session, actor: Actor, number: int) -> None:
    """The worker begins to give. Raises OwnGift, GiftDecided, GiftForTooFew, GiftTooDear."""
    gift = _decide(session, actor, number, State.GIVING, "")
    _check(session, gift.programme, gift.points, segments.of_json(gift.whom))
    giving.promise(session, gift)


def refuse(session: Session, actor: Actor, number: int, answer: str) -> None:
    """Nobody gets anything. Raises OwnGift, GiftDecided."""
    _decide(session, actor, number, State.REFUSED, answer)


def _decide(session: Session, actor: Actor, number: int, state: State, answer: str) -> PointGift:
    """By one statement: of two who decide at the same instant one comes first."""
    gift = find(session, number)
    if gift.proposed_by == actor.id:
        raise rules.OwnGift
    decided = update(PointGift).where(PointGift.number == number, PointGift.state == State.PROPOSED)
    values = {"decided_by": actor.id, "decided_label": actor.label, "decided_at": clock.now(), "answer": answer}
    if session.execute(decided.values(state=str(state), **values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.GiftDecided
    session.refresh(gift)
    did(session, Action.CHANGE, whose=None, what="points.gifts", case_ref=f"{number}")
    return gift


def go_on(session: Session, number: int) -> None:
    """After the budget was raised: who has not got the points yet gets them. Raises GiftDecided."""
    gift = find(session, number)
    stopped = update(PointGift).where(PointGift.number == number, PointGift.state == State.STOPPED)
    values = {"state": str(State.GIVING), "round": PointGift.round + 1, "ended_at": None}
    if session.execute(stopped.values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.GiftDecided
    session.refresh(gift)
    did(session, Action.CHANGE, whose=None, what="points.gifts", case_ref=f"{number}")
    giving.promise(session, gift)
