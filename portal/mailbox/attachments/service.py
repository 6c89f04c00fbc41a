"""Attachments: the door of this part of the room, for the desk that writes and for people who read."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.audit import Action, did
from portal.core.envelope import KeyRing
from portal.files import service as files
from portal.files.service import Kept, Opened, Prepared
from portal.mailbox import opening
from portal.mailbox import rules as mailbox_rules
from portal.mailbox.attachments import rules
from portal.mailbox.attachments.models import Attachment
from portal.mailbox.models import Act, Notice
from portal.mailbox.opening import Reader
from portal.mailbox.rules import Deed

MEGABYTES = rules.MEGABYTES
MOST = rules.MOST
PLACE = "notice"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of a notice as pages show it; `alt` describes a picture that is shown within the text."""

    file: Kept
    alt: str

    @property
    def size(self) -> str:
        """How large, as people read it."""
        return (
            f"{self.file.size / 1_000_000:.1f} MB" if self.file.size >= 100_000 else f"{-(-self.file.size // 1000)} KB"
        )

    @property
    def is_shown(self) -> bool:
        return self.file.is_image and bool(self.alt)


def attach(session: Session, ring: KeyRing, notice: Notice, prepared: Prepared, *, alt: str = "") -> UUID:
    """Add a file (made fit by `files.prepare(…, megabytes=MEGABYTES)` before the transaction) to a draft.

    Raises files-too-many, attachments-full, attachments-notice-sent. The caller has seen that the notice is the clerk's.
    """
    _check_draft(notice)
    there = listed(session, notice)
    if len(there) >= rules.MOST:
        raise files.TooManyFiles(most=rules.MOST)
    together = sum(one.file.size for one in there) + len(prepared.content)
    if together > rules.MEGABYTES_TOGETHER * 1_000_000:
        raise rules.AttachmentsFull(megabytes=rules.MEGABYTES_TOGETHER)
    kept = files.keep(session, ring, prepared, owner_id=None, case_id=notice.id, place=PLACE)
    place = max((one.place for one in _rows(session, notice)), default=-1) + 1
    session.add(Attachment(notice_number=notice.number, file_id=kept.id, place=place, alt=alt[: rules.LONGEST_ALT]))
    session.flush()
    return kept.id


def drop(session: Session, notice: Notice, file_id: UUID) -> None:
    """Take a file of a draft away; one that is not there is no fault."""
    _check_draft(notice)
    for row in _rows(session, notice):
        if row.file_id == file_id:
            session.delete(row)
            session.flush()
            files.drop(session, file_id, case_id=notice.id)


def drop_all(session: Session, notice: Notice) -> None:
    """All files of a notice are gone for good: it was withdrawn."""
    for row in _rows(session, notice):
        session.delete(row)
    session.flush()
    files.drop_cases(session, [notice.id])


def listed(session: Session, notice: Notice) -> list[Listed]:
    """The notice's files, in the order they were added."""
    rows = _rows(session, notice)
    if not rows:
        return []
    kept = {file.id: file for file in files.of_case(session, notice.id)}
    return [Listed(kept[row.file_id], row.alt) for row in rows if row.file_id in kept]


def _rows(session: Session, notice: Notice) -> list[Attachment]:
    query = select(Attachment).where(Attachment.notice_number == notice.number).order_by(Attachment.place)
    return list(session.scalars(query))


def open_for_clerk(session: Session, ring: KeyRing, notice: Notice, file_id: UUID) -> Opened:
    """The content for the desk. The caller has seen that the notice is the clerk's."""
    return files.open_of_city(session, ring, file_id, case_id=notice.id)


def open_for_reader(
    session: Session, ring: KeyRing, reader: Reader, notice_id: UUID, file_id: UUID
) -> tuple[Opened, int]:
    """(content, the notice's number) for who may see the notice's text; others get the refusals of the text."""
    notice = opening.open_text(session, reader, notice_id).notice
    return files.open_of_city(session, ring, file_id, case_id=notice.id), notice.number


def fetched(session: Session, reader: Reader, number: int, file_id: UUID, name: str) -> None:
    """A file was fetched for the first time by this person: a step of the notice's course."""
    known = select(Act.facts).where(
        Act.resident_id == reader.owner,
        Act.notice_number == number,
        Act.what == str(Deed.FILE),
        Act.actor_id == reader.actor,
    )
    if any(facts.get("file") == str(file_id) for facts in session.scalars(known)):
        return
    opening.note(session, reader, number, Deed.FILE, file=str(file_id), name=name)
    did(session, Action.LOOK, whose=reader.owner, what="mailbox.file")


def _check_draft(notice: Notice) -> None:
    if notice.state != mailbox_rules.State.DRAFT:
        raise rules.NoticeOnItsWay
