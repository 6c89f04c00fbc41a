"""What the server checks by itself before a person decides: each check is a code with a result, words and facts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import cases, register, rules
from portal.applications.models import Application
from portal.applications.procedures import eligibility
from portal.applications.procedures.eligibility import HOUSEHOLD_FACTS, Fact
from portal.applications.procedures.schema import Kind
from portal.core import clock
from portal.core.words import N_
from portal.residents import service as residents


class Result(StrEnum):
    PASSED = "passed"
    LOOK = "look"
    FAILED = "failed"
    UNKNOWN = "unknown"


RESULT_WORDS: Mapping[Result, str] = {
    Result.PASSED: N_("In order"),
    Result.LOOK: N_("Please look"),
    Result.FAILED: N_("Not met"),
    Result.UNKNOWN: N_("Not known"),
}
RESULT_TONES: Mapping[Result, str] = {
    Result.PASSED: "success",
    Result.LOOK: "warning",
    Result.FAILED: "error",
    Result.UNKNOWN: "neutral",
}
SAME_OPEN = N_("The same person has another open application for this procedure: %(references)s")
SAME_CHILD = N_("A child named here is in another application too: %(references)s")
NO_OTHER = N_("No other open application of this person or for these children")
SAME_COMPANY = N_("The company has another open application for the same thing: %(references)s")
NO_OTHER_OF_COMPANY = N_("No other open application of this company for the same thing")
MISSING = N_("Required answers are missing")
NOTHING_MISSING = N_("Every required answer is there")
NOT_ATTACHED = N_("These documents are not attached yet")
AT_WINDOW = N_("To be shown at the window: %(count)s papers")
LATE = N_("Sent after the last day of the notification period")
IN_TIME = N_("Sent within the notification period")
MOVED_ON = N_("The register says something else now than when the form was filled in")
UNCHANGED = N_("The register has not changed since the form was filled in")
DUPLICATE, DOCUMENTS, ELIGIBLE, PERIOD, REGISTER = "duplicate", "documents", "eligibility", "period", "register"
CODE_WORDS: Mapping[str, str] = {
    DUPLICATE: N_("Another application"),
    DOCUMENTS: N_("Answers and papers"),
    ELIGIBLE: N_("Who may apply"),
    PERIOD: N_("Notification period"),
    REGISTER: N_("State of the register"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One result. `words` is a msgid, `facts` fill its places; `labels` are msgids listed under `fields`."""

    code: str
    result: Result
    words: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


def run(session: Session, case: Application) -> list[Check]:
    """All checks of a case; register data is opened as far as its procedure asks for it."""
    if case.erased_at:
        return []
    own = [*_documents(case), *_period(case)]
    who = case.resident_id
    if case.company_id is not None:
        return [*_same_company(session, case), *own]
    if who is None:  # filed without an account: the register knows nobody to compare with
        return own
    return [*_duplicates(session, case, who), *own, *_eligible(session, case, who), *_register(session, case, who)]


def worst(checks: list[Check]) -> Result:
    """What a list shows for the whole case."""
    order = (Result.FAILED, Result.LOOK, Result.UNKNOWN)
    return next((one for one in order if any(check.result is one for check in checks)), Result.PASSED)


def _duplicates(session: Session, case: Application, who: UUID) -> Iterator[Check]:
    query = select(Application.reference).where(
        Application.resident_id == who,
        Application.procedure == case.procedure,
        Application.id != case.id,
        Application.state.in_(rules.OPEN),
    )
    same = list(session.scalars(query.order_by(Application.submitted_at)))
    shared = _with_same_children(session, case, who)
    if same:
        yield Check(DUPLICATE, Result.LOOK, SAME_OPEN, {"references": ", ".join(same)})
    if shared:
        yield Check(DUPLICATE, Result.LOOK, SAME_CHILD, {"references": ", ".join(shared)})
    if not same and not shared:
        yield Check(DUPLICATE, Result.PASSED, NO_OTHER)


def _same_company(session: Session, case: Application) -> Iterator[Check]:
    """Other open applications of the company; of renewals only those of the same licence."""
    others = session.scalars(
        select(Application)
        .where(
            Application.company_id == case.company_id,
            Application.procedure == case.procedure,
            Application.id != case.id,
            Application.state.in_(rules.OPEN),
        )
        .order_by(Application.submitted_at)
    )
    renews = cases.procedure_of(case).renews
    same = [
        one.reference
        for one in others
        if renews is None or one.answers.get(renews.field) == case.answers.get(renews.field)
    ]
    if same:
        yield Check(DUPLICATE, Result.LOOK, SAME_COMPANY, {"references": ", ".join(same)})
    else:
        yield Check(DUPLICATE, Result.PASSED, NO_OTHER_OF_COMPANY)


