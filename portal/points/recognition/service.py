"""People ask to be on the board and leave it; staff read the names; everybody sees who helped how much in a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core import clock, small_numbers
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.db import insert_once
from portal.points import service as points
from portal.points.recognition import rules
from portal.points.recognition.models import RecognitionEntry
from portal.points.recognition.rules import State
from portal.points.rules import Rank
from portal.points.volunteering import service as volunteering
from portal.residents import service as residents

HOUR, MOST = 60, 50
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody on the board: whole hours of the month, and the rank of today."""

    name: str
    hours: int
    rank: Rank


def entry_of(session: Session, resident_id: UUID) -> RecognitionEntry | None:
    """What the person asked for; None for who did not."""
    return session.get(RecognitionEntry, resident_id)


def ask(session: Session, resident_id: UUID, typed: str) -> None:
    """Be on the board by this name, once somebody has read it. Raises NameUnfit, NotNow."""
    name = rules.read_name(typed)
    if not _standing(session, [resident_id]):
        raise rules.NotNow
    asked = {
        "name": name,
        "state": str(State.WAITING),
        "asked_at": clock.now(),
        "decided_at": None,
        "decided_label": "",
        "note": "",
    }
    if insert_once(session, RecognitionEntry.__table__, {"resident_id": resident_id, **asked}):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=resident_id, what="recognition_entries")
        return
    stands = (RecognitionEntry.name == name) & RecognitionEntry.state.in_((State.WAITING, State.SHOWN))
    other = update(RecognitionEntry).where(RecognitionEntry.resident_id == resident_id, ~stands)
    if session.execute(other.values(**asked)).rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=resident_id, what="recognition_entries")


def leave(session: Session, resident_id: UUID) -> None:
    """From this moment on nothing is shown and nothing is kept."""
    if session.execute(delete(RecognitionEntry).where(RecognitionEntry.resident_id == resident_id)).rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=resident_id, what="recognition_entries")


def _standing(session: Session, people: Sequence[UUID]) -> set[UUID]:
    """Who of *people* may be on the board, by the register of this moment: a protection that began an hour ago counts."""
    today, found = clock.today(), residents.standings_of(session, people)
    return {
        who
        for who, one in found.items()
        if rules.may_stand(birth_date=one.birth_date, moved_out=one.moved_out, guarded=one.guarded, today=today)
    }


# ---- moderation ---------------------------------------------------------------------------


def waiting(session: Session) -> Sequence[RecognitionEntry]:
    """Names nobody has read yet, the oldest first."""
    query = select(RecognitionEntry).where(RecognitionEntry.state == State.WAITING)
    return session.scalars(query.order_by(RecognitionEntry.asked_at, RecognitionEntry.name).limit(SHOWN)).all()


def shown(session: Session) -> Sequence[RecognitionEntry]:
    """Names on the board, which can be taken off again."""
    query = select(RecognitionEntry).where(RecognitionEntry.state == State.SHOWN)
    return session.scalars(query.order_by(RecognitionEntry.name).limit(SHOWN)).all()


def decide(session: Session, actor: Actor, resident_id: UUID, name: str, *, state: State, note: str = "") -> None:
    """What was read is what is decided: a name changed meanwhile waits on. Raises NameDecided."""
    still = (
        RecognitionEntry.resident_id == resident_id, RecognitionEntry.name == name, RecognitionEntry.state != state,
        RecognitionEntry.state != State.REFUSED,
    )  # fmt: skip
    values = {"state": str(state), "decided_at": clock.now(), "decided_label": actor.label, "note": note}
    if session.execute(update(RecognitionEntry).where(*still).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.NameDecided
    session.expire_all()
    did(session, Action.CHANGE, whose=resident_id, what="recognition_entries")


# ---- the board ----------------------------------------------------------------------------


def board(session: Session, month: date) -> list[Line]:
    """Who helped in that month, most hours first, MOST at most; nobody where they would be few."""
    after = (month + timedelta(days=32)).replace(day=1)
    shown_ones = select(RecognitionEntry.resident_id).where(RecognitionEntry.state == State.SHOWN)
    begins, ends = (datetime.combine(day, time(), JST) for day in (month, after))
    minutes = volunteering.minutes_between(session, shown_ones, begins, ends)
    query = select(RecognitionEntry.resident_id, RecognitionEntry.name).where(RecognitionEntry.state == State.SHOWN)
    names = {row.resident_id: row.name for row in session.execute(query) if row.resident_id in minutes}
    order = sorted(names, key=lambda who: (-max(1, minutes[who] // HOUR), names[who]))
    stand = _first_who_may_stand(session, order)
    if small_numbers.is_few(len(stand)):
        return []
    ranks = points.ranks_of(session, stand)
    return [Line(names[who], max(1, minutes[who] // HOUR), ranks.get(who, Rank.REGULAR)) for who in stand]


def _first_who_may_stand(session: Session, order: Sequence[UUID]) -> list[UUID]:
    """MOST at most, looked up a board's length at a time."""
    stand: list[UUID] = []
    for begin in range(0, len(order), MOST):
        some = order[begin : begin + MOST]
        may = _standing(session, some)
        stand += [who for who in some if who in may]
        if len(stand) >= MOST:
            break
    return stand[:MOST]
