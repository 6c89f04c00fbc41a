"""Letters of a section: the door of this part for its clerks. Printed and posted by hand, once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, insert, literal, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.mailbox.channels import rules as channels
from portal.mailbox.channels.models import Message
from portal.mailbox.channels.rules import Channel, Reason
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.paper import gathering, rules, watching
from portal.mailbox.paper.models import Letter, LetterBatch
from portal.mailbox.paper.rules import State
from portal.mailbox.rules import WITHDRAWN, NoticeWithdrawn
from portal.residents import service as residents

GATHER = gathering.GATHER
gather = gathering.gather
forget_old = gathering.forget_old
waiting = gathering.waiting
to_pull, changed, make_again, made_again = (
    watching.to_pull,
    watching.changed,
    watching.make_again,
    watching.made_again,
)
NEVER_POSTED = (str(Reason.READ), str(Reason.OFF), str(Reason.GONE))
NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a section's list: its letters, of which notice, how many would be printed now, and whether some that
    are printed must not go out as they are."""

    batch: LetterBatch
    notice: Notice
    waiting: int
    watched: bool = False

    @property
    def number(self) -> int:
        return self.waiting if self.batch.state == State.READY else self.batch.letters


def listed(session: Session, section: UUID | None, *, most: int = 200) -> list[Line]:
    """The section's letters, what is to be done first on top."""
    done = LetterBatch.state.in_([str(State.POSTED), str(State.NEEDLESS)])
    query = (
        select(LetterBatch, Notice)
        .join(Notice, Notice.number == LetterBatch.notice_number)
        .where(LetterBatch.section_id == section)
        .order_by(done, LetterBatch.made_at.desc())
        .limit(most)
    )
    return [
        Line(
            batch,
            notice,
            waiting(session, batch) if batch.state == State.READY else 0,
            watched=bool(to_pull(session, batch) or changed(session, batch)),
        )
        for batch, notice in session.execute(query)
    ]


def open_batch(session: Session, clerk: Actor, batch_id: UUID) -> tuple[LetterBatch, Notice]:
    """Letters of the clerk's own section; who has no section has none."""
    query = select(LetterBatch, Notice).join(Notice, Notice.number == LetterBatch.notice_number)
    row = session.execute(
        query.where(LetterBatch.id == batch_id, LetterBatch.section_id == clerk.section)
    ).one_or_none()
    if row is None or clerk.section is None:
        raise rules.BatchUnknown
    return row[0], row[1]


def of_notice(session: Session, number: int) -> LetterBatch | None:
    return session.scalar(select(LetterBatch).where(LetterBatch.notice_number == number))


def print_letters(session: Session, clerk: Actor, batch: LetterBatch, *, yen: int) -> None:
    """From now on it stands fast who gets a letter: whoever has read it by now, does not live here any more or came under
    支援措置 meanwhile, gets none. Of two who press at once, one is told."""
    _move(session, batch, State.READY, State.PRINTED, printed_by=clerk.id, printed_at=clock.now(), yen=yen)
    gathering.cancel_read(session, batch)
    _end(session, batch, residents.gone(Message.resident_id, clock.today()), channels.State.FAILED, Reason.GONE)
    _end(session, batch, residents.hidden(Message.resident_id), channels.State.SKIPPED, Reason.OFF)
    chosen = select(Message.resident_id).where(*gathering.of_batch(batch)).subquery()
    rows = residents.by_postal_code(chosen.c.resident_id).add_columns(literal(batch.id), literal(""), literal(False))
    columns = ["place", "resident_id", "record", "batch_id", "ended", "again"]
    session.execute(insert(Letter).from_select(columns, rows))
    batch.letters = session.scalar(select(func.count()).select_from(Letter).where(Letter.batch_id == batch.id)) or 0
    batch.state = str(State.PRINTED if batch.letters else State.NEEDLESS)
    did(session, Action.CREATE, whose=None, what="mailbox.letters(printed)", case_ref=str(batch.id)[:8])


