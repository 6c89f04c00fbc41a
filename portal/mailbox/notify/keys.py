"""Keys of sections' programs: made, shown once, revoked; where answers go; how each template is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.errors import Refusal
from portal.core.ids import new_id
from portal.core.words import N_
from portal.mailbox.notify import tokens
from portal.mailbox.notify.models import Key, Reply
from portal.mailbox.notify.protocol import KeyKind, Kind
from portal.staff import service as staff

KEY_KIND_WORDS: dict[KeyKind, str] = {
    KeyKind.NORMAL: N_("For work: sends to everybody"),
    KeyKind.TEAM: N_("For trying: sends only to the addresses below"),
    KeyKind.TEST: N_("For tests: sends nothing, and answers as if it did"),
}
KIND_WORDS: dict[Kind, str] = {
    Kind.EMAIL: N_("E-mail"),
    Kind.SMS: N_("Text message"),
    Kind.LETTER: N_("Letter on paper"),
}


class SendingKeyUnknown(Refusal):
    code = "sending-key-unknown"
    status = 404
    message = N_("There is no such key.")
    next_step = N_("Go back to the list of keys and choose one of them.")


class SectionUnknown(Refusal):
    code = "section-unknown"
    status = 404
    message = N_("There is no such section.")
    next_step = N_("Go back to the list of keys and choose a section there.")


@dataclass(frozen=True, slots=True)
class Listed:
    """A key in the list of operators."""

    id: UUID
    section_id: UUID
    section: str
    name: str
    kind: KeyKind
    made_at: datetime
    revoked_at: datetime | None


def make(session: Session, master: bytes, *, section_id: UUID, name: str, kind: KeyKind, guests: Sequence[str]) -> str:
    """A new key, as its section pastes it into its program. It can be shown only now."""
    key = Key(id=new_id(), section_id=section_id, name=name, kind=str(kind), guests=list(guests), made_at=clock.now())
    session.add(key)
    did(session, Action.CREATE, whose=None, what="notify_keys", case_ref=str(key.id)[:8])
    return tokens.written(name, section_id, tokens.secret_of(master, key.id))


def all_keys(session: Session) -> list[Listed]:
    """Those that work first, the newest first among them."""
    rows = session.scalars(select(Key).order_by(Key.revoked_at.is_not(None), Key.made_at.desc())).all()
    labels = {section: staff.section_label(session, section) for section in {row.section_id for row in rows}}
    return [
        Listed(row.id, row.section_id, labels[row.section_id], row.name, KeyKind(row.kind), row.made_at, row.revoked_at)
        for row in rows
    ]


def find(session: Session, key_id: UUID) -> Listed:
    """A key that works; SendingKeyUnknown otherwise."""
    found = next((key for key in all_keys(session) if key.id == key_id and key.revoked_at is None), None)
    if found is None:
        raise SendingKeyUnknown
    return found


def revoke(session: Session, key_id: UUID) -> None:
    """From this transaction on it opens nothing."""
    done = session.execute(update(Key).where(Key.id == key_id, Key.revoked_at.is_(None)).values(revoked_at=clock.now()))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise SendingKeyUnknown
    did(session, Action.CHANGE, whose=None, what="notify_keys", case_ref=str(key_id)[:8])


def section_named(session: Session, section_id: UUID) -> str:
    """What the section is called to people; SectionUnknown if there is none such."""
    label = staff.section_label(session, section_id)
    if not label:
        raise SectionUnknown
    return label


def replies_of(session: Session, section_id: UUID) -> list[Reply]:
    query = select(Reply).where(Reply.section_id == section_id).order_by(Reply.kind, Reply.value)
    return list(session.scalars(query))


def add_reply(session: Session, section_id: UUID, kind: Kind, value: str) -> None:
    """Added twice, it is there once."""
    row = {"id": new_id(), "section_id": section_id, "kind": str(kind), "value": value}
    if insert_once(session, Reply.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=None, what="notify_replies", case_ref=str(section_id)[:8])


def remove_reply(session: Session, section_id: UUID, reply_id: UUID) -> None:
    """One that is not there is no fault."""
    gone = session.execute(delete(Reply).where(Reply.id == reply_id, Reply.section_id == section_id))
    if gone.rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=None, what="notify_replies", case_ref=str(section_id)[:8])
