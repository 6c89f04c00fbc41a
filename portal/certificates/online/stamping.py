"""The time stamp of an authority on a delivered file: asked for by the worker, after its owner has the file. Without an
authority, and as long as it is silent, the file stays as it was delivered, and is as good."""

import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.certificates.models import CertificateOrder
from portal.certificates.online.models import TimeStamp
from portal.config import Settings
from portal.core import outbox
from portal.core.outbox import Errand
from portal.files import service as files

if TYPE_CHECKING:
    from portal.certificates.sealing.time_stamp import Authority, Stamp

STAMP = "certificates.time-stamp"


@dataclass(frozen=True, slots=True)
class Asked:
    """A file on its way to the authority, and what came back; `stamp` is None where nothing was to be done."""

    order_id: UUID
    resident_id: UUID
    kept: UUID
    name: str
    pages: int
    content: bytes = field(repr=False)
    stamp: "Stamp | None" = None


def promise(session: Session, order_id: UUID) -> None:
    """The worker asks the authority, until it answers; a file is stamped once."""
    outbox.post(session, STAMP, {"order": str(order_id)}, key=f"{STAMP}:{order_id}")


def of_order(session: Session, order_id: UUID) -> TimeStamp | None:
    return session.get(TimeStamp, order_id)


def order_of(session: Session, sha256: str) -> UUID | None:
    """Whose stamped file has this SHA-256 (hex)."""
    return session.scalar(select(TimeStamp.order_id).where(TimeStamp.sha256 == sha256).limit(1))


def errand(settings: Settings) -> Errand:
    """Takes the file, carries its digest to the authority, keeps the stamped file in its place."""
    url, ring = settings.time_stamp_url.get_secret_value(), settings.file_ring

    def take(session: Session, payload: dict[str, Any]) -> Asked | None:
        order_id = UUID(payload["order"])
        kept = files.of_case(session, order_id)
        order = session.get(CertificateOrder, order_id)
        if not url or not kept or order is None or of_order(session, order_id):
            return None
        owner = order.resident_id
        content = files.open_for_owner(session, ring, kept[0].id, owner_id=owner, case_id=order_id).content
        return Asked(order_id, owner, kept[0].id, kept[0].name, kept[0].pages, content)

    def carry(asked: Asked | None) -> Asked | None:
        if asked is None:
            return None
        from portal.certificates.sealing import time_stamp  # here: a worker without an authority need not carry it

        content, stamp = time_stamp.stamped(asked.content, _authority(url))
        facts = (asked.order_id, asked.resident_id, asked.kept, asked.name, asked.pages)
        return Asked(*facts, content=content, stamp=stamp)

    def record(session: Session, asked: Asked | None) -> None:
        if asked is None or asked.stamp is None or not files.of_case(session, asked.order_id):
            return  # the file is over since
        digest = hashlib.sha256(asked.content)
        kept = files.Prepared(
            name=asked.name,
            kind=files.Content.PDF,
            content=asked.content,
            preview=b"",
            pages=asked.pages,
            sha256=digest.digest(),
            check=files.UNSCANNED,
        )
        files.drop(session, asked.kept, case_id=asked.order_id)
        files.keep(session, ring, kept, owner_id=asked.resident_id, case_id=asked.order_id, place=PLACE)
        row = TimeStamp(order_id=asked.order_id, resident_id=asked.resident_id, sha256=digest.hexdigest())
        row.at, row.authority = asked.stamp.at, asked.stamp.authority[:200]
        session.add(row)

    return Errand(take=take, carry=carry, record=record)


PLACE = "certificate"


@cache
def _authority(url: str) -> "Authority":
    from portal.certificates.sealing.time_stamp import Authority

    return Authority(url)
