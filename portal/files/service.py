"""Files: the door of this room. Content goes in and comes out here, and nowhere unsealed in between."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core import audit, clock, outbox
from portal.core.envelope import KeyRing, Wrapped, open_part, seal_part
from portal.core.events import emit
from portal.core.ids import new_id
from portal.files import clamd, inspection, published, rules
from portal.files.events import MalwareFound
from portal.files.models import File, FilePart
from portal.files.rules import Check

prepare = inspection.prepare
prepare_published = published.prepare
checked = inspection.checked
scanner = clamd.scanner
Verdict = clamd.Verdict
Scan = clamd.Scan
Prepared = inspection.Prepared
FileRefused = rules.FileRefused
UploadTooLarge = rules.UploadTooLarge
FileNotFound = rules.FileNotFound
Content = rules.Content
MIME = rules.MIME
WAITING = rules.Check.WAITING
CLEAN = rules.Check.CLEAN
UNSCANNED = rules.Check.NONE
FileNotChecked = rules.FileNotChecked
CaseFull = rules.CaseFull
FileKindNotWanted = rules.FileKindNotWanted
TooManyFiles = rules.TooManyFiles
AT_ONCE = rules.AT_ONCE

PART = 262_144
CITY = bytes(16)  # in the seals of files nobody handed in: no person has this id
PREVIEW = 2**32  # a number no part has
CHECK_AGAIN = "files.check-waiting"
# One transaction's share: writers on SQLite wait while the scanner looks.
CHECKED_AT_ONCE = 5
REWRAPPED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as lists show it: everything but its content."""

    id: UUID
    owner_id: UUID | None
    case_id: UUID
    place: str
    name: str
    kind: rules.Content
    size: int
    pages: int
    sha256: bytes
    checked: Check
    added_at: datetime

    @property
    def may_be_shown(self) -> bool:
        """To others than its owner: not before a scanner, where there is one, has looked."""
        return self.checked is not Check.WAITING

    @property
    def is_image(self) -> bool:
        return self.kind is Content.JPEG


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's content, and what a browser should take it for."""

    name: str
    mime: str
    inline: bool
    content: bytes = field(repr=False)


def keep(
    session: Session, ring: KeyRing, prepared: Prepared, *, owner_id: UUID | None, case_id: UUID, place: str
) -> Kept:
    """Seal and keep a file; one without an owner is the city's own, for people to fetch."""
    file_id = new_id()
    bound = _bound(file_id, owner_id, case_id)
    key, wrapped = ring.new_key(bound)
    pieces = [prepared.content[at : at + PART] for at in range(0, len(prepared.content), PART)]
    file = File(
        id=file_id,
        owner_id=owner_id,
        case_id=case_id,
        place=place,
        name=prepared.name,
        kind=str(prepared.kind),
        size=len(prepared.content),
        pages=prepared.pages,
        parts=len(pieces),
        sha256=prepared.sha256,
        key_id=wrapped.key_id,
        wrapped_key=wrapped.sealed,
        preview=seal_part(key, PREVIEW, prepared.preview, bound) if prepared.preview else b"",
        checked=str(prepared.check),
        added_at=clock.now(),
    )
    session.add(file)
    session.flush()
    for number, piece in enumerate(pieces):
        sealed = seal_part(key, number, piece, _bound_part(bound, len(pieces)))
        session.add(FilePart(file_id=file_id, number=number, sealed=sealed))
    session.flush()
    return _kept(file)


def of_case(session: Session, case_id: UUID) -> list[Kept]:
    """The files of one case, in the order they came."""
    columns = [getattr(File, name) for name in Kept.__dataclass_fields__]
    found = session.execute(select(*columns).where(File.case_id == case_id).order_by(File.added_at, File.id))
    return [_kept(row) for row in found]


def open_for_owner(session: Session, ring: KeyRing, file_id: UUID, *, owner_id: UUID, case_id: UUID) -> Opened:
    """The content for the person who handed it in; FileNotFound for anybody else's."""
    return _opened(ring, session, _of(session, file_id, case_id, owner_id))


def open_preview(session: Session, ring: KeyRing, file_id: UUID, *, owner_id: UUID | None, case_id: UUID) -> Opened:
    """The small picture of an image, for its owner, or, where it has none, for whose case it is."""
    file = _of(session, file_id, case_id, owner_id)
    if not file.preview or file.owner_id != owner_id:
        raise rules.FileNotFound
    bound = _bound(file.id, file.owner_id, file.case_id)
    content = open_part(_key(ring, file), PREVIEW, file.preview, bound)
    return Opened(file.name, rules.MIME[Content.JPEG], True, content)


