"""A company's drafts and cases: begun by anybody who may apply for it, gone on with by any other of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import applicants, cases, drafts, register
from portal.applications.applicants import OfCompany
from portal.applications.events import CompanyApplicationApproved, CompanyApplicationSent
from portal.applications.models import Application
from portal.applications.procedures import catalogue
from portal.applications.procedures.known import Known
from portal.applications.procedures.schema import Procedure
from portal.applications.rules import ProcedureNotFound
from portal.applications.summaries import ApplicationSummary, of_company
from portal.companies import service as companies
from portal.core.actor import Actor
from portal.core.events import emit

# Beside the facts: which entry of the company's basics each of them came from.
USED = "company.used"


@dataclass(frozen=True, slots=True)
class Told:
    """What a company told before: facts by source, which of them are too old to be taken without a look, and the entry of
    the basics each came from."""

    facts: Mapping[str, Any] = field(repr=False)
    stale: Collection[str] = ()
    used: Mapping[str, UUID] = field(default_factory=dict)


def wanted(procedure_name: str) -> tuple[frozenset[Known], str, str]:
    """What a procedure of companies is filled in with, the name of the licences it renews, and the section that decides.
    Raises ProcedureNotFound."""
    procedure = _find(procedure_name)
    sources = frozenset(one.prefill for one in procedure.fields() if one.prefill)
    return sources, procedure.renews.licence if procedure.renews else "", procedure.responsible


def _find(procedure_name: str) -> Procedure:
    procedure = catalogue.find(procedure_name)
    if procedure is None or not procedure.for_companies:
        raise ProcedureNotFound
    return procedure


def start(session: Session, actor: Actor, procedure_name: str, told: Told) -> Application:
    """The company's draft of this procedure: the one begun before, by whomever, or a new one in which pages that are known
    are not asked again. Raises NoStanding, PowerMissing, ProcedureNotFound."""
    procedure, owner = _find(procedure_name), owner_of(session, actor)
    if kept := drafts.draft_of(session, owner, procedure_name):
        return kept
    sources = {str(one.prefill) for one in procedure.fields() if one.prefill}
    facts = {name: fact for name, fact in told.facts.items() if name in sources}
    used = {name: str(entry) for name, entry in told.used.items() if name in facts}
    row = drafts.new_row(procedure, owner, facts | {USED: used})
    row["seen"] = [page.name for page in procedure.sections if _is_known(page, facts, told.stale)]
    return drafts.begin(session, procedure, owner, row)


def _is_known(page: Any, facts: Mapping[str, Any], stale: Collection[str]) -> bool:
    """Whether the company told all that a page needs, and lately."""
    return all(
        one.prefill is not None
        and str(one.prefill) not in stale
        and (not one.required or register.known_answer(one, facts) not in (None, []))
        for one in page.fields
    )


def owner_of(session: Session, actor: Actor) -> OfCompany:
    """The company *actor* may apply for now; ProcedureNotFound for who is of no company at all."""
    owner = applicants.of_actor(session, actor)
    if not isinstance(owner, OfCompany):
        raise ProcedureNotFound
    return owner


def of_actor(session: Session, actor: Actor) -> Sequence[ApplicationSummary]:
    """All drafts and cases of the company *actor* acts for."""
    return of_company(session, owner_of(session, actor).id)


def draft_of(session: Session, actor: Actor, procedure_name: str) -> Application | None:
    """The company's draft of a procedure."""
    return drafts.draft_of(session, owner_of(session, actor), procedure_name)


def sent(session: Session, case: Application) -> None:
    """A company's case arrived: the entries of its basics that came along are told, so that it sees who got them."""
    if case.company_id is None or case.sent_by is None:
        return
    procedure, used = cases.procedure_of(case), case.known.get(USED) or {}
    asked = [one for section in procedure.asked(case.answers) for one in section.fields]
    along = {
        UUID(used[str(one.prefill)])
        for one in asked
        if str(one.prefill) in used and case.answers.get(one.name) == register.known_answer(one, case.known)
    }
    emit(
        session,
        CompanyApplicationSent(
            **_facts(case, case.company_id),
            sent_by=case.sent_by,
            section=procedure.responsible,
            entries=tuple(sorted(along)),
        ),
    )


def approved(session: Session, case: Application) -> None:
    """A company's case was approved: a licence it renews holds longer."""
    if case.company_id is None:
        return
    procedure = cases.procedure_of(case)
    renews = procedure.renews
    chosen = case.answers.get(renews.field) if renews else None
    emit(
        session,
        CompanyApplicationApproved(
            **_facts(case, case.company_id),
            section=procedure.responsible,
            licence=UUID(chosen) if chosen else None,
            years=renews.years if renews else 0,
            sent_by=case.sent_by,
        ),
    )


def _facts(case: Application, company_id: UUID) -> dict[str, Any]:
    return {
        "application_id": case.id,
        "company_id": company_id,
        "reference": case.reference,
        "procedure": case.procedure,
    }


def sender_name(session: Session, case: Application) -> str:
    """Who sent it, for the company's own eyes."""
    if case.sent_by is None:
        return ""
    person = companies.AnyPerson
    return session.scalar(select(person.name).where(person.id == case.sent_by)) or ""
