"""Two records are one person: compared, proposed by one, agreed to by another, and taken apart as long as that is exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from portal.cards import service as cards
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.events import emit
from portal.core.ids import new_id
from portal.core.text import TextRefused
from portal.points import ranks
from portal.points.events import AccountsJoined, AccountsTakenApart
from portal.points.exchange import service as exchange
from portal.points.exchange.rules import State as Exchange
from portal.points.joining import rules
from portal.points.joining.models import PointJoin
from portal.points.joining.rules import State
from portal.points.ledger import joining
from portal.points.ledger import service as ledger
from portal.points.ledger.rules import JoinedAlready
from portal.points.programmes import debts
from portal.points.rules import Rank
from portal.points.spending import service as spending
from portal.points.spending.rules import State as Coupon
from portal.residents import service as residents
from portal.residents.service import Person
from portal.staff import service as staff

NEWEST = 100


@dataclass(frozen=True, slots=True)
class Record:
    """One of the two, as staff compare them."""

    person: Person
    is_hidden: bool
    """Where the person lives is not shown: 支援措置."""
    points: int
    owed: int
    rank: Rank
    coupons: int
    exchanges: int


# ---- looking ------------------------------------------------------------------------------


def joins(session: Session) -> Sequence[PointJoin]:
    """All that wait, however old, and the newest of the others; the newest first."""
    order = PointJoin.proposed_at.desc(), PointJoin.id
    lately = select(PointJoin.id).order_by(*order).limit(NEWEST)
    waits = PointJoin.state.in_([str(State.PROPOSED), str(State.LEAVING)])
    return session.scalars(select(PointJoin).where(waits | PointJoin.id.in_(lately)).order_by(*order)).all()


def find(session: Session, join_id: UUID) -> PointJoin:
    """One of them. Raises JoinUnknown."""
    found = session.get(PointJoin, join_id)
    if found is None:
        raise rules.JoinUnknown
    return found


def by_number(session: Session, number: str) -> Person:
    """The record of an addressee number; the look is recorded. Raises RecordUnknown."""
    try:
        person = residents.find_by_number(session, number)
    except TextRefused:
        person = None
    if person is None:
        raise rules.RecordUnknown
    return person


def record(session: Session, person: Person) -> Record:
    """What is known of the person's points under that record."""
    account, owed = ledger.found(session, person.id), debts.owed(session, person.id)
    coupons, exchanges = spending.coupons(session, person.id), exchange.exchanges(session, person.id)
    standing = residents.standing_of(session, person.id)
    return Record(
        person=person,
        is_hidden=standing is None or standing.guarded,
        points=ledger.balance(session, account, clock.today()) if account else 0,
        owed=owed[0] if owed else 0,
        rank=ranks.rank(session, person.id),
        coupons=sum(one.state == Coupon.OPEN and one.last_day >= clock.today() for one in coupons),
        exchanges=sum(one.state in (Exchange.ASKED, Exchange.TAKEN) for one in exchanges),
    )


def check(session: Session, actor: Actor, gone: Person, kept: Person) -> None:
    """Raises SameRecord, RecordProtected, OwnRecord, KeptLeft, JoinedAlready."""
    rules.check_pair(gone=gone.id, kept=kept.id)
    for one in (gone, kept):
        standing = residents.standing_of(session, one.id)
        if standing is None or standing.guarded:
            raise rules.RecordProtected
    if actor.id and rules.is_namesake(staff.name_of(session, actor.id), gone.name, kept.name):
        raise rules.OwnRecord
    if kept.moved_out is not None and kept.moved_out <= clock.today():
        raise rules.KeptLeft
    if ledger.any_joined(session, [gone.id, kept.id]):
        raise JoinedAlready


# ---- two people decide --------------------------------------------------------------------


def propose(session: Session, actor: Actor, gone: Person, kept: Person, why: str) -> PointJoin:
    """A proposal that waits for a second person. Raises as `check`, and JoinWaiting."""
    check(session, actor, gone, kept)
    row = {
        "id": new_id(), "gone_id": gone.id, "kept_id": kept.id, "open_key": rules.pair_key(gone.id, kept.id), "why": why,
        "state": str(State.PROPOSED), "proposed_by": actor.id, "proposed_label": actor.label,
        "proposed_at": clock.now(), "decided_label": "", "answer": "", "points": 0, "last": 0, "apart_why": "",
        "apart_asked_label": "", "apart_label": "",
    }  # fmt: skip
    if not insert_once(session, PointJoin.__table__, row):  # type: ignore[arg-type]
        raise rules.JoinWaiting
    found = find(session, row["id"])  # type: ignore[arg-type]
    _note(session, found, Action.CREATE)
    return found


