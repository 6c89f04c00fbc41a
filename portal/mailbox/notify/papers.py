"""Files of notifications: checked before they are kept, sealed while they are kept, gone when their time is over."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.envelope import KeyRing, Wrapped, open_part, seal_part
from portal.core.ids import new_id
from portal.files import service as files
from portal.mailbox.notify import protocol
from portal.mailbox.notify.models import Notification, Paper

LARGEST = 2 * 1024 * 1024  # bytes: what the clients allow themselves
LARGEST_LETTER = 5 * 1024 * 1024
MEGABYTES = 6  # a ceiling of the inspection, above both
WEEKS = 26
LETTER = "letter.pdf"
CHECK_AGAIN = "mailbox.notify.check-waiting"
PENDING = protocol.Status.PENDING_VIRUS_CHECK
# One transaction's share: writers on SQLite wait while the scanner looks.
CHECKED_AT_ONCE = 5
TEXTS = {"csv": "text/csv", "txt": "text/plain", "json": "application/json"}
SUPPORTED = "'.csv', '.jpeg', '.jpg', '.json', '.pdf', '.png', '.txt'"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file fit to be kept. `weeks` is how long, `confirms` whether the address must be typed to fetch it."""

    name: str
    mime: str
    content: bytes = field(repr=False)
    checked: str
    weeks: int = WEEKS
    confirms: bool = True


def prepare_all(personalisation: Mapping[str, Any], scan: files.Scan | None) -> dict[str, Sheet]:
    """The files among what fills a template. Slow: before the transaction begins."""
    found = {name: value for name, value in personalisation.items() if isinstance(value, dict) and "file" in value}
    return {name: _prepare(value, scan) for name, value in found.items()}


def prepare_letter(content: str, scan: files.Scan | None) -> Sheet:
    """A letter that came as a finished PDF."""
    sent = _decoded(content, "Cannot decode letter content (invalid base64 encoding)")
    if len(sent) > LARGEST_LETTER:
        raise protocol.bad_request("Letter content is larger than 5MB")
    try:
        prepared = files.prepare(LETTER, sent, megabytes=MEGABYTES, scan=scan)
    except files.FileRefused as refused:
        raise protocol.invalid(f"content is not a PDF that can be printed ({refused.code})") from None
    if prepared.kind is not files.Content.PDF:
        raise protocol.invalid("content is not a PDF that can be printed (file-kind-unknown)")
    return Sheet(LETTER, "application/pdf", prepared.content, str(prepared.check))


def _prepare(value: dict[str, Any], scan: files.Scan | None) -> Sheet:
    name, weeks, confirms = _checked(value)
    sent = _decoded(value["file"], "Document is not valid base64")
    if len(sent) > LARGEST:
        raise protocol.bad_request("File is larger than 2MB", status=413)
    ending = name.rpartition(".")[2].lower()
    try:
        if value.get("is_csv") or ending in TEXTS:
            mime, check = TEXTS.get(ending, "text/csv"), str(files.checked(sent, scan))
            return Sheet(name or "document.csv", mime, _plain(sent), check, weeks, confirms)
        prepared = files.prepare(name or "document", sent, megabytes=MEGABYTES, scan=scan)
    except files.FileRefused as refused:
        if refused.code == "file-infected":
            raise protocol.bad_request("File did not pass the virus scan") from None
        raise protocol.bad_request(f"Unsupported file type. Supported types are: {SUPPORTED}") from None
    mime = files.MIME[prepared.kind]
    return Sheet(prepared.name, mime, prepared.content, str(prepared.check), weeks, confirms)


