"""A correction made with somebody at the window: asked by a clerk, typed, read through together, confirmed, sent.

What is typed lies beside the sent answers, as a correction half-made at home does, until the person confirmed it.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal.applications import cases, changes, service, ways
from portal.applications.applicants import OfResident
from portal.applications.assisted import places, records, rules
from portal.applications.assisted import service as assisted
from portal.applications.assisted.rules import Confirmation, CorrectionOver, CorrectionWithColleague, Settled
from portal.applications.casework import corrections as asking
from portal.applications.models import Application, AssistedCorrection, CorrectionRequest
from portal.applications.procedures import answers as reading
from portal.applications.procedures.answers import Reading, Typed
from portal.applications.procedures.schema import FormField
from portal.applications.rules import ApplicationNotFound, Kind, State
from portal.applications.signatures import service as signatures
from portal.applications.signatures.content import canonical
from portal.applications.signatures.rules import CARD
from portal.applications.signatures.service import Proof
from portal.applications.ways import Way
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.residents import service as residents

WHAT = "assisted_corrections"


@dataclass(frozen=True)
class Corrected:
    """A correction as it would be sent now: what was asked, how it reads, and all answers after it."""

    case: Application
    requests: tuple[CorrectionRequest, ...]
    fields: tuple[FormField, ...]
    read: Reading
    typed: Typed

    @cached_property
    def answers(self) -> dict[str, Any]:
        return changes.answers_after(self.case, self.fields, self.read)

    @cached_property
    def content(self) -> bytes:
        """What a card would sign: all of the application as it will be."""
        return canonical(self.case, self.answers)

    def reply(self, field: str) -> str:
        """What the person wants to say to us about it."""
        return asking.reply_of(field, self.typed)

    @property
    def digest(self) -> str:
        """Of what the page showed: the answers, what was asked, and what is said about it."""
        said = [[request.id, self.reply(request.field)] for request in self.requests]
        return hashlib.sha256(self.content + json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def begin(
    session: Session, actor: Actor, resident_id: UUID, application_id: UUID, *, instead_of: UUID | None = None
) -> None:
    """Sit down with the person over what a clerk asked them to correct.

    Raises what assisted.check_person raises, IdentityNeeded, Settled where nothing is asked, and CorrectionWithColleague
    unless *instead_of* names that colleague.
    """
    assisted.check_person(session, actor, resident_id)
    case = cases.open_case(session, application_id)
    if case.resident_id != resident_id:
        raise ApplicationNotFound
    there = now_with(session, case)
    if there is not None and there.member_id == actor.id:
        return
    if not places.take(session, actor, resident_id, (AssistedCorrection, application_id), instead_of):
        found = places.of(session, AssistedCorrection, application_id)
        raise CorrectionWithColleague(**places.since(found)) if found else Settled
    case = cases.locked(session, application_id, owner=OfResident(resident_id))
    if case.state != State.CORRECTION_ASKED:
        raise Settled
    cases.tell(session, case, Kind.CORRECTION_BEGUN, actor)
    audit.did(session, Action.CHANGE, whose=resident_id, what=WHAT, case_ref=case.reference)


def now_with(session: Session, case: Application) -> AssistedCorrection | None:
    """Who makes this correction with the person at this moment, for the pages of the person."""
    if case.state != State.CORRECTION_ASKED or case.resident_id is None:
        return None
    found = places.of(session, AssistedCorrection, case.id)
    return found if isinstance(found, AssistedCorrection) and places.is_taken(found) else None


def look_in(session: Session, actor: Actor, application_id: UUID) -> Way:
    """The way to a correction *actor* makes, or sent a moment ago; the person sees that it was opened.

    Raises CorrectionOver, and Settled where the person corrected it without us or the case ended.
    """
    found = records.newest_correction(session, application_id)
    if found is None or found.member_id != actor.id:
        raise CorrectionOver
    if found.sent_at is None and not places.is_taken(found):
        raise CorrectionOver
    if found.sent_at and found.sent_at <= clock.now() - rules.SITTING:
        raise CorrectionOver
    return _way(session, actor, application_id, asked_only=found.sent_at is None)


def go_on(session: Session, actor: Actor, application_id: UUID) -> Way:
    """The same before anything is written: the place is kept by one conditional UPDATE."""
    if not places.keep(session, actor, AssistedCorrection, application_id):
        raise CorrectionOver
    return _way(session, actor, application_id, asked_only=True)


def _way(session: Session, actor: Actor, application_id: UUID, *, asked_only: bool) -> Way:
    case = cases.open_case(session, application_id)
    if case.resident_id is None or (asked_only and case.state != State.CORRECTION_ASKED):
        raise Settled
    audit.looked(session, whose=case.whose, what="applications.answers", case_ref=case.reference)
    person = residents.look_up(session, case.resident_id, case_ref=case.reference)
    return ways.correcting(actor, application_id, case.resident_id, person.known_as)


def write(session: Session, way: Way, typed: Typed) -> Reading:
    """Keep what was typed with the person, sound or not, and say what was not understood; nothing is sent."""
    return changes.keep_typed(session, way.actor, way.id, typed)


def corrected(session: Session, case: Application) -> Corrected:
    """The correction as it was typed last."""
    typed = dict(case.typed)
    fields = changes.correction_fields(session, case, typed)
    read = reading.read_fields(fields, typed, case.known)
    return Corrected(case, tuple(cases.open_requests(session, case.id)), fields, read, typed)


def ways_to_confirm(session: Session, made: Corrected) -> tuple[Confirmation, ...]:
    """By their own hand where the law wants the applicant's signature, unless one in force says all of this already."""
    wanted = cases.procedure_of(made.case).signature == CARD
    return rules.ways_to_confirm(wanted and not signatures.covers(session, made.case, made.content))


