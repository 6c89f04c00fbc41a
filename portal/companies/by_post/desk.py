"""What staff do with letters: print a batch, post it, take back what came back, send again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from portal.companies import opening
from portal.companies.by_post import rules, voiding
from portal.companies.by_post.models import SignInLetter
from portal.companies.by_post.rules import OPEN, Ended, State
from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.ids import new_id

SHOWN = 200
NO_SYNC = {"synchronize_session": False}


def waiting(session: Session) -> int:
    """How many are to be printed."""
    query = select(func.count()).select_from(SignInLetter).where(SignInLetter.state == str(State.WAITING))
    return session.scalar(query) or 0


def listed(session: Session) -> Sequence[SignInLetter]:
    """Open letters first, then the newest of the others."""
    closed = SignInLetter.state.not_in(list(map(str, OPEN)))
    return session.scalars(select(SignInLetter).order_by(closed, SignInLetter.asked_at.desc()).limit(SHOWN)).all()


def batches(session: Session) -> Sequence[Any]:
    """(batch, printed at, by, letters, how many are not posted yet), the newest first."""
    unposted = func.count().filter(SignInLetter.state == str(State.PRINTED))
    return session.execute(
        select(
            SignInLetter.batch, func.max(SignInLetter.printed_at).label("printed_at"),
            func.max(SignInLetter.printed_by).label("printed_by"), func.count().label("letters"), unposted.label("unposted"),
        )
        .where(SignInLetter.batch.is_not(None))
        .group_by(SignInLetter.batch)
        .order_by(func.max(SignInLetter.printed_at).desc())
        .limit(20)
    ).all()  # fmt: skip


def print_batch(session: Session, staff: Actor) -> UUID | None:
    """Take what waits, the oldest first; what the register says otherwise by now is not printed. None if nothing is left.
    Raises NothingToPrint."""
    query = select(SignInLetter).where(SignInLetter.state == str(State.WAITING)).order_by(SignInLetter.asked_at)
    found = session.scalars(query.limit(rules.AT_ONCE).with_for_update(skip_locked=True)).all()
    if not found:
        raise rules.NothingToPrint
    batch, now, place = new_id(), clock.now(), 0
    for letter in found:
        _check(session, letter)
        if letter.state == State.WAITING:
            place += 1
            letter.state, letter.batch, letter.place = str(State.PRINTED), batch, place
            letter.printed_at, letter.printed_by, letter.printer_id = now, staff.label, staff.id
    session.flush()
    if not place:
        return None
    did(session, Action.CREATE, whose=None, what="sign_in_letters", case_ref=str(batch)[:8])
    return batch


def _check(session: Session, letter: SignInLetter) -> None:
    found = opening.corporation(session, letter.number)
    said = (found.address, found.closed_on) if found else ("", None)
    voiding.follow_register(session, {letter.number: said})
    if letter.state in OPEN and rules.is_over(letter.state, letter.asked_at, letter.posted_at, clock.now()):
        voiding.end(session, letter, Ended.LAPSED)


def letters_of(session: Session, batch: UUID) -> Sequence[SignInLetter]:
    """The letters of a batch in their order; raises LetterUnknown for no such batch."""
    query = select(SignInLetter).where(SignInLetter.batch == batch).order_by(SignInLetter.place)
    found = session.scalars(query).all()
    if not found:
        raise rules.LetterUnknown
    return found


def to_draw(session: Session, staff: Actor, batch: UUID) -> Sequence[SignInLetter]:
    """Those that are not posted yet, for who made the batch. Raises LetterUnknown, PrintedByAnother."""
    found = [letter for letter in letters_of(session, batch) if letter.state == State.PRINTED]
    if not found:
        raise rules.LetterUnknown
    if any(letter.printer_id != staff.id for letter in found):
        raise rules.PrintedByAnother
    return found


def post_batch(session: Session, staff: Actor, batch: UUID) -> None:
    """They are with the post office: their codes count from now on. It is said by somebody who has not seen them. Raises
    SamePerson, LetterMovedOn."""
    printed = (SignInLetter.batch == batch, SignInLetter.state == str(State.PRINTED))
    if session.scalar(select(SignInLetter.id).where(*printed, SignInLetter.printer_id == staff.id).limit(1)):
        raise rules.SamePerson
    moved = session.execute(
        update(SignInLetter).where(*printed).values(state=str(State.POSTED), posted_at=clock.now(), poster_id=staff.id),
        execution_options=NO_SYNC,
    )
    if not moved.rowcount:  # type: ignore[attr-defined]
        raise rules.LetterMovedOn
    did(session, Action.CHANGE, whose=None, what="sign_in_letters", case_ref=str(batch)[:8])


def returned(session: Session, letter_id: UUID) -> None:
    """It came back: nobody has the code. Raises LetterUnknown, LetterMovedOn."""
    letter = _locked(session, letter_id)
    if letter.state != State.POSTED:
        raise rules.LetterMovedOn
    voiding.end(session, letter, Ended.RETURNED)


def again(session: Session, letter_id: UUID) -> None:
    """The same request gets another letter, with another code, to the address the register has now; what was printed and
    not posted is thrown away. Raises LetterUnknown, LetterMovedOn, LetterOnItsWay."""
    letter = _locked(session, letter_id)
    on_its_way = letter.state in (State.PRINTED, State.POSTED)
    if not on_its_way and not (letter.state == State.OVER and letter.ended in rules.AGAIN and letter.person_id is None):
        raise rules.LetterMovedOn
    open_one = select(SignInLetter.id).where(
        SignInLetter.number == letter.number, SignInLetter.state.in_(list(map(str, OPEN))), SignInLetter.id != letter.id
    )
    if session.scalar(open_one.limit(1)) is not None:
        raise rules.LetterOnItsWay
    found = opening.corporation(session, letter.number)
    if found is None or found.closed_on is not None:
        raise rules.LetterMovedOn
    letter.company, letter.address, letter.postal_code = found.name, found.address[:400], found.postal_code
    letter.issue, letter.tries, letter.ended, letter.state = letter.issue + 1, 0, "", str(State.WAITING)
    letter.asked_at, letter.batch, letter.place = clock.now(), None, None
    letter.printed_at = letter.posted_at = letter.ended_at = letter.printer_id = letter.poster_id = None
    session.flush()
    did(session, Action.CHANGE, whose=None, what="sign_in_letters", case_ref=str(letter.id)[:8])


def _locked(session: Session, letter_id: UUID) -> SignInLetter:
    found = session.scalar(select(SignInLetter).where(SignInLetter.id == letter_id).with_for_update())
    if found is None:
        raise rules.LetterUnknown
    return found


def end_lapsed(session: Session, _payload: dict[str, Any]) -> None:
    """End letters nobody used in time; forget after a year those that let nobody in (worker, daily)."""
    now = clock.now()
    useless = (SignInLetter.state == str(State.OVER), SignInLetter.person_id.is_(None))
    old = delete(SignInLetter).where(*useless, SignInLetter.ended_at < now - rules.KEPT)
    session.execute(old, execution_options=NO_SYNC)
    query = select(SignInLetter).where(SignInLetter.state.in_(list(map(str, OPEN)))).order_by(SignInLetter.asked_at)
    for letter in session.scalars(query.where(SignInLetter.asked_at < now - rules.GOOD_FOR)):
        if rules.is_over(letter.state, letter.asked_at, letter.posted_at, now):
            voiding.end(session, letter, Ended.LAPSED)
