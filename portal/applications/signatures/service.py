"""Signatures by card: taking one, saying whether it still fits, and proving it again years later."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.accounts.service import SignatureEvidence
from portal.applications import cases
from portal.applications import rules as case_rules
from portal.applications.models import Application
from portal.applications.rules import ApplicationNotFound, Kind, State
from portal.applications.signatures import rules
from portal.applications.signatures.content import canonical
from portal.applications.signatures.models import Signature
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.reference import read_reference
from portal.residents import service as residents


@dataclass(frozen=True, slots=True)
class Signed:
    """How it stands with a case's signature. `wanted`: the law wants one; `signed_at` when the card's was checked;
    `was_voided`: there was one, and the answers were changed since."""

    wanted: bool
    signed_at: datetime | None
    was_voided: bool

    @property
    def is_missing(self) -> bool:
        return self.wanted and self.signed_at is None


@dataclass(frozen=True, slots=True)
class CheckedAgain:
    """A kept signature, what it signed, and what is wrong with it (English, for operators); nothing if it holds."""

    evidence: SignatureEvidence
    content: bytes
    faults: list[str]


@dataclass(frozen=True, slots=True)
class Proof:
    """What came from the card: certificate and signature, and the SHA-256 (hex) of what the page showed."""

    certificate: bytes
    signature: bytes
    digest: str


def state_of(session: Session, case: Application) -> Signed:
    """How it stands with this case's signature."""
    wanted = cases.procedure_of(case).signature == rules.CARD
    found = session.execute(
        select(Signature.checked_at, Signature.voided_at).where(Signature.application_id == case.id)
    ).all()
    in_force = [row.checked_at for row in found if row.voided_at is None]
    return Signed(wanted, in_force[0] if in_force else None, bool(found) and not in_force)


def state_of_application(session: Session, application_id: UUID) -> Signed:
    """The same, for rooms above."""
    return state_of(session, cases.open_case(session, application_id))


def may_sign(session: Session, case: Application) -> bool:
    """A draft as it is sent, or an open case that is not signed yet."""
    if case.state != State.DRAFT and State(case.state) not in case_rules.OPEN:
        return False
    return state_of(session, case).is_missing


def sign(
    session: Session,
    actor: Actor,
    application_id: UUID,
    proof: Proof,
    ca_file: Path,
    answers: accounts.CardAnswers = accounts.CARD_ANSWERS,
) -> None:
    """Keep the signature of what the case says now, if the applicant's card made it, with the issuer's answer about it.

    Raises NoSignatureWanted, SignedSomethingElse, SignerIsSomebodyElse, and what accounts.check_document_signature
    raises. Two at once: the second finds it signed.
    """
    case = session.get(Application, application_id, with_for_update=True, populate_existing=True)
    if case is None:
        raise ApplicationNotFound
    if case.resident_id is None or not may_sign(session, case):
        raise rules.NoSignatureWanted
    content = canonical(case)
    if proof.digest != hashlib.sha256(content).hexdigest():
        raise rules.SignedSomethingElse
    given = proof.certificate, proof.signature
    signer, evidence = accounts.check_document_signature(*given, content, ca_file, answers)
    person = residents.look_up(session, case.resident_id)
    if not signer.is_called(person.name) or signer.birth_date != person.birth_date:
        raise rules.SignerIsSomebodyElse
    session.add(
        Signature(
            application_id=case.id,
            resident_id=case.resident_id,
            checked_at=evidence.checked_at,
            content=content,
            signature=evidence.signature,
            certificate=evidence.certificate,
            issuer=evidence.issuer,
            status_answer=evidence.status_answer,
        )
    )
    session.flush()
    cases.tell(session, case, Kind.SIGNED, actor)


def covers(session: Session, case: Application, content: bytes) -> bool:
    """Whether a signature in force is of exactly these bytes."""
    found = _in_force(session, case.id)
    return found is not None and found.content == content


def void_if_changed(session: Session, case: Application) -> bool:
    """After a correction: a signature of other answers than these is void, and is asked for again."""
    found = _in_force(session, case.id)
    if found is None or found.content == canonical(case):
        return False
    session.execute(
        update(Signature).where(Signature.id == found.id, Signature.voided_at.is_(None)).values(voided_at=clock.now())
    )
    kind = Kind.SIGNATURE_VOID
    cases.write_timeline(session, case.id, str(kind), text=case_rules.KIND_WORDS[kind], facts={})
    audit.did(session, Action.CHANGE, whose=case.whose, what="application_signatures", case_ref=case.reference)
    return True


def forget(session: Session, application_id: UUID) -> None:
    """The contents of the case are gone, and what was signed with them."""
    session.execute(delete(Signature).where(Signature.application_id == application_id))


def verify_again(session: Session, typed_reference: str, ca_file: Path) -> CheckedAgain:
    """What was kept of that case's signature, and what is wrong with it now; NoSignatureWanted if it has none."""
    query = select(Application).where(Application.reference == read_reference(typed_reference))
    case = session.scalars(query).one_or_none()
    found = _in_force(session, case.id) if case else None
    if case is None or found is None:
        raise rules.NoSignatureWanted
    audit.looked(session, whose=case.whose, what="application_signatures", case_ref=case.reference)
    evidence = SignatureEvidence(
        certificate=bytes(found.certificate),
        issuer=bytes(found.issuer),
        signature=bytes(found.signature),
        status_answer=bytes(found.status_answer),
        checked_at=found.checked_at,
    )
    faults = accounts.signature_faults(evidence, bytes(found.content), ca_file)
    if bytes(found.content) != canonical(case):
        faults.append("the case says something else today than what was signed")
    return CheckedAgain(evidence, bytes(found.content), faults)


def _in_force(session: Session, application_id: UUID) -> Signature | None:
    query = select(Signature).where(Signature.application_id == application_id, Signature.voided_at.is_(None))
    return session.scalars(query).one_or_none()