def _checked(value: dict[str, Any]) -> tuple[str, int, bool]:
    """(file name, weeks kept, whether the address must be confirmed)."""
    name, period, confirms = (
        value.get(key) for key in ("filename", "retention_period", "confirm_email_before_download")
    )
    wrong = []
    if strange := sorted(
        value.keys() - {"file", "filename", "is_csv", "retention_period", "confirm_email_before_download"}
    ):
        verb = "was" if len(strange) == 1 else "were"
        wrong.append(f"Additional properties are not allowed ({', '.join(strange)} {verb} unexpected)")
    if not isinstance(value["file"], str):
        wrong.append("file is not of type string")
    if value.get("is_csv") not in (None, True, False):
        wrong.append("is_csv Unsupported value for is_csv. Use a boolean true or false value.")
    if confirms not in (None, True, False):
        wrong.append("confirm_email_before_download Unsupported value. Use a boolean true or false value.")
    if name is not None and not (isinstance(name, str) and "." in name and len(name) <= 100 and name.isprintable()):
        wrong.append("filename `filename` must end with a file extension. For example, filename.csv")
    if name is not None and value.get("is_csv") is not None:
        wrong.append("Do not set a value for `is_csv` if `filename` is set.")
    match = re.fullmatch(r"([0-9]{1,3}) weeks?", period.strip().lower()) if isinstance(period, str) else None
    if period is not None and not (match and 1 <= int(match[1]) <= 78):
        wrong.append(
            "retention_period Unsupported value for retention_period. Supported periods are from 1 to 78 weeks."
        )
    if wrong:
        raise protocol.invalid(*wrong)
    return (name or "").replace("/", "_"), int(match[1]) if match else WEEKS, confirms is not False


def _decoded(text: str, otherwise: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise protocol.bad_request(otherwise) from None


def _plain(sent: bytes) -> bytes:
    """Text that a program may call a table; a page of a browser it is not: it is only ever saved."""
    try:
        sent.decode()
    except UnicodeDecodeError:
        raise protocol.bad_request(f"Unsupported file type. Supported types are: {SUPPORTED}") from None
    return sent


def keep(session: Session, ring: KeyRing, number: int, sheet: Sheet, *, opened_with: str = "", at: UUID) -> None:
    """Seal a file for notification *number*; *at* is the id it is fetched by."""
    bound = _bound(at, number)
    key, wrapped = ring.new_key(bound)
    session.add(
        Paper(
            id=at,
            notification_number=number,
            name=sheet.name,
            mime=sheet.mime,
            opened_with=opened_with if sheet.confirms else "",
            key_id=wrapped.key_id,
            wrapped_key=wrapped.sealed,
            sealed=seal_part(key, 0, sheet.content, bound),
            checked=sheet.checked,
            until=clock.now() + timedelta(weeks=sheet.weeks),
        )
    )


def of_letter(session: Session, ring: KeyRing, number: int) -> bytes | None:
    """The PDF a letter came as."""
    paper = session.scalar(select(Paper).where(Paper.notification_number == number))
    return opened(ring, paper) if paper else None


def check_waiting(session: Session, _payload: dict[str, Any], *, ring: KeyRing, scan: files.Scan | None) -> None:
    """Have letters looked at that came while the scanner was silent (worker, every five minutes)."""
    if scan is None:
        return
    query = select(Paper).where(Paper.checked == str(files.WAITING)).order_by(Paper.id).limit(CHECKED_AT_ONCE)
    papers = session.scalars(query.with_for_update(skip_locked=True)).all()
    for paper in papers:
        verdict = scan(opened(ring, paper))
        if verdict is files.Verdict.UNKNOWN:
            return
        is_clean = verdict is files.Verdict.CLEAN
        status = protocol.Status.CREATED if is_clean else protocol.Status.VIRUS_SCAN_FAILED
        pending = (Notification.number == paper.notification_number, Notification.status == str(PENDING))
        values = {"status": str(status), "ended_at": None if is_clean else clock.now()}
        session.execute(update(Notification).where(*pending).values(**values))
        if is_clean:
            paper.checked = str(files.CLEAN)
        else:
            session.delete(paper)
    if len(papers) == CHECKED_AT_ONCE:
        outbox.post(session, CHECK_AGAIN, {})


def find(session: Session, paper_id: UUID) -> Paper | None:
    """A file that may still be fetched."""
    return session.scalar(select(Paper).where(Paper.id == paper_id, Paper.until > clock.now()))


def opened(ring: KeyRing, paper: Paper) -> bytes:
    bound = _bound(paper.id, paper.notification_number)
    return open_part(ring.unwrap(Wrapped(paper.key_id, paper.wrapped_key), bound), 0, paper.sealed, bound)


def _bound(paper_id: UUID, number: int) -> bytes:
    return b"notify-paper-v1\0" + paper_id.bytes + number.to_bytes(8, "big")


def new_place() -> UUID:
    return new_id()