def agree(session: Session, actor: Actor, join_id: UUID) -> None:
    """The points of the one are the other's from now on. Raises OwnJoin, JoinDecided, and as `check`."""
    found = _decide(session, actor, join_id, State.JOINED, "")
    gone, kept = (residents.look_up(session, who, case_ref=found.reference) for who in (found.gone_id, found.kept_id))
    check(session, actor, gone, kept)
    one, other = ledger.account_of(session, gone.id), ledger.account_of(session, kept.id)
    carried = joining.join(session, one, other, by=found.id)
    found.points, found.last = carried
    _follow(session, found)
    emit(session, AccountsJoined(gone_id=gone.id, kept_id=kept.id, join_id=found.id))


def refuse(session: Session, actor: Actor, join_id: UUID, answer: str) -> None:
    """They stay two. Raises OwnJoin, JoinDecided."""
    _follow(session, _decide(session, actor, join_id, State.REFUSED, answer))


def _decide(session: Session, actor: Actor, join_id: UUID, state: State, answer: str) -> PointJoin:
    """By one statement: of two who decide at the same instant one comes first."""
    found = find(session, join_id)
    if found.proposed_by == actor.id:
        raise rules.OwnJoin
    values = {
        "state": str(state), "open_key": None, "decided_by": actor.id, "decided_label": actor.label,
        "decided_at": clock.now(), "answer": answer,
    }  # fmt: skip
    return _change(session, found, State.PROPOSED, values)


def _change(session: Session, found: PointJoin, since: State, values: Mapping[str, object]) -> PointJoin:
    still = PointJoin.id == found.id, PointJoin.state == since
    if session.execute(update(PointJoin).where(*still).values(**values)).rowcount != 1:  # type: ignore[attr-defined]
        raise rules.JoinDecided
    session.refresh(found)
    return found


# ---- taking apart -------------------------------------------------------------------------


def ask_apart(session: Session, actor: Actor, join_id: UUID, why: str) -> None:
    """It was wrong; a second person agrees. Raises JoinDecided."""
    values = {
        "state": str(State.LEAVING), "apart_why": why, "apart_asked_by": actor.id, "apart_asked_label": actor.label,
    }  # fmt: skip
    _note(session, _change(session, find(session, join_id), State.JOINED, values), Action.CHANGE)


def keep_joined(session: Session, join_id: UUID) -> None:
    """After all it was right, or it cannot be taken apart any more. Raises JoinDecided."""
    values = {"state": str(State.JOINED), "apart_why": "", "apart_asked_by": None, "apart_asked_label": ""}
    _note(session, _change(session, find(session, join_id), State.LEAVING, values), Action.CHANGE)


def take_apart(session: Session, actor: Actor, join_id: UUID) -> None:
    """Each record has its points again. Raises OwnJoin, JoinDecided, ThirdRecord, MovedSince."""
    found = find(session, join_id)
    if found.apart_asked_by == actor.id:
        raise rules.OwnJoin
    third = PointJoin.kept_id == found.gone_id, PointJoin.state.in_([str(State.JOINED), str(State.LEAVING)])
    if session.scalar(select(exists().where(*third))):
        raise rules.ThirdRecord
    values = {
        "state": str(State.APART), "apart_by": actor.id, "apart_label": actor.label, "apart_at": clock.now(),
    }  # fmt: skip
    found = _change(session, found, State.LEAVING, values)
    gone, kept = (ledger.own_account(session, who) for who in (found.gone_id, found.kept_id))
    joining.take_apart(session, gone, kept, since=found.last)
    _follow(session, found)
    emit(session, AccountsTakenApart(gone_id=found.gone_id, kept_id=found.kept_id, join_id=found.id))


def _follow(session: Session, found: PointJoin) -> None:
    """It stands with both, and their cards say the rank that counts now."""
    session.flush()
    _note(session, found, Action.CHANGE)
    for who in (found.gone_id, found.kept_id):
        cards.note_rank(session, who, ranks.rank(session, who))


def _note(session: Session, found: PointJoin, action: Action) -> None:
    for who in (found.gone_id, found.kept_id):
        did(session, action, whose=who, what="point_joins", case_ref=found.reference)
