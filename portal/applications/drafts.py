"""Drafts: begun with what the city knows, saved page by page, never losing what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.applications import cases, register
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import catalogue
from portal.applications.procedures.answers import Reading, Typed
from portal.applications.procedures.schema import FormField, Procedure, Section
from portal.applications.rules import DRAFT_LIVES, ApplicationNotFound, NotPossibleNow, ProcedureNotFound, State
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.reference import new_reference


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a form as its task list shows it. `state` is done, error (something missing or unclear) or next."""

    section: Section
    state: str


def start_draft(session: Session, resident_id: UUID, procedure_name: str) -> Application:
    """The person's draft of this procedure: the one begun before, on whatever device, or a new one."""
    procedure = catalogue.find(procedure_name)
    if procedure is None:
        raise ProcedureNotFound
    if kept := find_draft(session, resident_id, procedure_name):
        return kept
    known = register.facts_for(session, procedure, resident_id)
    insert_once(session, Application.__table__, _new_row(procedure, resident_id, known))  # type: ignore[arg-type]
    draft = find_draft(session, resident_id, procedure_name)
    if draft is None:
        raise ApplicationNotFound
    audit.did(session, Action.CREATE, whose=resident_id, what="applications", case_ref=draft.reference)
    return draft


def find_draft(session: Session, resident_id: UUID, procedure_name: str) -> Application | None:
    """A draft that still lives."""
    return session.scalars(
        select(Application).where(
            Application.resident_id == resident_id,
            Application.procedure == procedure_name,
            Application.state == str(State.DRAFT),
        )
    ).one_or_none()


def _new_row(procedure: Procedure, resident_id: UUID, known: Mapping[str, Any]) -> dict[str, Any]:
    now = clock.now()
    fields = [field for section in procedure.sections for field in section.fields]
    first = {field.name: register.known_answer(field, known) for field in fields if field.prefill}
    return {
        "id": new_id(),
        "reference": new_reference(),
        "resident_id": resident_id,
        "procedure": procedure.name,
        "version": procedure.version,
        "state": str(State.DRAFT),
        "answers": {name: answer for name, answer in first.items() if answer not in (None, [])},
        "typed": {},
        "known": dict(known),
        "seen": [],
        "started_at": now,
        "saved_at": now,
        "expires_at": now + DRAFT_LIVES,
        "claimed_label": "",
        "held_because": "",
    }


def save_page(session: Session, actor: Actor, application_id: UUID, section_name: str, typed: Typed) -> Reading:
    """The person is done with one page of a draft: keep it, sound or not, and say what was not understood."""
    read = autosave(session, actor, application_id, section_name, typed)
    draft = cases.open_case(session, application_id)
    if section_name not in draft.seen:
        draft.seen = [*draft.seen, section_name]
    return read


def autosave(session: Session, actor: Actor, application_id: UUID, section_name: str, typed: Typed) -> Reading:
    """Keep one page while it is still being typed."""
    draft = cases.locked(session, application_id, owner=cases.owner_of(actor))
    if draft.state != State.DRAFT:
        raise NotPossibleNow
    section = find_section(draft, section_name)
    read = reading.read_fields(section.fields, typed, draft.known)
    keep(draft, section.fields, read)
    draft.expires_at, draft.warned_at = clock.now() + DRAFT_LIVES, None
    session.flush()
    return read


def keep(case: Application, fields: tuple[FormField, ...], read: Reading) -> None:
    """Write a reading into the case: sound answers as answers, the rest as typed."""
    answers, typed = dict(case.answers), dict(case.typed)
    for field in fields:
        for name in reading.inputs_of(field):
            typed.pop(name, None)
        if field.name in read.answers and read.answers[field.name] is not None:
            answers[field.name] = read.answers[field.name]
        else:
            answers.pop(field.name, None)
    case.answers, case.typed = answers, typed | read.typed
    case.saved_at = clock.now()


def find_section(case: Application, section_name: str) -> Section:
    """The page of that name, if this person is asked it."""
    for section in cases.procedure_of(case).asked(case.answers):
        if section.name == section_name:
            return section
    raise ApplicationNotFound


def pages(case: Application) -> list[Page]:
    """The pages this person fills in, each with its state."""
    return [Page(section, _state(case, section)) for section in cases.procedure_of(case).asked(case.answers)]


def _state(case: Application, section: Section) -> str:
    unclear = any(reading.has_text(field, case.typed) for field in section.fields)
    missing = [field for field in section.fields if field.required and case.answers.get(field.name) in (None, [])]
    if unclear:
        return "error"
    return "next" if missing or section.name not in case.seen else "done"


def discard(session: Session, actor: Actor, application_id: UUID) -> None:
    """Throw a draft away at once and for good."""
    draft = cases.locked(session, application_id, owner=cases.owner_of(actor))
    if draft.state != State.DRAFT:
        raise NotPossibleNow
    session.delete(draft)


def forget_expired(session: Session, _payload: dict[str, Any]) -> None:
    """Remove drafts nobody touched for DRAFT_LIVES (worker, hourly); the pages, and a notice (retention.py), say so."""
    gone = session.execute(
        delete(Application)
        .where(Application.state == str(State.DRAFT), Application.expires_at < clock.now())
        .returning(Application.resident_id, Application.reference),
        execution_options={"synchronize_session": False},
    )
    for draft in gone:
        audit.did(session, Action.DELETE, whose=draft.resident_id, what="applications", case_ref=draft.reference)