def send(session: Session, actor: Actor, application_id: UUID, confirmed: str, digest: str) -> None:
    """Send what the person confirmed; pressed twice it is sent once.

    Raises NotConfirmed, Settled, and ChangedSince if it is another correction than the one shown with *digest*.
    """
    _send(session, actor, application_id, Confirmation(confirmed) if confirmed in set(Confirmation) else None, digest)


def sign_and_send(
    session: Session, actor: Actor, application_id: UUID, digest: str, proof: Proof, ca_file: Path
) -> None:
    """The same, confirmed by a signature of the person's card over all of the application as corrected.

    A refusal leaves nothing of it behind: the caller holds a savepoint around it.
    """
    sent = _send(session, actor, application_id, Confirmation.SIGNED_CARD, digest)
    if sent:
        signatures.sign(session, sent.actor, application_id, proof, ca_file)


def _send(session: Session, actor: Actor, application_id: UUID, by: Confirmation | None, digest: str) -> Way | None:
    """The way it was sent on; None if it was sent already."""
    if _was_sent(session, actor, application_id):
        return None
    if not places.keep(session, actor, AssistedCorrection, application_id):
        if _was_sent(session, actor, application_id):  # by the first of two presses, a moment ago
            return None
        raise CorrectionOver
    way = _way(session, actor, application_id, asked_only=True)
    case = cases.locked(session, application_id, owner=cases.owner_of(session, way.actor))
    if case.state != State.CORRECTION_ASKED:
        raise Settled
    made = corrected(session, case)
    if by is None or by not in ways_to_confirm(session, made):
        raise rules.NotConfirmed
    if made.read.faults or digest != made.digest:
        raise rules.ChangedSince
    service.correct(session, way.actor, application_id, made.typed)
    places.sent(session, AssistedCorrection, application_id, by)
    return way


def _was_sent(session: Session, actor: Actor, application_id: UUID) -> bool:
    found = records.newest_correction(session, application_id)
    if found is None or found.sent_at is None:
        return False
    look_in(session, actor, application_id)
    return True


def stop(session: Session, actor: Actor, application_id: UUID) -> UUID:
    """Get up: what was typed stays for the person. Returns whose it is; twice is once."""
    found = records.newest_correction(session, application_id)
    if found is None or found.member_id != actor.id:
        raise CorrectionOver
    case = cases.open_case(session, application_id)
    places.leave(session, actor, AssistedCorrection, application_id)
    audit.did(session, Action.CHANGE, whose=case.whose, what=WHAT, case_ref=case.reference)
    return cases.told_as(case)