def open_for_staff(session: Session, ring: KeyRing, file_id: UUID, *, case_id: UUID, case_ref: str) -> Opened:
    """The content for a member of staff; who opened it, and for which case, is on record. FileNotChecked while the
    scanner has not looked."""
    file = _of(session, file_id, case_id)
    if file.checked == Check.WAITING:
        raise rules.FileNotChecked
    audit.looked(session, whose=file.owner_id, what="files", case_ref=case_ref)
    return _opened(ring, session, file)


def open_of_city(session: Session, ring: KeyRing, file_id: UUID, *, case_id: UUID) -> Opened:
    """The content of a file the city hands out; whose case it is decides who may have it. FileNotChecked while the
    scanner has not looked."""
    file = _of(session, file_id, case_id)
    if file.owner_id is not None:
        raise rules.FileNotFound
    if file.checked == Check.WAITING:
        raise rules.FileNotChecked
    return _opened(ring, session, file)


def drop(session: Session, file_id: UUID, *, case_id: UUID) -> None:
    """One file is gone for good; one that is not there is no fault."""
    session.execute(delete(File).where(File.id == file_id, File.case_id == case_id))


def drop_cases(session: Session, case_ids: Iterable[UUID]) -> None:
    """All files of these cases are gone for good, with their keys."""
    session.execute(delete(File).where(File.case_id.in_(list(case_ids))))


def check_waiting(session: Session, _payload: dict[str, Any], *, ring: KeyRing, scan: Scan | None) -> None:
    """Have files looked at that came while the scanner was silent (worker, every five minutes)."""
    if scan is None:
        return
    query = select(File).where(File.checked == str(Check.WAITING)).order_by(File.added_at).limit(CHECKED_AT_ONCE)
    files = session.scalars(query.with_for_update(skip_locked=True)).all()
    for file in files:
        verdict = scan(_opened(ring, session, file).content)
        if verdict is Verdict.UNKNOWN:
            return
        if verdict is Verdict.INFECTED:
            found = MalwareFound(file_id=file.id, owner_id=file.owner_id, case_id=file.case_id, place=file.place)
            emit(session, found)
            session.delete(file)
        else:
            file.checked = str(Check.CLEAN)
    if len(files) == CHECKED_AT_ONCE:
        outbox.post(session, CHECK_AGAIN, {})


def rewrap(session: Session, ring: KeyRing) -> int:
    """Wrap some file keys that another key wrapped with the current one; returns how many (0: all are done)."""
    query = select(File).where(File.key_id != ring.current).order_by(File.id).limit(REWRAPPED_AT_ONCE)
    files = session.scalars(query.with_for_update()).all()
    for file in files:
        wrapped = ring.wrap(_key(ring, file), _bound(file.id, file.owner_id, file.case_id))
        values = {"key_id": wrapped.key_id, "wrapped_key": wrapped.sealed}
        session.execute(update(File).where(File.id == file.id).values(**values))
    return len(files)


def _of(session: Session, file_id: UUID, case_id: UUID, owner_id: UUID | None = None) -> File:
    file = session.get(File, file_id)
    if file is None or file.case_id != case_id or (owner_id is not None and file.owner_id != owner_id):
        raise rules.FileNotFound
    return file


def _opened(ring: KeyRing, session: Session, file: File) -> Opened:
    bound = _bound_part(_bound(file.id, file.owner_id, file.case_id), file.parts)
    key = _key(ring, file)
    query = select(FilePart.number, FilePart.sealed).where(FilePart.file_id == file.id).order_by(FilePart.number)
    rows: Sequence[Any] = session.execute(query).all()
    content = b"".join(open_part(key, row.number, row.sealed, bound) for row in rows)
    kind = Content(file.kind)
    return Opened(file.name, rules.MIME[kind], kind is Content.JPEG, content)


def _key(ring: KeyRing, file: File) -> bytes:
    return ring.unwrap(Wrapped(file.key_id, file.wrapped_key), _bound(file.id, file.owner_id, file.case_id))


def _bound(file_id: UUID, owner_id: UUID | None, case_id: UUID) -> bytes:
    """What a file's seals say: this file, this person (or the city itself), this case."""
    return b"file-v1\0" + file_id.bytes + (owner_id.bytes if owner_id else CITY) + case_id.bytes


def _bound_part(bound: bytes, parts: int) -> bytes:
    """With the number of parts, so that none can be left out at the end."""
    return bound + parts.to_bytes(4, "big")


def _kept(row: Any) -> Kept:
    facts = {name: getattr(row, name) for name in Kept.__dataclass_fields__}
    return Kept(**facts | {"kind": Content(row.kind), "checked": Check(row.checked), "sha256": bytes(row.sha256)})
