"""Adding, removing and opening the documents of a case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications import cases, drafts, rules
from portal.applications.firms import news
from portal.applications.models import Application
from portal.applications.procedures.fields.attachment import ATTACHED
from portal.applications.procedures.schema import FormField, Kind, Section, Wanted
from portal.applications.rules import ApplicationNotFound, NotPossibleNow, State
from portal.applications.signatures import service as signatures
from portal.config import Settings
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.envelope import KeyRing
from portal.files import service as files
from portal.files.events import MalwareFound
from portal.files.service import Content, FileRefused, Kept, Opened, Prepared

WANTED = {Content.JPEG: Wanted.IMAGE, Content.PDF: Wanted.PDF}
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Upload:
    """One file somebody sent for a question: fit to be kept, or why not. `name` is what they called it."""

    field: str
    name: str
    prepared: Prepared | FileRefused


@dataclass(frozen=True, slots=True)
class Asked:
    """One question for documents and what was handed in for it."""

    section: Section
    field: FormField
    files: tuple[Kept, ...]

    @property
    def is_missing(self) -> bool:
        return not self.files


def of_application(session: Session, application_id: UUID) -> list[Asked]:
    """Every question for documents this person is asked, with what was handed in; for pages that show a case."""
    case = cases.open_case(session, application_id)
    return [] if case.erased_at else asked_of(session, case)


def asked_of(session: Session, case: Application) -> list[Asked]:
    """The same for a case that is open already."""
    sections = [one for one in cases.procedure_of(case).asked(case.answers) if one.takes_files]
    found = files.of_case(session, case.id) if sections else []
    return [
        Asked(section, field, tuple(one for one in found if one.place == field.name))
        for section in sections
        for field in section.fields
    ]


def changeable(session: Session, case: Application, section_name: str) -> Section:
    """The page of that name with the questions whose documents its owner may change now.

    In a draft all of them; after a request for correction those asked for, and those not answered yet.
    """
    section = drafts.find_section(case, section_name)
    if not section.takes_files:
        raise ApplicationNotFound
    if case.state == State.DRAFT:
        return section
    if case.state != State.CORRECTION_ASKED:
        raise NotPossibleNow
    wanted = {request.field for request in cases.open_requests(session, case.id)}
    fields = tuple(one for one in section.fields if one.name in wanted or not case.answers.get(one.name))
    if not fields:
        raise NotPossibleNow
    return section.model_copy(update={"fields": fields})


def add(
    session: Session,
    actor: Actor,
    application_id: UUID,
    section_name: str,
    uploads: Iterable[Upload],
    settings: Settings,
) -> list[tuple[Upload, FileRefused]]:
    """Keep what can be kept, and say of the rest why not. The same photo sent twice is one photo."""
    case = cases.locked(session, application_id, owner=cases.owner_of(session, actor))
    fields = {field.name: field for field in changeable(session, case, section_name).fields}
    refused: list[tuple[Upload, FileRefused]] = []
    for upload in uploads:
        if isinstance(upload.prepared, FileRefused):
            refused.append((upload, upload.prepared))
            continue
        if upload.field not in fields:
            raise ApplicationNotFound
        try:
            _add(session, case, fields[upload.field], upload.prepared, settings)
        except FileRefused as refusal:
            refused.append((upload, refusal))
    _write_down(session, case)
    return refused


def _add(session: Session, case: Application, field: FormField, prepared: Prepared, settings: Settings) -> None:
    if WANTED[prepared.kind] not in field.kinds:
        raise files.FileKindNotWanted
    there = files.of_case(session, case.id)
    here = [one for one in there if one.place == field.name]
    if any(one.sha256 == prepared.sha256 for one in here):
        return
    if len(here) >= field.pieces:
        raise files.TooManyFiles(most=field.pieces)
    if sum(one.size for one in there) + len(prepared.content) > settings.case_megabytes * MEGABYTE:
        raise files.CaseFull(megabytes=settings.case_megabytes)
    # What a company hands in lies with its case and is opened through it; only residents own files themselves.
    files.keep(session, settings.file_ring, prepared, owner_id=case.resident_id, case_id=case.id, place=field.name)
    audit.did(session, Action.CREATE, whose=case.whose, what="files", case_ref=case.reference)


def remove(session: Session, actor: Actor, application_id: UUID, section_name: str, file_id: UUID) -> None:
    """Take one document out again; it is deleted at once. One that is not there any more is no fault."""
    case = cases.locked(session, application_id, owner=cases.owner_of(session, actor))
    fields = {field.name for field in changeable(session, case, section_name).fields}
    if any(one.id == file_id and one.place in fields for one in files.of_case(session, case.id)):
        files.drop(session, file_id, case_id=case.id)
        audit.did(session, Action.DELETE, whose=case.whose, what="files", case_ref=case.reference)
        _write_down(session, case)


def drop_unasked(session: Session, case: Application) -> None:
    """Documents for questions that are not asked any more (a changed mind) are not sent along."""
    asked = {one.field.name for one in asked_of(session, case)}
    for file in files.of_case(session, case.id):
        if file.place not in asked:
            files.drop(session, file.id, case_id=case.id)
    _write_down(session, case)


def _write_down(session: Session, case: Application) -> None:
    """The case says what was handed in, by question and with digests."""
    there = files.of_case(session, case.id)
    if not there and ATTACHED not in case.known:
        return
    places = [field.name for field in cases.procedure_of(case).fields() if field.type is Kind.ATTACHMENT]
    ids = {place: [str(one.id) for one in there if one.place == place] for place in places}
    case.known = {**case.known, ATTACHED: [_fact(one) for one in there]}
    case.answers = {name: answer for name, answer in case.answers.items() if name not in ids}
    case.answers = case.answers | {place: found for place, found in ids.items() if found}
    case.saved_at = clock.now()
    if case.state == State.DRAFT:
        case.expires_at, case.warned_at = clock.now() + rules.DRAFT_LIVES, None
    session.flush()


def _fact(file: Kept) -> Mapping[str, Any]:
    return {
        "id": str(file.id),
        "place": file.place,
        "name": file.name,
        "kind": str(file.kind),
        "size": file.size,
        "sha256": file.sha256.hex(),
    }


def open_own(session: Session, ring: KeyRing, actor: Actor, application_id: UUID, file_id: UUID) -> Opened:
    """A document for the person who handed it in."""
    case = cases.open_case(session, application_id, owner=cases.owner_of(session, actor))
    if case.resident_id is None:
        return files.open_of_city(session, ring, file_id, case_id=case.id)
    return files.open_for_owner(session, ring, file_id, owner_id=case.resident_id, case_id=case.id)


def open_preview(session: Session, ring: KeyRing, actor: Actor, application_id: UUID, file_id: UUID) -> Opened:
    """The small picture of a photo, for the person who handed it in."""
    case = cases.open_case(session, application_id, owner=cases.owner_of(session, actor))
    return files.open_preview(session, ring, file_id, owner_id=case.resident_id, case_id=case.id)


def open_for_staff(session: Session, ring: KeyRing, application_id: UUID, file_id: UUID) -> Opened:
    """A document of a sent case for a member of staff whose task it is: the caller's page says whose that is. It is on
    record; FileNotChecked while a scanner has not looked."""
    case = cases.open_case(session, application_id)
    if case.state == State.DRAFT:
        raise ApplicationNotFound
    return files.open_for_staff(session, ring, file_id, case_id=case.id, case_ref=case.reference)


def on_malware_found(session: Session, event: MalwareFound) -> None:
    """A document that was kept unseen turned out to be malicious and is gone: the timeline says so."""
    case = session.get(Application, event.case_id, with_for_update=True)
    if case is None or case.erased_at:
        return
    _write_down(session, case)
    signatures.void_if_changed(session, case)
    kind = rules.Kind.FILE_REMOVED
    cases.write_timeline(session, case.id, str(kind), text=rules.KIND_WORDS[kind], facts={})
    news.tell(session, case, kind)
