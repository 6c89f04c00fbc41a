"""The documents of a tender as they stand: what is public, what waits, and how open data names them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.clock import JST
from portal.files import service as files
from portal.procurement.papers import rules
from portal.procurement.papers.models import TenderPaper


@dataclass(frozen=True, slots=True)
class Paper:
    """One version with its file; `first_at` is when the first version of the document became public."""

    row: TenderPaper
    file: files.Kept
    first_at: datetime | None

    @property
    def format(self) -> str:
        """Its IANA media type."""
        return files.MIME[self.file.kind]

    @property
    def size(self) -> str:
        """How large, as people read it."""
        size = self.file.size
        return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{-(-size // 1000)} KB"


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as it stands now, with the versions that were public before, the newest of them first."""

    now: Paper
    before: Sequence[Paper]


def all_of(session: Session, tender_id: UUID) -> list[Paper]:
    """Every version of every document, in the order they were added."""
    rows = select(TenderPaper).where(TenderPaper.tender_id == tender_id).order_by(TenderPaper.added_at, TenderPaper.id)
    found = session.scalars(rows).all()
    if not found:
        return []
    kept = {one.id: one for one in files.of_case(session, tender_id)}
    first = {one.paper: one.published_at for one in found if one.version == 1}
    return [Paper(one, kept[one.file_id], first.get(one.paper)) for one in found if one.file_id in kept]


def public(papers: Iterable[Paper]) -> list[Listed]:
    """What everybody may see of them."""
    versions: dict[UUID, list[Paper]] = {}
    for one in papers:
        if one.row.published_at is not None:
            versions.setdefault(one.row.paper, []).append(one)
    sorted_ = (sorted(each, key=lambda one: one.row.version, reverse=True) for each in versions.values())
    return [Listed(each[0], each[1:]) for each in sorted_]


def waiting(papers: Iterable[Paper]) -> list[Paper]:
    """What becomes public with the next step."""
    return [one for one in papers if one.row.published_at is None]


def check_waiting(session: Session, tender_id: UUID) -> None:
    """May what waits become public? Raises PaperNotChecked; nothing is written."""
    for one in waiting(all_of(session, tender_id)):
        if one.file.checked is files.WAITING:
            raise rules.PaperNotChecked(title=one.row.title)


def publish(session: Session, tender_id: UUID) -> None:
    """What waits becomes public, in the transaction of the release that says so."""
    new = TenderPaper.tender_id == tender_id, TenderPaper.published_at.is_(None)
    session.execute(update(TenderPaper).where(*new).values(published_at=clock.now()))


def is_replaced(session: Session, tender_id: UUID) -> bool:
    """Whether what waits takes the place of a document companies rely on."""
    new = TenderPaper.published_at.is_(None), TenderPaper.version > 1
    return session.scalar(select(TenderPaper.id).where(TenderPaper.tender_id == tender_id, *new).limit(1)) is not None


def count_public(session: Session, tender_id: UUID) -> int:
    """How many documents are public, each once."""
    mine = TenderPaper.tender_id == tender_id, TenderPaper.published_at.is_not(None)
    return session.scalar(select(func.count(TenderPaper.paper.distinct())).where(*mine)) or 0


def documents(listed: Sequence[Listed]) -> list[dict[str, Any]]:
    """Files as OCDS's documents: the same id through all versions, the address of the newest."""
    return [_document(one.now) for one in listed]


def _document(one: Paper) -> dict[str, Any]:
    assert one.first_at is not None
    assert one.row.published_at is not None
    return {
        "id": str(one.row.paper),
        "documentType": one.row.kind,
        "title": one.row.title,
        "url": one.row.url,
        "datePublished": one.first_at.astimezone(JST).isoformat(timespec="seconds"),
        "dateModified": one.row.published_at.astimezone(JST).isoformat(timespec="seconds"),
        "format": one.format,
        "language": one.row.language,
    }


def addresses(session: Session, tender_ids: Sequence[UUID]) -> Mapping[UUID, list[tuple[str, str]]]:
    """(title, address) of the newest public version of each document, by tender."""
    newest = (
        select(TenderPaper.paper, func.max(TenderPaper.version).label("version"))
        .where(TenderPaper.tender_id.in_(tender_ids), TenderPaper.published_at.is_not(None))
        .group_by(TenderPaper.paper)
        .subquery()
    )
    same = (newest.c.paper == TenderPaper.paper) & (newest.c.version == TenderPaper.version)
    rows = session.scalars(select(TenderPaper).join(newest, same).order_by(TenderPaper.added_at, TenderPaper.id))
    found: dict[UUID, list[tuple[str, str]]] = {}
    for one in rows:
        found.setdefault(one.tender_id, []).append((one.title, one.url))
    return found
