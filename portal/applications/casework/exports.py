"""Cases for sections' own systems: each revision once, in order, until the receiver says that it has it.

A revision is made when a case is ready, completed, refused or withdrawn, and again only if what is told has changed. Its
position comes from a counter row per procedure, locked until the commit: a cursor never steps over a case that commits
later. Documents are named with their digests and fetched one by one. Format: README.md beside this file.
"""

import csv
import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from portal.applications import cases, rules
from portal.applications.casework import decisions
from portal.applications.casework.models import CaseExport, ExportCounter, ExportReceipt, ExportReceiver
from portal.applications.casework.rules import NotAReceiver
from portal.applications.models import Application
from portal.applications.procedures import catalogue
from portal.applications.procedures.fields.attachment import ATTACHED
from portal.applications.procedures.schema import Kind
from portal.applications.rules import ProcedureNotFound
from portal.companies import service as companies
from portal.core import audit, clock, outbox
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.envelope import KeyRing
from portal.core.text import safe_cell
from portal.files import service as files
from portal.files.service import Opened
from portal.residents import service as residents

FORMAT = "omatome.case/1"
PUSH = "applications.push-export"
MOST = 200
FIXED = ("position", "revision", "reference", "procedure", "version", "state", "submitted_at", "ended_at", "applicant")
DECIDED = ("outcome", "words", "decided_at")


@dataclass(frozen=True, slots=True)
class Feed:
    """Revisions after a cursor, and the cursor to go on with."""

    items: list[CaseExport]
    cursor: int


def make(session: Session, payload: dict[str, Any], *, push: bool) -> None:
    """Make the newest revision of a case, if somebody receives its procedure and it says something new (worker)."""
    case = cases.open_case(session, UUID(payload["application_id"]))
    if case.erased_at or not (push or _has_receiver(session, case.procedure)):
        return
    position = _take_position(session, case.procedure)
    content = _content(session, case)
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    last = session.scalars(
        select(CaseExport).where(CaseExport.application_id == case.id).order_by(CaseExport.revision.desc()).limit(1)
    ).first()
    if last is not None and last.digest == digest:
        _give_back(session, case.procedure)
        return
    made = CaseExport(
        application_id=case.id,
        revision=last.revision + 1 if last else 1,
        procedure=case.procedure,
        position=position,
        digest=digest,
        content=content,
        made_at=clock.now(),
    )
    session.add(made)
    session.flush()
    if push:
        outbox.post(session, PUSH, {"export": made.id}, key=f"{PUSH}:{case.id}:{made.revision}", lane=outbox.Lane.BULK)


def _has_receiver(session: Session, procedure: str) -> bool:
    return bool(session.scalar(select(exists().where(ExportReceiver.procedure == procedure))))


def _take_position(session: Session, procedure: str) -> int:
    """The next position; the counter's row stays locked until this transaction ends."""
    insert_once(session, ExportCounter.__table__, {"procedure": procedure, "last": 0})  # type: ignore[arg-type]
    counted = update(ExportCounter).where(ExportCounter.procedure == procedure).values(last=ExportCounter.last + 1)
    return session.execute(counted.returning(ExportCounter.last)).scalar_one()


def _give_back(session: Session, procedure: str) -> None:
    """Nothing new to tell: the position, locked since it was taken, stays free."""
    counted = update(ExportCounter).where(ExportCounter.procedure == procedure)
    session.execute(counted.values(last=ExportCounter.last - 1))


def _content(session: Session, case: Application) -> dict[str, Any]:
    """What is told of a case; people are named by addressee number (統合宛名番号), as between the city's systems."""
    decided = decisions.decision(session, case.id)
    audit.did(session, Action.CREATE, whose=case.whose, what="applications.export", case_ref=case.reference)
    return {
        "format": FORMAT,
        "reference": case.reference,
        "procedure": case.procedure,
        "version": case.version,
        "state": case.state,
        "submitted_at": case.submitted_at.isoformat() if case.submitted_at else None,
        "ended_at": case.ended_at.isoformat() if case.ended_at else None,
        "applicant": residents.number_of(session, case.resident_id) if case.resident_id else None,
        **_company(session, case),
        "decision": None
        if decided is None
        else {
            "outcome": decided.outcome,
            "words": decided.words,
            "decided_at": (decided.confirmed_at or decided.proposed_at).isoformat(),
        },
        "answers": case.answers,
        "attachments": [_attachment(one) for one in case.known.get(ATTACHED, ())],
    }


def _company(session: Session, case: Application) -> dict[str, str]:
    """法人番号 or a number of ours of the company that applied; nothing where none did."""
    if case.company_id is None:
        return {}
    _name, key = companies.names_of(session, [case.company_id])[case.company_id]
    return {"company": key}


def _attachment(fact: Mapping[str, Any]) -> dict[str, Any]:
    """One document as it was handed in; its content is fetched at `href` (`told`)."""
    return {
        "id": fact["id"],
        "field": fact["place"],
        "name": fact["name"],
        "media_type": files.MIME[files.Content(fact["kind"])],
        "size": fact["size"],
        "sha256": fact["sha256"],
    }


def told(made: CaseExport) -> dict[str, Any]:
    """The content of a revision, with the address of each document."""
    folder = f"/api/v1/cases/{made.procedure}/{made.position}/attachments"
    there = [one | {"href": f"{folder}/{one['id']}"} for one in made.content.get("attachments", ())]
    return made.content | {"attachments": there}


