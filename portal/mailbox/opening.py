"""A notice opened: by its owner or who acts for them, with its text or, without the strength it needs, without."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, Purpose, afterwards, did
from portal.core.db import insert_once
from portal.mailbox import rules
from portal.mailbox.batches import receipts
from portal.mailbox.mandates.rules import MandateReadsOnly
from portal.mailbox.models import Act, Dealing, Delivery, Notice
from portal.mailbox.rules import Deed
from portal.web.access import stronger_for


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks into whose mailbox: `actor` is the `owner` or acts for them; `assurance` is how they signed in. In
    another's mailbox one finds what needs a sign-in of at most `most`, of `sections` (none: of all); `by_mandate` one
    only reads, and each look is on record."""

    owner: UUID
    actor: UUID
    assurance: int = 1
    most: int = int(rules.Strength.PASSWORD)
    sections: frozenset[str] = frozenset()
    by_mandate: bool = False

    @property
    def for_another(self) -> bool:
        return self.owner != self.actor

    def finds(self, notice: Notice) -> bool:
        """Whether this notice is there at all for the reader."""
        if not self.for_another:
            return True
        return notice.strength <= self.most and (not self.sections or notice.section in self.sections)

    @staticmethod
    def of(actor: Actor) -> "Reader":
        """Somebody at their own mailbox."""
        assert actor.id
        return Reader(actor.id, actor.id, actor.assurance)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a page of one notice stands on. `is_hidden`: the text needs a stronger sign-in; `is_withdrawn`: it is gone."""

    notice: Notice
    delivery: Delivery
    dealing: Dealing | None
    is_hidden: bool

    @property
    def is_withdrawn(self) -> bool:
        return self.notice.state == rules.WITHDRAWN

    @property
    def settled(self) -> Dealing | None:
        """What was answered, if anything was."""
        return self.dealing if self.dealing and self.dealing.settled_at else None


def find(session: Session, reader: Reader, notice_id: UUID) -> Opened:
    """The notice in the reader's mailbox; nothing follows from it. For another person only what needs no strong
    sign-in can be found at all, unless a mandate says so: the rest is for its owner alone."""
    query = (
        select(Notice, Delivery, Dealing)
        .join(Delivery, Delivery.notice_number == Notice.number)
        .outerjoin(Dealing, and_(Dealing.resident_id == reader.owner, Dealing.notice_number == Notice.number))
        .where(Notice.id == notice_id, Delivery.resident_id == reader.owner)
    )
    row = session.execute(query).one_or_none()
    if row is None or not reader.finds(row[0]):
        raise rules.NoticeUnknown
    notice, delivery, dealing = row
    return Opened(notice, delivery, dealing, notice.strength > reader.assurance)


def open_notice(session: Session, reader: Reader, notice_id: UUID) -> Opened:
    """The same to be read: opening it with its text is what makes it read, without the text what makes it fetched."""
    opened = find(session, reader, notice_id)
    number = opened.notice.number  # the row itself is gone when the consequence comes
    if reader.by_mandate:
        what = "mailbox.notice" if opened.is_hidden else "mailbox.read"
        did(session, Action.LOOK, whose=reader.owner, what=what, case_ref=str(notice_id)[:8], why=Purpose.MANDATE)
    if opened.is_hidden:
        afterwards(session, lambda later: _fetched(later, reader, number))
    elif reader.for_another:
        afterwards(session, lambda later: _read_for(later, reader, number))
    elif opened.delivery.read_at is None:
        afterwards(session, lambda later: _read(later, reader, number))
    return opened


def open_text(session: Session, reader: Reader, notice_id: UUID) -> Opened:
    """The same for what is of no use without the text (a file, an answer): StrongerSignInNeeded, notice-withdrawn."""
    opened = open_notice(session, reader, notice_id)
    if opened.is_withdrawn:
        raise rules.NoticeWithdrawn
    if opened.is_hidden:
        raise stronger_for(opened.notice.strength)
    return opened


def check_acts(reader: Reader) -> None:
    """Who reads by mandate only reads. Raises mandate-reads-only."""
    if reader.by_mandate:
        raise MandateReadsOnly


def mark_read(session: Session, owner: UUID, number: int) -> bool:
    """The first opening counts; its time stays. Says whether this was it."""
    done = session.execute(
        update(Delivery)
        .where(Delivery.resident_id == owner, Delivery.notice_number == number, Delivery.read_at.is_(None))
        .values(read_at=clock.now())
    )
    is_first = bool(done.rowcount)  # type: ignore[attr-defined]
    if is_first:
        did(session, Action.CHANGE, whose=owner, what="mailbox.read")
        receipts.note_read(session, owner, number, clock.now())
    return is_first


def _read(session: Session, reader: Reader, number: int) -> None:
    mark_read(session, reader.owner, number)


def _fetched(session: Session, reader: Reader, number: int) -> None:
    note_once(session, reader, number, Deed.FETCHED)


def _read_for(session: Session, reader: Reader, number: int) -> None:
    """Somebody has read it for another: who it was stands in its course. To its owner a notice stays unread that only
    somebody they let look has opened."""
    if not reader.by_mandate:
        mark_read(session, reader.owner, number)
    note_once(session, reader, number, Deed.READ)


def note_once(session: Session, reader: Reader, number: int, deed: Deed) -> None:
    """A step that counts the first time somebody takes it."""
    known = select(Act.id).where(
        Act.resident_id == reader.owner,
        Act.notice_number == number,
        Act.what == str(deed),
        Act.actor_id == reader.actor,
    )
    if session.scalar(known.limit(1)) is None:
        note(session, reader, number, deed)
        did(session, Action.LOOK, whose=reader.owner, what="mailbox.read")


def note(session: Session, reader: Reader, number: int, deed: Deed, **facts: Any) -> None:
    """One more step of the notice's course."""
    session.add(
        Act(
            resident_id=reader.owner,
            notice_number=number,
            at=clock.now(),
            what=str(deed),
            actor_id=reader.actor,
            facts=facts,
        )
    )


def dealing_of(session: Session, owner: UUID, number: int) -> Dealing:
    """The row of what became of the notice here, made if there is none; locked until the end of this unit of work."""
    begun = {"resident_id": owner, "notice_number": number, "words": "", "labels": ""}
    insert_once(session, Dealing.__table__, begun)  # type: ignore[arg-type]
    query = select(Dealing).where(Dealing.resident_id == owner, Dealing.notice_number == number)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()
