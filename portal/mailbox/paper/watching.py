"""Between printing and posting the register goes on: letters to be pulled, and sheets to be made again."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.mailbox.channels import rules as channels
from portal.mailbox.channels.models import Message
from portal.mailbox.channels.rules import Channel, Reason
from portal.mailbox.paper.models import Letter, LetterBatch
from portal.mailbox.paper.rules import State
from portal.residents import service as residents

NO_SYNC = {"synchronize_session": False}


def to_pull(session: Session, batch: LetterBatch) -> list[int]:
    """Numbers of printed letters of people who came under 支援措置 since, or do not live in the city any more."""
    if batch.state != State.PRINTED:
        return []
    query = select(Letter.place).where(Letter.batch_id == batch.id, _must_not_go())
    return list(session.scalars(query.order_by(Letter.place)))


def changed(session: Session, batch: LetterBatch) -> list[int]:
    """Numbers of printed letters whose entry in the register is another one now: address or name may be old."""
    if batch.state != State.PRINTED:
        return []
    query = select(Letter.place).where(Letter.batch_id == batch.id, _other_record(), ~_must_not_go())
    return list(session.scalars(query.order_by(Letter.place)))


def make_again(session: Session, batch: LetterBatch) -> int:
    """From now on the sheets of `changed` are those of today's record; how many there are."""
    places = changed(session, batch)
    if places:
        which = (Letter.batch_id == batch.id, Letter.place.in_(places))
        values = {"record": residents.record_mark(Letter.resident_id), "again": True}
        session.execute(update(Letter).where(*which).values(**values), execution_options=NO_SYNC)
        did(session, Action.CHANGE, whose=None, what="mailbox.letters(made again)", case_ref=str(batch.id)[:8])
    return len(places)


def made_again(session: Session, batch: LetterBatch) -> Sequence[Letter]:
    """Letters whose sheet was made again, for one file more."""
    query = select(Letter).where(Letter.batch_id == batch.id, Letter.again, ~residents.hidden(Letter.resident_id))
    return session.scalars(query.order_by(Letter.place)).all()


def pull(session: Session, batch: LetterBatch, places: Sequence[int]) -> None:
    """These were not posted: each says why in the notice's course, without saying it to whoever reads the list."""
    for hidden, state, why in (
        (True, channels.State.SKIPPED, Reason.OFF),
        (False, channels.State.FAILED, Reason.GONE),
    ):
        told = residents.hidden(Letter.resident_id)
        which = and_(
            Letter.batch_id == batch.id, Letter.place.in_(places), Letter.ended == "", told if hidden else ~told
        )
        who = list(session.scalars(select(Letter.resident_id).where(which)))
        if not who:
            continue
        values = {"state": str(state), "reason": str(why), "settled_at": clock.now()}
        waits = (Message.channel == str(Channel.PAPER), Message.notice_number == batch.notice_number)
        session.execute(
            update(Message).where(*waits, Message.resident_id.in_(who)).values(**values), execution_options=NO_SYNC
        )
        ended = (Letter.batch_id == batch.id, Letter.resident_id.in_(who))
        session.execute(update(Letter).where(*ended).values(ended=str(why)), execution_options=NO_SYNC)


def _must_not_go() -> ColumnElement[bool]:
    return or_(residents.hidden(Letter.resident_id), residents.gone(Letter.resident_id, clock.today()))


def _other_record() -> ColumnElement[bool]:
    return and_(Letter.record.is_not(None), Letter.record != residents.record_mark(Letter.resident_id))