def feed(session: Session, machine: Actor, procedure: str, *, after: int, limit: int = MOST) -> Feed:
    """What *machine* has not acknowledged yet, after position *after*; what it opens is on record."""
    _check_receiver(session, machine, procedure)
    acknowledged = exists().where(ExportReceipt.export_id == CaseExport.id, ExportReceipt.client_id == machine.id)
    query = select(CaseExport).where(CaseExport.procedure == procedure, CaseExport.position > after, ~acknowledged)
    items = list(session.scalars(query.order_by(CaseExport.position).limit(min(max(limit, 1), MOST))))
    for item in items:
        owner = cases.open_case(session, item.application_id).whose
        audit.looked(session, whose=owner, what="applications.export", case_ref=item.content["reference"])
    return Feed(items, items[-1].position if items else after)


def open_attachment(
    session: Session, ring: KeyRing, machine: Actor, procedure: str, position: int, file_id: UUID
) -> Opened:
    """The content of a document that a revision names, for who receives the procedure; the look is on record. Raises
    file-not-found when it is not named there or is deleted by now, and what files.open_for_staff raises."""
    _check_receiver(session, machine, procedure)
    at = (CaseExport.procedure == procedure, CaseExport.position == position)
    made = session.scalars(select(CaseExport).where(*at)).one_or_none()
    if made is None or str(file_id) not in {one["id"] for one in made.content.get("attachments", ())}:
        raise files.FileNotFound
    reference = made.content["reference"]
    return files.open_for_staff(session, ring, file_id, case_id=made.application_id, case_ref=reference)


def _check_receiver(session: Session, machine: Actor, procedure: str) -> None:
    if machine.id is None or session.get(ExportReceiver, (machine.id, procedure)) is None:
        raise NotAReceiver


def acknowledge(session: Session, machine: Actor, procedure: str, positions: Sequence[int]) -> int:
    """*machine* has these; saying so again changes nothing. Returns how many of them exist."""
    _check_receiver(session, machine, procedure)
    query = select(CaseExport.id).where(CaseExport.procedure == procedure, CaseExport.position.in_(positions))
    ids = list(session.scalars(query))
    rows = [{"client_id": machine.id, "export_id": export_id, "at": clock.now()} for export_id in ids]
    if rows:
        insert_once(session, ExportReceipt.__table__, rows)  # type: ignore[arg-type]
    return len(ids)


def allow(session: Session, client_id: UUID, procedure: str) -> int:
    """Let a machine receive a procedure; cases told to nobody so far follow. Returns how many."""
    if catalogue.find(procedure) is None:
        raise ProcedureNotFound
    row = {"client_id": client_id, "procedure": procedure}
    insert_once(session, ExportReceiver.__table__, row)  # type: ignore[arg-type]
    told = exists().where(CaseExport.application_id == Application.id)
    query = select(Application.id).where(
        Application.procedure == procedure,
        Application.state.in_(rules.EXPORTED),
        Application.erased_at.is_(None),
        ~told,
    )
    ids = list(session.scalars(query.order_by(Application.submitted_at)))
    for application_id in ids:
        outbox.post(session, cases.EXPORT, {"application_id": str(application_id)}, lane=outbox.Lane.BULK)
    return len(ids)


def stop(session: Session, client_id: UUID, procedure: str) -> None:
    """A machine receives a procedure no longer."""
    wanted = (ExportReceiver.client_id == client_id, ExportReceiver.procedure == procedure)
    session.execute(delete(ExportReceiver).where(*wanted))


def push_file(session: Session, payload: dict[str, Any], *, directory: Path | None) -> None:
    """Lay a revision into the folder sections fetch from, as JSON and CSV (worker, tried again until it works).

    A file appears whole or not at all, under a name of its own: laid twice it is the same file.
    """
    made = session.get(CaseExport, payload["export"])
    if made is None or directory is None:
        return
    folder = directory / made.procedure
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{made.position:08d}-{made.content['reference']}-r{made.revision}"
    for suffix, content in ((".json", as_json(made)), (".csv", as_csv(made.procedure, [made]))):
        scratch = folder / f".{name}{suffix}.new"
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        scratch.replace(folder / f"{name}{suffix}")


def as_json(made: CaseExport) -> bytes:
    content = {"position": made.position, "revision": made.revision} | told(made)
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def as_csv(procedure: str, items: Sequence[CaseExport]) -> bytes:
    """UTF-8 with BOM: one line a revision, one column an answer, parts as `field.part`, documents by address."""
    answers = [_flat(item.content["answers"]) for item in items]
    names = list(dict.fromkeys([*_columns(procedure), *(name for one in answers for name in one)]))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*FIXED, *DECIDED, "attachments", *names])
    for item, flat in zip(items, answers, strict=True):
        facts = {"position": item.position, "revision": item.revision} | item.content
        decided = item.content["decision"] or {}
        cells = [*(facts[name] for name in FIXED), *(decided.get(name) for name in DECIDED)]
        cells.append(" ".join(one["href"] for one in told(item)["attachments"]))
        writer.writerow([safe_cell(value) for value in [*cells, *(flat.get(name) for name in names)]])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _columns(procedure: str) -> list[str]:
    found = catalogue.find(procedure)
    return [one.name for one in found.fields() if one.type not in (Kind.ADDRESS, Kind.BANK)] if found else []


def _flat(answers: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, answer in answers.items():
        if isinstance(answer, dict):
            found |= {f"{name}.{part}": value for part, value in answer.items()}
        else:
            found[name] = " ".join(map(str, answer)) if isinstance(answer, list) else answer
    return found
