"""Numbers for papers of other rooms, and the answer to whoever checks one."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.certificates import contents, numbers
from portal.certificates.attesting.models import AttestedPaper
from portal.certificates.desk import Desk
from portal.core import audit, clock
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.ids import new_id


@dataclass(frozen=True, slots=True)
class Found:
    """A paper somebody holds; `matches` is None when no date of birth was compared."""

    paper: AttestedPaper
    issuer: str
    matches: bool | None


def register(session: Session, desk: Desk, *, key: str, resident_id: UUID, title: str, born_on: date) -> AttestedPaper:
    """The paper of these contents; the same *key* is the same paper with the same numbers."""
    query = select(AttestedPaper).where(AttestedPaper.key == key)
    if (there := session.scalars(query).one_or_none()) is not None:
        return there
    paper_id = new_id()
    row = {
        "id": paper_id, "key": key, "resident_id": resident_id, "title": title,
        "issue_number": numbers.next_issue_number(session, "", clock.today().year),
        "verification_code": numbers.new_verification_code(), "issued_at": clock.now(), "checks": 0,
        "birth_mark": contents.birth_mark(desk.key, paper_id, born_on),
    }  # fmt: skip
    if insert_once(session, AttestedPaper.__table__, row):  # type: ignore[arg-type]
        audit.did(session, Action.CREATE, whose=resident_id, what="attested_papers", case_ref=str(row["issue_number"]))
    return session.scalars(query).one()


def issuer() -> Mapping[str, Any]:
    """Who attests: the mayor, with the seal's signs."""
    one = contents.issuer("")
    return {"issuer_title": one.title, "issuer_name": one.name, "seal": one.seal}


def note_document(session: Session, paper: AttestedPaper, *, sha256: str, pages: int) -> None:
    """What was drawn: the file itself can be checked too, bit for bit."""
    paper.document_sha256, paper.pages = sha256, pages
    session.flush()


def check(session: Session, desk: Desk, *, number: str, code: str, born_on: date | None) -> Found | None:
    """The paper with this number and code; a wrong code and a number that was never given out are the same."""
    paper = session.scalar(select(AttestedPaper).where(AttestedPaper.issue_number == number))
    if paper is None or not hmac.compare_digest(paper.verification_code.encode(), code.encode()):
        return None
    return _found(
        session, paper, contents.birth_mark(desk.key, paper.id, born_on) == paper.birth_mark if born_on else None
    )


def check_document(session: Session, sha256: str) -> Found | None:
    """The paper whose file this is."""
    paper = session.scalar(select(AttestedPaper).where(AttestedPaper.document_sha256 == sha256).limit(1))
    return _found(session, paper, None) if paper else None


def _found(session: Session, paper: AttestedPaper, matches: bool | None) -> Found:
    counted = update(AttestedPaper).where(AttestedPaper.id == paper.id).execution_options(synchronize_session=False)
    session.execute(counted.values(checks=AttestedPaper.checks + 1, checked_at=clock.now()))
    audit.did(session, Action.LOOK, whose=paper.resident_id, what="certificates.check", case_ref=paper.issue_number)
    return Found(paper, contents.issuer("").title, matches)
