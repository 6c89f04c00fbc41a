"""Mail that came back: delivery status notifications (RFC 3464) and complaints (RFC 5965), read from a Maildir.

Which mail it was stands in the address it came back to (VERP) or in the Message-ID of what is returned: both hold the
parcel's random name, which only its receiver saw. A file is removed after what it told is committed; told twice is once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message as Mail
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.outbox import Errand
from portal.mailbox.channels import addresses, mail, suspending
from portal.mailbox.channels.models import Message
from portal.mailbox.channels.rules import Channel, Paused, Reason, State
from portal.mailbox.channels.ways import Ways

LOOK = "mailbox.channels.bounces"
AT_ONCE = 200
LARGEST = 1_000_000  # bytes
ADDRESSES = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
NAME = re.compile(r"[+<]([0-9a-f]{32})@")
NO_SYNC = {"synchronize_session": False}


class Kind(StrEnum):
    """What came back means. HARD: nobody will ever be reached there (status 5.x.x, but for a full box or a letter that
    is too large); SOFT: this mail was given up, another may arrive; COMPLAINT: its receiver calls it unwanted."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Bounce:
    """One mail that came back; `name` is its parcel."""

    name: UUID
    kind: Kind


def read(content: bytes) -> Bounce | None:
    """What a mail that came back says; None for anything else (an answer of somebody on holiday, say)."""
    told = message_from_bytes(content[:LARGEST])
    if told.get_content_type() != "multipart/report":
        return None
    kind = _kind(told)
    found = _name(told)
    return Bounce(found, kind) if kind and found else None


def _kind(told: Mail) -> Kind | None:
    """The worst that is said of any recipient; None where it is only late, or arrived."""
    kinds = set()
    for part in told.walk():
        if part.get_content_type() == "message/feedback-report":
            return Kind.COMPLAINT
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            blocks = blocks if isinstance(blocks, list) else []
            kinds |= {_of_recipient(block) for block in blocks if isinstance(block, Mail)}
    return next((kind for kind in (Kind.HARD, Kind.SOFT) if kind in kinds), None)


def _of_recipient(block: Mail) -> Kind | None:
    if str(block.get("Action", "")).strip().lower() != "failed":
        return None
    status = str(block.get("Status", "")).strip()
    return Kind.HARD if mail.is_of_the_address(status) else Kind.SOFT


def _name(told: Mail) -> UUID | None:
    heads = [str(told.get(name, "")) for name in ADDRESSES]
    for part in told.walk():
        heads.append(str(part.get("Message-ID", "")) if part is not told else "")
        if part.get_content_type() == "text/rfc822-headers":
            heads.append(str(part.get_payload()))
    found = next((match for head in heads if (match := NAME.search(head.lower()))), None)
    return UUID(found[1]) if found else None


def errand(ways: Ways, also: Any) -> Errand:
    """The worker's look into the Maildir. *also* is told of what is no message of this room's channels."""
    return Errand(
        take=lambda session, _payload: None,
        carry=lambda _taken: fetch(ways.bounce_dir),
        record=lambda session, fetched: record(session, fetched, also),
    )


def fetch(folder: Path | None) -> list[tuple[Path, Bounce | None]]:
    """What lies there, some at a time, the oldest name first."""
    new = folder / "new" if folder else None
    if new is None or not new.is_dir():
        return []
    files = sorted(one for one in new.iterdir() if one.is_file() and not one.is_symlink())[:AT_ONCE]
    return [(file, read(file.read_bytes())) for file in files]


def record(session: Session, fetched: Iterable[tuple[Path, Bounce | None]], also: Any) -> None:
    """Put on record what came back; the files go once that is committed."""
    fetched = list(fetched)
    for _file, bounce in fetched:
        if bounce and not _apply(session, bounce):
            also(session, bounce)

    def remove(_session: Session) -> None:
        for file, _bounce in fetched:
            file.unlink(missing_ok=True)

    event.listen(session, "after_commit", remove, once=True)


def _apply(session: Session, bounce: Bounce) -> bool:
    """True if it was one of ours. What is found is what was sent with this name and not yet known to have come back."""
    query = select(Message).where(Message.parcel == bounce.name, Message.channel == str(Channel.MAIL))
    found = list(session.scalars(query))
    if not found:
        return False
    resident_id = found[0].resident_id
    if bounce.kind is not Kind.COMPLAINT:
        reason = Reason.GONE if bounce.kind is Kind.HARD else Reason.GAVE_UP
        values = {"state": str(State.FAILED), "reason": str(reason), "settled_at": clock.now()}
        sent = update(Message).where(Message.parcel == bounce.name, Message.state == str(State.SENT))
        session.execute(sent.values(**values), execution_options=NO_SYNC)
    if bounce.kind is not Kind.SOFT:
        why = Paused.COMPLAINED if bounce.kind is Kind.COMPLAINT else Paused.BOUNCED
        to = suspending.where(session, resident_id, Channel.MAIL)
        if to and _sent_since_confirmed(session, found[0]):
            suspending.suspend(session, resident_id, Channel.MAIL, to=to, key=str(bounce.name), why=why)
    return True


def _sent_since_confirmed(session: Session, message: Message) -> bool:
    """Whether it went to the address of now: a mail to an older one says nothing of it."""
    kept = addresses.of(session, message.resident_id)
    return kept is not None and kept.confirmed_at is not None and kept.confirmed_at <= message.queued_at