def _with_same_children(session: Session, case: Application, who: UUID) -> list[str]:
    """References of open applications of this procedure by other people of the household that name the same child."""
    children = _people_in(case)
    if not children:
        return []
    housemates = residents.housemates(session, who)
    others = session.scalars(
        select(Application).where(
            Application.procedure == case.procedure,
            Application.resident_id.in_(housemates),
            Application.id != case.id,
            Application.state.in_(rules.OPEN),
        )
    )
    return sorted(other.reference for other in others if children & _people_in(other))


def _people_in(case: Application) -> set[str]:
    """Ids of people of the register that the answers name."""
    fields = [one.name for one in cases.procedure_of(case).fields() if one.type is Kind.MEMBERS]
    return {person for name in fields for person in case.answers.get(name) or ()}


def _documents(case: Application) -> Iterator[Check]:
    procedure = cases.procedure_of(case)
    missing = tuple(
        one.label
        for section in procedure.asked(case.answers)
        for one in section.fields
        if one.required and case.answers.get(one.name) in (None, "", [])
    )
    if missing:
        yield Check(DOCUMENTS, Result.FAILED, MISSING, labels=missing)
    else:
        yield Check(DOCUMENTS, Result.PASSED, NOTHING_MISSING)
    papers = procedure.to_bring(case.answers)
    unattached = tuple(
        one.label
        for section in procedure.asked(case.answers)
        for one in section.fields
        if one.type is Kind.ATTACHMENT and not one.required and not case.answers.get(one.name)
        if one.label not in papers
    )
    if unattached:
        yield Check(DOCUMENTS, Result.LOOK, NOT_ATTACHED, labels=unattached)
    if papers:
        result = Result.PASSED if procedure.visit else Result.LOOK
        yield Check(DOCUMENTS, result, AT_WINDOW, {"count": len(papers)}, tuple(papers))


def _eligible(session: Session, case: Application, who: UUID) -> Iterator[Check]:
    conditions = cases.procedure_of(case).eligibility
    facts = facts_of(session, case, who, eligibility.asked(conditions)) if conditions else {}
    results = {True: Result.PASSED, False: Result.FAILED, None: Result.UNKNOWN}
    for condition in conditions:
        yield Check(ELIGIBLE, results[eligibility.met(condition, facts)], condition.text)


def facts_of(session: Session, case: Application, who: UUID, wanted: frozenset[Fact]) -> dict[str, Any]:
    """The register's facts about the applicant on the day of arrival; the household's only where asked for."""
    person = residents.look_up(session, who, case_ref=case.reference)
    day = (case.submitted_at or case.saved_at).astimezone(clock.JST).date()
    facts: dict[str, Any] = {
        Fact.AGE: years(person.birth_date, day),
        Fact.IN_CITY: "yes" if person.moved_out is None or person.moved_out > day else "no",
        Fact.WARD: person.ward,
        Fact.MONTHS_IN_CITY: months(person.moved_in, day),
    }
    if wanted & HOUSEHOLD_FACTS:
        household = residents.household_of(session, person, case_ref=case.reference)
        children = residents.children_of(session, person, case_ref=case.reference)
        facts |= {
            Fact.HOUSEHOLD: len(household),
            Fact.CHILDREN: len(children),
            Fact.YOUNGEST_CHILD: min((years(child.birth_date, day) for child in children), default=None),
            Fact.HAS_PARTNER: "yes" if residents.partner_of(person, household) else "no",
        }
    return {str(name): fact for name, fact in facts.items()}


def years(since: date, day: date) -> int:
    """Whole years from *since* to *day*; somebody born on 2/29 is a year older on 3/1 of other years."""
    return day.year - since.year - ((day.month, day.day) < (since.month, since.day))


def months(since: date, day: date) -> int:
    """Whole months from *since* to *day*."""
    return (day.year - since.year) * 12 + day.month - since.month - (day.day < since.day)


def _period(case: Application) -> Iterator[Check]:
    due_on = cases.procedure_of(case).due_on(case.answers)
    if due_on is None or case.submitted_at is None:
        return
    late = case.submitted_at.astimezone(clock.JST).date() > due_on
    yield Check(PERIOD, Result.LOOK if late else Result.PASSED, LATE if late else IN_TIME)


def _register(session: Session, case: Application, who: UUID) -> Iterator[Check]:
    """What the form began with may be old by the time it is checked."""
    now = register.facts_for(session, cases.procedure_of(case), who)
    changed = sorted(name for name, fact in now.items() if name in case.known and case.known[name] != fact)
    if changed:
        labels = tuple(
            one.label for one in cases.procedure_of(case).fields() if one.prefill and str(one.prefill) in changed
        )
        yield Check(REGISTER, Result.LOOK, MOVED_ON, labels=labels)
    else:
        yield Check(REGISTER, Result.PASSED, UNCHANGED)
