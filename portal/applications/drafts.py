"""Drafts: begun with what the city knows, saved page by page, never losing what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.applications import applicants, cases, conflicts, register
from portal.applications.applicants import Applicant, OfResident
from portal.applications.conflicts import Marks
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import catalogue, rules
from portal.applications.procedures.answers import Reading, Typed
from portal.applications.procedures.fields import bank
from portal.applications.procedures.schema import FormField, Procedure, Section
from portal.applications.rules import (
    DRAFT_LIVES,
    ApplicationNotFound,
    Channel,
    NotPossibleNow,
    PageCrossed,
    ProcedureNotFound,
    State,
)
from portal.banks import service as banks
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.core.reference import new_reference
from portal.files import service as files


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a form as its task list shows it.

    `state` is done, error (something missing or unclear), next, or skipped: the answers so far say that nobody asks it.
    """

    section: Section
    state: str


def start_draft(session: Session, resident_id: UUID, procedure_name: str) -> Application:
    """The person's draft of this procedure: the one begun before, on whatever device, or a new one."""
    procedure = catalogue.find(procedure_name)
    if procedure is None or procedure.for_companies:
        raise ProcedureNotFound
    if kept := find_draft(session, resident_id, procedure_name):
        return kept
    known = register.facts_for(session, procedure, resident_id)
    return begin(session, procedure, OfResident(resident_id), new_row(procedure, OfResident(resident_id), known))


def begin(session: Session, procedure: Procedure, applicant: Applicant, row: dict[str, Any]) -> Application:
    """Keep a new draft; of two begun at the same moment there is one."""
    insert_once(session, Application.__table__, row)  # type: ignore[arg-type]
    draft = draft_of(session, applicant, procedure.name)
    if draft is None:
        raise ApplicationNotFound
    audit.did(session, Action.CREATE, whose=applicant.id, what="applications", case_ref=draft.reference)
    return draft


def find_draft(session: Session, resident_id: UUID, procedure_name: str) -> Application | None:
    """A draft of a resident that still lives."""
    return draft_of(session, OfResident(resident_id), procedure_name)


def draft_of(session: Session, applicant: Applicant, procedure_name: str) -> Application | None:
    """The same of any applicant."""
    return session.scalars(
        select(Application).where(
            applicant.theirs, Application.procedure == procedure_name, Application.state == str(State.DRAFT)
        )
    ).one_or_none()


def new_row(procedure: Procedure, applicant: Applicant | None, known: Mapping[str, Any]) -> dict[str, Any]:
    """A draft as the table takes it, with what the city knows already; without *applicant* it is a guest's."""
    now = clock.now()
    fields = [field for section in procedure.sections for field in section.fields]
    first = {field.name: register.known_answer(field, known) for field in fields if field.prefill}
    return {
        "id": new_id(),
        "reference": new_reference(),
        **(applicants.columns(applicant) if applicant else {"resident_id": None, "company_id": None}),
        "procedure": procedure.name,
        "version": procedure.version,
        "state": str(State.DRAFT),
        "answers": {name: answer for name, answer in first.items() if answer not in (None, [])},
        "typed": {},
        "known": dict(known),
        "seen": [],
        "writers": {},
        "started_at": now,
        "saved_at": now,
        "expires_at": now + DRAFT_LIVES,
        "channel": str(Channel.ONLINE),
        "claimed_label": "",
        "held_because": "",
    }


