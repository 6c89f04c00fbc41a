"""Files of notices and messages, in both directions: kept sealed in room files, fetched on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.companies.service import StandingOf as Standing
from portal.company_mailbox.post import reading, rules
from portal.company_mailbox.post.models import BusinessAct, BusinessFile, BusinessMessage, BusinessThread
from portal.company_mailbox.post.rules import Deed
from portal.core.actor import Actor
from portal.core.audit import Action, did, looked
from portal.core.envelope import KeyRing
from portal.files import service as files
from portal.mailbox import service as mailbox

limits = mailbox.file_rules
PLACE = "company"


@dataclass(frozen=True, slots=True)
class Sent:
    """Files made fit to be kept before the transaction, and the keys they are sealed with."""

    prepared: Sequence[files.Prepared] = ()
    ring: KeyRing | None = None


NOTHING = Sent()


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as pages show it."""

    file: files.Kept

    @property
    def size(self) -> str:
        """How large, as people read it."""
        size = self.file.size
        return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{-(-size // 1000)} KB"


def attach(session: Session, ring: KeyRing, notice_id: UUID, prepared: files.Prepared) -> UUID:
    """Add a file to a notice that is still a draft (whose it is, the caller has seen). Raises files-too-many,
    attachments-full."""
    there = of_cases(session, [notice_id]).get(notice_id, [])
    if len(there) >= limits.MOST:
        raise files.TooManyFiles(most=limits.MOST)
    if sum(one.file.size for one in there) + len(prepared.content) > limits.MEGABYTES_TOGETHER * 1_000_000:
        raise limits.AttachmentsFull(megabytes=limits.MEGABYTES_TOGETHER)
    return _keep(session, ring, prepared, case_id=notice_id, notice_id=notice_id, place=len(there))


def _keep(
    session: Session, ring: KeyRing, prepared: files.Prepared, *, case_id: UUID, notice_id: UUID, place: int
) -> UUID:
    kept = files.keep(session, ring, prepared, owner_id=None, case_id=case_id, place=PLACE)
    session.add(BusinessFile(file_id=kept.id, case_id=case_id, notice_id=notice_id, place=place))
    session.flush()
    return kept.id


def attach_to_message(session: Session, sent: Sent, thread: BusinessThread, message_id: UUID) -> None:
    """The files of one message. Raises files-too-many, company-thread-files-full."""
    if not sent.prepared or sent.ring is None:
        return
    if len(sent.prepared) > rules.FILES_AT_ONCE:
        raise files.TooManyFiles(most=rules.FILES_AT_ONCE)
    messages = select(BusinessMessage.id).where(BusinessMessage.thread_id == thread.id)
    there = session.scalar(select(func.count()).where(BusinessFile.case_id.in_(messages))) or 0
    if there + len(sent.prepared) > rules.MOST_FILES_OF_THREAD:
        raise rules.ThreadHasFiles(most=rules.MOST_FILES_OF_THREAD)
    for place, prepared in enumerate(sent.prepared):
        _keep(session, sent.ring, prepared, case_id=message_id, notice_id=thread.notice_id, place=place)


def drop(session: Session, notice_id: UUID, file_id: UUID) -> None:
    """Take a file of a draft away; one that is not there is no fault."""
    row = session.get(BusinessFile, file_id)
    if row is not None and row.case_id == notice_id:
        session.delete(row)
        session.flush()
        files.drop(session, file_id, case_id=notice_id)


def drop_all(session: Session, notice_id: UUID) -> None:
    """The notice was withdrawn: its files are gone for good; those of messages stay with them."""
    drop_cases(session, [notice_id])


def drop_cases(session: Session, case_ids: Sequence[UUID]) -> None:
    """The files of these notices or messages are gone for good."""
    if case_ids:
        session.execute(delete(BusinessFile).where(BusinessFile.case_id.in_(case_ids)))
        files.drop_cases(session, case_ids)


def of_cases(session: Session, case_ids: Sequence[UUID]) -> Mapping[UUID, list[Listed]]:
    """The files of notices or messages, in the order they were added."""
    found: dict[UUID, list[Listed]] = {}
    if not case_ids:
        return found
    known = select(BusinessFile.case_id).where(BusinessFile.case_id.in_(case_ids)).distinct()
    for case_id in session.scalars(known).all():
        found[case_id] = [Listed(one) for one in files.of_case(session, case_id)]
    return found


def open_for_company(
    session: Session, ring: KeyRing, standing: Standing, notice_id: UUID, file_id: UUID
) -> files.Opened:
    """A file of a notice this company has, or of its own thread about it; FileNotFound for any other."""
    letter = reading.find(session, standing, notice_id)
    row = session.get(BusinessFile, file_id)
    if row is None or row.notice_id != notice_id:
        raise files.FileNotFound
    if row.case_id == notice_id and letter.withdrawn_at is not None:
        raise mailbox.notice_rules.NoticeWithdrawn
    if row.case_id != notice_id and _thread_of(session, row).company_id != standing.company_id:
        raise files.FileNotFound
    return files.open_of_city(session, ring, file_id, case_id=row.case_id)


def _thread_of(session: Session, row: BusinessFile) -> BusinessThread:
    message = session.get(BusinessMessage, row.case_id)
    if message is None:
        raise files.FileNotFound
    return session.get_one(BusinessThread, message.thread_id)


def fetched(session: Session, standing: Standing, actor: Actor, notice_id: UUID, file_id: UUID, name: str) -> None:
    """This person fetched a file for the first time: a step of the course."""
    known = select(BusinessAct.facts).where(
        BusinessAct.company_id == standing.company_id,
        BusinessAct.notice_id == notice_id,
        BusinessAct.what == str(Deed.FILE),
        BusinessAct.person_id == actor.id,
    )
    if any(facts.get("file") == str(file_id) for facts in session.scalars(known)):
        return
    reading.note(session, standing, actor, notice_id, Deed.FILE, file=str(file_id), name=name)
    did(session, Action.LOOK, whose=standing.company_id, what="business_files", case_ref=str(notice_id)[:8])


def open_for_body(session: Session, ring: KeyRing, owner: str, thread_id: UUID, file_id: UUID) -> files.Opened:
    """A file of a thread of that body; who opened it is on record."""
    row = session.get(BusinessFile, file_id)
    if row is None:
        raise files.FileNotFound
    thread = _thread_of(session, row)
    if thread.id != thread_id or thread.owner != owner or not owner:
        raise files.FileNotFound
    looked(session, whose=thread.company_id, what="business_files", case_ref=str(thread.notice_id)[:8])
    return files.open_of_city(session, ring, file_id, case_id=row.case_id)


def open_draft(session: Session, ring: KeyRing, notice_id: UUID, file_id: UUID) -> files.Opened:
    """A file of a notice, for the desk that wrote it; the caller has seen that it is theirs."""
    return files.open_of_city(session, ring, file_id, case_id=notice_id)
