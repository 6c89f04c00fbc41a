"""Devices that keep letters: made by their owner's button, asked what must go, ended from anywhere."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Action, Purpose, did, on_behalf
from portal.core.crypto import token_hash
from portal.core.ids import new_id
from portal.mailbox import opening
from portal.mailbox.attachments import service as attachments
from portal.mailbox.attachments.service import Listed
from portal.mailbox.composing import reader as reading
from portal.mailbox.composing.models import Plan
from portal.mailbox.models import Dealing, Delivery, Notice
from portal.mailbox.opening import Opened, Reader
from portal.mailbox.rules import WITHDRAWN, Deed, Strength
from portal.mailbox.shelf import rules
from portal.mailbox.shelf.models import Shelf
from portal.web.access import SignInNeeded
from portal.web.signed_in import WebSession

FORGET = "mailbox.shelf.forget-ended"
SEEN_EVERY = timedelta(minutes=10)
NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Copy:
    """What a device may keep of a notice; `fill` puts into a text what is this reader's."""

    opened: Opened
    fill: Any
    files: list[Listed]


@dataclass(frozen=True, slots=True)
class Told:
    """What a device is told: whether it may go on, and which letters must go."""

    stands: bool
    gone: list[UUID]


def of(session: Session, resident_id: UUID) -> list[Shelf]:
    """The devices that keep letters of this person, the first made first."""
    query = select(Shelf).where(Shelf.resident_id == resident_id).order_by(Shelf.made_at, Shelf.id)
    return list(session.scalars(query))


def make(session: Session, resident_id: UUID, *, name: str, place: str) -> str:
    """Let the browser signed in by the session *place* keep letters; returns its token. Raises shelves-full."""
    there = of(session, resident_id)
    if len(there) >= rules.MOST_DEVICES:
        raise rules.DevicesFull(most=rules.MOST_DEVICES)
    token, now = secrets.token_urlsafe(32), clock.now()
    if (signed_in := session.get(WebSession, place)) is None:
        raise SignInNeeded
    session.add(
        Shelf(
            id=new_id(),
            resident_id=resident_id,
            token_hash=token_hash(token),
            name=accounts.told_apart(name[:110], [one.name for one in there]),
            made_at=now,
            seen_at=now,
            session_hash=place,
            session_ends_at=signed_in.ends_at,
        )
    )
    session.flush()
    return token


def end(session: Session, resident_id: UUID, shelf_id: UUID) -> None:
    """The device loses what it keeps as soon as it has a line; one that is not there is no fault."""
    shelf = session.get(Shelf, shelf_id)
    if shelf and shelf.resident_id == resident_id:
        session.delete(shelf)


def leave(session: Session, token: str) -> None:
    """The device says that it keeps nothing any more."""
    if shelf := _of_token(session, token):
        session.delete(shelf)


def _of_token(session: Session, token: str) -> Shelf | None:
    """The device that shows *token*. What follows is its owner's doing: nobody else has it."""
    shelf = session.scalars(select(Shelf).where(Shelf.token_hash == token_hash(token))).one_or_none()
    if shelf:
        on_behalf(session, Actor(Kind.RESIDENT, shelf.resident_id), Purpose.OWN_USE)
    return shelf


def ask(session: Session, token: str, notices: Sequence[UUID], *, who: UUID | None, place: str | None) -> Told:
    """What the device with *token*, which keeps *notices*, must do; *who* is signed in there now, by the session *place*."""
    shelf = _of_token(session, token)
    if shelf is None:
        return Told(False, list(notices))
    if who == shelf.resident_id and place:
        _see(session, shelf, place)
    elif not rules.stands(
        session_lives=session.get(WebSession, shelf.session_hash) is not None,
        session_ends_at=shelf.session_ends_at,
        seen_at=shelf.seen_at,
        now=clock.now(),
    ):
        session.delete(shelf)
        return Told(False, list(notices))
    stay = _that_stay(session, shelf.resident_id, notices)
    return Told(True, [one for one in notices if one not in stay])


def _see(session: Session, shelf: Shelf, place: str) -> None:
    """The owner is signed in on the device."""
    now = clock.now()
    if shelf.session_hash == place and now - shelf.seen_at < SEEN_EVERY:
        return
    if (signed_in := session.get(WebSession, place)) is None:
        return
    seen = {"seen_at": now, "session_hash": place, "session_ends_at": signed_in.ends_at}
    session.execute(update(Shelf).where(Shelf.id == shelf.id).values(**seen), execution_options=NO_SYNC)


def _that_stay(session: Session, owner: UUID, notices: Collection[UUID]) -> set[UUID]:
    """Those of *notices* that lie in the owner's mailbox as they did: not withdrawn, put right or put away."""
    corrected = select(Plan.corrects).join(Notice, Notice.number == Plan.notice_number)
    corrected = corrected.where(Plan.corrects == Delivery.notice_number, Notice.state.in_(reading.TOLD))
    query = (
        select(Notice.id)
        .join(Delivery, Delivery.notice_number == Notice.number)
        .outerjoin(Dealing, and_(Dealing.resident_id == owner, Dealing.notice_number == Notice.number))
        .where(Notice.id.in_(notices), Delivery.resident_id == owner, Notice.state != WITHDRAWN)
        .where(Dealing.archived_at.is_(None), Notice.strength <= Strength.PASSWORD, ~corrected.exists())
    )
    return set(session.scalars(query))


def copy(session: Session, reader: Reader, notice_id: UUID) -> Copy:
    """The notice as a device may keep it: the reader's own, open to a password, without what looks like a 個人番号.

    Raises notice-not-to-keep, notice-withdrawn, notice-unknown.
    """
    opened = opening.open_text(session, reader, notice_id)
    notice = opened.notice
    fill = reading.standing_of(session, notice, reader.owner).fill
    said = [text for words in notice.texts.values() for text in words.values()]
    told = [str(fact) for fact in notice.facts.values()]
    if reader.for_another or notice.strength > Strength.PASSWORD:
        raise rules.NotToKeep
    if rules.looks_like_number([*map(fill, said), *told]):
        raise rules.NotToKeep
    return Copy(opened, fill, attachments.listed(session, notice))


def note_kept(session: Session, reader: Reader, number: int) -> None:
    """A step of the notice's course."""
    opening.note_once(session, reader, number, Deed.KEPT)


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """End what was signed out or left alone, whether or not the device has a line to hear it (worker)."""
    now = clock.now()
    lives = select(WebSession.token_hash).where(WebSession.token_hash == Shelf.session_hash)
    was_ended = and_(~lives.exists(), Shelf.session_ends_at > now)
    over = or_(was_ended, Shelf.seen_at < now - rules.ABSENT)
    gone = session.execute(delete(Shelf).where(over).returning(Shelf.resident_id), execution_options=NO_SYNC).all()
    for (resident_id,) in gone:
        did(session, Action.DELETE, whose=resident_id, what="mailbox_shelves")