@dataclass(frozen=True, slots=True)
class Sent:
    """One page as it was sent. `shown` are the questions that were visible on it (None: all that are asked now), `marks`
    tell it from the same page on another device, `overwrite` says that the person has seen both and chose this one."""

    typed: Typed
    shown: frozenset[str] | None = None
    marks: Marks | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a page: its reading, the questions it was read with, and those that follow from its answers and were
    not shown yet."""

    read: Reading
    asked: tuple[FormField, ...] = ()
    opened: tuple[FormField, ...] = ()


def save_page(session: Session, actor: Actor, application_id: UUID, section_name: str, typed: Typed) -> Reading:
    """The person is done with one page of a draft: keep it, sound or not, and say what was not understood."""
    return save_sent(session, actor, application_id, section_name, Sent(typed)).read


def save_sent(session: Session, actor: Actor, application_id: UUID, section_name: str, sent: Sent) -> Saved:
    """The same for a page of a browser."""
    saved = autosave(session, actor, application_id, section_name, sent)
    draft = cases.open_case(session, application_id)
    if section_name not in draft.seen and not saved.opened:
        draft.seen = [*draft.seen, section_name]
    return saved


def autosave(session: Session, actor: Actor, application_id: UUID, section_name: str, sent: Sent) -> Saved:
    """Keep one page while it is still being typed; PageCrossed if another device wrote it meanwhile."""
    draft = cases.locked(session, application_id, owner=cases.owner_of(session, actor))
    if draft.state != State.DRAFT:
        raise NotPossibleNow
    section, told = open_section(draft, section_name)
    saved = read_page(section, told, sent, known_to(session, draft))
    crossed = not sent.overwrite and conflicts.is_crossed(draft, section_name, sent.marks)
    if crossed and not _says_the_same(draft, section, saved.read):
        raise PageCrossed
    keep(draft, section.fields, saved.read)
    conflicts.sign(draft, section_name, sent.marks)
    draft.expires_at, draft.warned_at = clock.now() + cases.draft_lives(draft), None
    session.flush()
    return saved


def known_to(session: Session, case: Application) -> dict[str, Any]:
    """What is known while an answer is read: facts of the applicant, and the national list of banks."""
    return {**case.known, bank.LIST: partial(banks.look, session)}


def read_page(section: Section, told: dict[str, Any], sent: Sent, known: Mapping[str, Any]) -> Saved:
    """Read the questions of a page one by one: answers decide which of the next are asked. Others are dropped."""
    read = Reading()
    asked, opened = [], []
    for field in section.fields:
        if not rules.holds(field.when, told):
            continue
        hidden = sent.shown is not None and section.live(field) and field.name not in sent.shown
        if hidden and not reading.has_text(field, sent.typed):
            opened.append(field)
            continue
        asked.append(field)
        reading.read_into(read, field, sent.typed, known)
        if (answer := read.answers.get(field.name)) is not None:
            told[field.name] = answer
    return Saved(read, tuple(asked), tuple(opened))


def _says_the_same(draft: Application, section: Section, read: Reading) -> bool:
    kept = {field.name: draft.answers[field.name] for field in section.fields if field.name in draft.answers}
    return not read.faults and kept == {name: answer for name, answer in read.answers.items() if answer is not None}


def keep(case: Application, fields: tuple[FormField, ...], read: Reading) -> None:
    """Write a reading into the case: sound answers as answers, the rest as typed."""
    answers, typed = dict(case.answers), dict(case.typed)
    for field in fields:
        typed = {name: texts for name, texts in typed.items() if not reading.owns(field, name)} if typed else typed
        if field.name in read.answers and read.answers[field.name] is not None:
            answers[field.name] = read.answers[field.name]
        else:
            answers.pop(field.name, None)
    case.answers, case.typed = answers, typed | read.typed
    case.saved_at = clock.now()


def find_section(case: Application, section_name: str) -> Section:
    """The page of that name with the questions this person is asked, if they are asked any."""
    for section in cases.procedure_of(case).asked(case.answers):
        if section.name == section_name:
            return section
    raise ApplicationNotFound


def open_section(case: Application, section_name: str) -> tuple[Section, dict[str, Any]]:
    """The page with all its questions, and the answers that count before it."""
    find_section(case, section_name)
    procedure = cases.procedure_of(case)
    section, told = procedure.section(section_name), procedure.told_before(section_name, case.answers)
    if section is None or told is None:
        raise ApplicationNotFound
    return section, told


def pages(case: Application) -> list[Page]:
    """The pages this person fills in, each with its state."""
    return [Page(section, _state(case, section)) for section in cases.procedure_of(case).asked(case.answers)]


def all_pages(case: Application) -> list[Page]:
    """The same, and those that are not needed, in order; a page nothing was decided about yet is not among them."""
    own = {page.section.name: page for page in pages(case)}
    return [
        own.get(section.name, Page(section, "skipped"))
        for section in cases.procedure_of(case).sections
        if section.name in own or _is_decided(case, section)
    ]


def _is_decided(case: Application, section: Section) -> bool:
    return all(case.answers.get(name) is not None for name in rules.names_in(section.when))


def _state(case: Application, section: Section) -> str:
    unclear = any(reading.has_text(field, case.typed) for field in section.fields)
    missing = [field for field in section.fields if field.required and case.answers.get(field.name) in (None, [])]
    if unclear:
        return "error"
    return "next" if missing or section.name not in case.seen else "done"


def discard(session: Session, actor: Actor, application_id: UUID) -> None:
    """Throw a draft away at once and for good."""
    draft = cases.locked(session, application_id, owner=cases.owner_of(session, actor))
    if draft.state != State.DRAFT:
        raise NotPossibleNow
    files.drop_cases(session, [draft.id])
    session.delete(draft)


def forget_expired(session: Session, _payload: dict[str, Any]) -> None:
    """Remove drafts nobody touched for DRAFT_LIVES (worker, hourly); the pages, and a notice (retention.py), say so."""
    gone = session.execute(
        delete(Application)
        .where(Application.state == str(State.DRAFT), Application.expires_at < clock.now())
        .returning(Application.id, Application.resident_id, Application.company_id, Application.reference),
        execution_options={"synchronize_session": False},
    ).all()
    files.drop_cases(session, [draft.id for draft in gone])
    for draft in gone:
        audit.did(
            session,
            Action.DELETE,
            whose=draft.resident_id or draft.company_id,
            what="applications",
            case_ref=draft.reference,
        )