def post_letters(
    session: Session, batch: LetterBatch, *, taken_out: Collection[int] = (), pulled: Collection[int] = ()
) -> None:
    """They are with the post office, but for those *taken_out* because they were read after the printing (who has not
    read it cannot be taken out) and those *pulled* whose people must get none any more. Raises LettersToPull while one of
    these is not named, or a sheet was not made again."""
    to_pull = watching.to_pull(session, batch)
    if not set(to_pull) <= set(pulled) or watching.changed(session, batch):
        raise rules.LettersToPull
    read = sorted(set(taken_out) & set(read_since(session, batch)))
    _move(session, batch, State.PRINTED, State.POSTED, posted_at=clock.now())
    watching.pull(session, batch, to_pull)
    if read:
        out = (Letter.batch_id == batch.id, Letter.place.in_(read))
        who = select(Letter.resident_id).where(*out)
        _end(session, batch, Message.resident_id.in_(who), channels.State.SKIPPED, Reason.READ)
        session.execute(update(Letter).where(*out).values(ended=str(Reason.READ)), execution_options=NO_SYNC)
    _end(session, batch, literal(True), channels.State.SENT, None)
    did(session, Action.CREATE, whose=None, what="mailbox.letters(posted)", case_ref=str(batch.id)[:8])


def returned(session: Session, batch: LetterBatch, place: int) -> None:
    """A letter came back: the person could not be reached at that address. Told twice, it came back once."""
    letter = session.get(Letter, (batch.id, place))
    if letter is None or batch.state != State.POSTED or letter.ended in NEVER_POSTED:
        raise rules.LetterUnknown
    letter.ended = str(Reason.RETURNED)
    ended = {"state": str(channels.State.FAILED), "reason": str(Reason.RETURNED), "settled_at": clock.now()}
    which = (Message.notice_number == batch.notice_number, Message.channel == str(Channel.PAPER))
    session.execute(
        update(Message).where(*which, Message.resident_id == letter.resident_id).values(**ended),
        execution_options=NO_SYNC,
    )


def _move(session: Session, batch: LetterBatch, before: State, after: State, **values: object) -> None:
    moved = session.execute(
        update(LetterBatch)
        .where(LetterBatch.id == batch.id, LetterBatch.state == str(before))
        .values(state=str(after), **values),
        execution_options=NO_SYNC,
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise rules.BatchMovedOn
    session.refresh(batch)


def _end(session: Session, batch: LetterBatch, which: object, state: channels.State, why: Reason | None) -> None:
    values = {"state": str(state), "reason": str(why or ""), "settled_at": clock.now()}
    session.execute(
        update(Message).where(*gathering.of_batch(batch), which).values(**values),  # type: ignore[arg-type]
        execution_options=NO_SYNC,
    )


def read_since(session: Session, batch: LetterBatch) -> list[int]:
    """Numbers of printed letters whose person has read the notice since: they can be taken out before posting."""
    if batch.law or batch.state != State.PRINTED:
        return []
    same = and_(Delivery.resident_id == Letter.resident_id, Delivery.notice_number == batch.notice_number)
    query = select(Letter.place).join(Delivery, same).where(Letter.batch_id == batch.id, Delivery.read_at.is_not(None))
    return list(session.scalars(query.order_by(Letter.place).limit(rules.MOST_TAKEN_OUT)))


def check_to_print(notice: Notice) -> None:
    """What was withdrawn meanwhile is not printed any more."""
    if notice.state == WITHDRAWN:
        raise NoticeWithdrawn


def letters_of(session: Session, batch: LetterBatch, *, after: int = 0, most: int = rules.PART) -> Sequence[Letter]:
    """Printed letters of the *most* places past *after*, in their order; those of people who came under 支援措置 since are
    not drawn again: it would be with the address they have now. No other letter takes their place: it is in its own file."""
    places = Letter.place.between(after + 1, after + most)
    query = select(Letter).where(Letter.batch_id == batch.id, places, ~residents.hidden(Letter.resident_id))
    return session.scalars(query.order_by(Letter.place)).all()


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of printed letters."""

    taken_out: int
    returned: int


def counts(session: Session, batch: LetterBatch) -> Counts:
    query = select(Letter.ended, func.count()).where(Letter.batch_id == batch.id).group_by(Letter.ended)
    found: dict[str, int] = {row[0]: row[1] for row in session.execute(query)}
    return Counts(sum(found.get(why, 0) for why in NEVER_POSTED), found.get(str(Reason.RETURNED), 0))
