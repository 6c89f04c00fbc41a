"""Officers add documents to a tender of theirs and take out what is not public yet; everybody fetches what is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.envelope import KeyRing
from portal.core.ids import new_id
from portal.files import service as files
from portal.procurement import tenders
from portal.procurement.models import Tender
from portal.procurement.papers import rules, shelf
from portal.procurement.papers.models import TenderPaper
from portal.procurement.papers.shelf import Paper
from portal.procurement.rules import State
from portal.procurement.sealed import service as sealed

PLACE = "tender"


@dataclass(frozen=True, slots=True)
class Said:
    """What a document is; `instead` is the document (its first version) of which it is a new version."""

    title: str
    kind: str
    language: str
    instead: UUID | None = None


def add(
    session: Session, ring: KeyRing, actor: Actor, tender_id: UUID, version: int, said: Said, prepared: files.Prepared,
    *, base: str,
) -> UUID:  # fmt: skip
    """Keep a document; it becomes public with the tender, or with the next amendment of one that is. *base* is the address
    of this portal. Raises what `tenders.check_change` does, PapersFull."""
    tender, _agency = tenders.own(session, actor, tender_id)
    tenders.check_change(tender)
    # Whoever adds at the same moment moves the version on: what was read of it here holds, or the step refuses.
    there = shelf.all_of(session, tender.id)
    instead = [one for one in shelf.waiting(there) if one.row.paper == said.instead]
    there = [one for one in there if one not in instead]
    _check_room(there, prepared)
    tenders.step(session, tender, version, None)
    for one in instead:
        _drop(session, one)
    newest = max((one.row.version for one in there if one.row.paper == said.instead), default=0)
    kept = files.keep(session, ring, prepared, owner_id=None, case_id=tender.id, place=PLACE)
    paper_id = new_id()
    row = TenderPaper(
        id=paper_id, tender_id=tender.id, paper=said.instead if newest and said.instead else paper_id, version=newest + 1,
        file_id=kept.id, kind=said.kind, title=said.title, language=said.language,
        url=f"{base}/business/tenders/{tender.number}/papers/{paper_id}", added_by=actor.id, added_at=clock.now(),
        published_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return paper_id


def _check_room(there: Sequence[Paper], prepared: files.Prepared) -> None:
    size = sum(one.file.size for one in there) + len(prepared.content)
    if len(there) >= rules.MOST or size > rules.MEGABYTES_TOGETHER * 1_000_000:
        raise rules.PapersFull(most=rules.MOST, megabytes=rules.MEGABYTES_TOGETHER)


def drop(session: Session, actor: Actor, tender_id: UUID, version: int, paper_id: UUID) -> None:
    """Take out a version that is not public yet. Raises FileNotFound, PaperStays."""
    tender, _agency = tenders.own(session, actor, tender_id)
    found = _one(session, tender, paper_id)
    tenders.step(session, tender, version, None)
    session.refresh(found.row)
    if found.row.published_at is not None:
        raise rules.PaperStays
    _drop(session, found)


def _drop(session: Session, found: Paper) -> None:
    session.execute(delete(TenderPaper).where(TenderPaper.id == found.row.id, TenderPaper.published_at.is_(None)))
    files.drop(session, found.file.id, case_id=found.row.tender_id)


def amend(session: Session, ring: KeyRing, actor: Actor, tender_id: UUID, version: int, why: str) -> None:
    """Publish what waits of a public tender as an amendment. Raises NothingWaits, and what `tenders.change` does."""
    tender, _agency = tenders.own(session, actor, tender_id)
    if tender.state == State.DRAFT or not shelf.waiting(shelf.all_of(session, tender.id)):
        raise rules.NothingWaits
    facts: Mapping[str, Any] = tenders.facts_of(tender)
    sealed.change(session, ring, actor, tender_id, version, facts, why)


def public(session: Session, number: str, paper_id: UUID) -> Paper:
    """A document of a public tender, for everybody; nobody is asked who they are. Raises FileNotFound for any other, and for
    what is not public yet."""
    found = tenders.public(session, number)
    paper = _one(session, found[0], paper_id) if found else None
    if paper is None or paper.row.published_at is None:
        raise files.FileNotFound
    return paper


def opened(session: Session, ring: KeyRing, paper: Paper) -> files.Opened:
    """What a public document holds."""
    return files.open_of_city(session, ring, paper.file.id, case_id=paper.row.tender_id)


def open_own(session: Session, ring: KeyRing, actor: Actor, tender_id: UUID, paper_id: UUID) -> files.Opened:
    """A document of one's own body, public or not."""
    tender, _agency = tenders.own(session, actor, tender_id)
    found = _one(session, tender, paper_id)
    return files.open_of_city(session, ring, found.file.id, case_id=tender.id)


def _one(session: Session, tender: Tender, paper_id: UUID) -> Paper:
    found = next((one for one in shelf.all_of(session, tender.id) if one.row.id == paper_id), None)
    if found is None:
        raise files.FileNotFound
    return found
