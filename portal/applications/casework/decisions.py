"""Deciding: by one person, or, where the procedure asks for four eyes, by one who proposes and another who confirms."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.applications import cases, rules
from portal.applications.assisted import records
from portal.applications.casework import letters, notes, reach
from portal.applications.casework.models import CaseDecision
from portal.applications.casework.rules import (
    LONGEST_WORDS,
    AlreadyProposed,
    DecisionState,
    NothingProposed,
    NotReviewed,
    Outcome,
    SecondPersonNeeded,
)
from portal.applications.events import ApplicationCompleted, ApplicationReady, ApplicationRejected
from portal.applications.firms import service as firms
from portal.applications.models import Application
from portal.applications.rules import Kind, NotClaimed, NotPossibleNow, State, WordsMissing
from portal.core import audit, clock
from portal.core.actor import Actor
from portal.core.audit import Action
from portal.core.events import emit
from portal.core.text import TextRefused, free_text


def decide(session: Session, application_id: UUID, clerk: Actor, outcome: Outcome, words: str = "") -> bool:
    """Decide the case one holds, or propose the decision; returns whether it is decided. A refusal needs reasons."""
    words = reasons(outcome, words)
    case = cases.open_case(session, application_id)
    reach.check(session, clerk, case)
    four_eyes = cases.procedure_of(case).four_eyes
    if four_eyes:
        _give_back(session, case, clerk)
    session.add(_decision(case, clerk, outcome, words, four_eyes=four_eyes))
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError:
        raise AlreadyProposed from None
    if four_eyes:
        audit.did(session, Action.CREATE, whose=case.whose, what="applications.decision", case_ref=case.reference)
        return False
    _carry_out(session, case, clerk, outcome, words)
    return True


def reasons(outcome: Outcome, words: str) -> str:
    """The words of a decision in written form; a refusal without any is none (行政手続法第8条)."""
    try:
        words = free_text(words, longest=LONGEST_WORDS)
    except TextRefused as refused:
        raise WordsMissing from refused
    if outcome is Outcome.REJECT and not words:
        raise WordsMissing
    return words


def _give_back(session: Session, case: Application, clerk: Actor) -> None:
    """The second person must be able to take the case: the first lets go of it."""
    given = session.execute(
        update(Application)
        .where(Application.id == case.id, Application.claimed_by == clerk.id, Application.state.in_(rules.TO_CHECK))
        .values(claimed_by=None, claimed_label="", claimed_at=None),
        execution_options={"synchronize_session": False},
    )
    if given.rowcount != 1:  # type: ignore[attr-defined]
        raise NotClaimed if State(case.state) in rules.TO_CHECK else NotPossibleNow


def _decision(case: Application, clerk: Actor, outcome: Outcome, words: str, *, four_eyes: bool) -> CaseDecision:
    state = DecisionState.PROPOSED if four_eyes else DecisionState.DECIDED
    return CaseDecision(
        application_id=case.id,
        outcome=str(outcome),
        words=words,
        four_eyes=four_eyes,
        state=str(state),
        proposed_by=clerk.id,
        proposed_label=clerk.label,
        proposed_at=clock.now(),
    )


def confirm(session: Session, application_id: UUID, clerk: Actor) -> None:
    """The second person, who has taken the case, confirms what the first proposed; the database holds it too. Who filled
    the form in, or corrected it, with the applicant is no second person."""
    case = cases.open_case(session, application_id)
    reach.check(session, clerk, case)
    proposed = proposal(session, application_id)
    if proposed is None:
        raise NothingProposed
    if clerk.id in {proposed.proposed_by, *records.helpers(session, application_id)}:
        raise SecondPersonNeeded
    confirmed = session.execute(
        update(CaseDecision)
        .where(CaseDecision.id == proposed.id, CaseDecision.state == DecisionState.PROPOSED)
        .values(
            state=str(DecisionState.DECIDED),
            confirmed_by=clerk.id,
            confirmed_label=clerk.label,
            confirmed_at=clock.now(),
        ),
        execution_options={"synchronize_session": False},
    )
    if confirmed.rowcount != 1:  # type: ignore[attr-defined]
        raise NothingProposed
    _carry_out(session, case, clerk, Outcome(proposed.outcome), proposed.words)


def send_back(session: Session, application_id: UUID, clerk: Actor, why: str) -> None:
    """The second person does not agree: the proposal binds nobody any more, and the reason is an internal note."""
    case = cases.open_case(session, application_id)
    reach.check(session, clerk, case)
    if case.claimed_by != clerk.id:
        raise NotClaimed
    if proposal(session, application_id) is None:
        raise NothingProposed
    notes.write(session, application_id, clerk, why)
    void(session, case)
    _give_back(session, case, clerk)


def void(session: Session, case: Application) -> None:
    """A proposal, if there is one, is none any more."""
    session.execute(
        update(CaseDecision)
        .where(CaseDecision.application_id == case.id, CaseDecision.state == str(DecisionState.PROPOSED))
        .values(state=str(DecisionState.RETURNED)),
        execution_options={"synchronize_session": False},
    )


def proposal(session: Session, application_id: UUID) -> CaseDecision | None:
    """What waits for a second person."""
    return _of(session, application_id, DecisionState.PROPOSED)


def decision(session: Session, application_id: UUID) -> CaseDecision | None:
    """What was decided."""
    return _of(session, application_id, DecisionState.DECIDED)


def _of(session: Session, application_id: UUID, state: DecisionState) -> CaseDecision | None:
    query = select(CaseDecision).where(CaseDecision.application_id == application_id, CaseDecision.state == str(state))
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def check_window(session: Session, application_id: UUID) -> None:
    """The window finishes nothing that two people must see before (NotReviewed)."""
    case = cases.open_case(session, application_id)
    if cases.procedure_of(case).four_eyes and decision(session, case.id) is None:
        raise NotReviewed


def _carry_out(session: Session, case: Application, clerk: Actor, outcome: Outcome, words: str) -> None:
    if outcome is Outcome.REJECT:
        case = cases.move(session, case, State.REJECTED, claimed_by=clerk.id)
        cases.tell(session, case, Kind.REJECTED, clerk, comment=words)
        emit(session, ApplicationRejected(**cases.facts_of(case)))
        letters.issue(session, case, outcome, words)
        return
    procedure = cases.procedure_of(case)
    if procedure.visit:
        case = cases.move(session, case, State.READY, claimed_by=clerk.id)
        cases.tell(session, case, Kind.READY, clerk)
        emit(session, ApplicationReady(**cases.facts_of(case)))
        return
    case = cases.move(session, case, State.COMPLETED, claimed_by=clerk.id)
    cases.tell(session, case, Kind.DONE_WITHOUT_VISIT, clerk)
    emit(session, ApplicationCompleted(**cases.facts_of(case), points=procedure.points, channel=case.channel))
    approved(session, case)


def approved(session: Session, case: Application) -> None:
    """Everything is done: where the procedure says so, the approval is told by letter; a licence it renews is renewed."""
    if cases.procedure_of(case).decision_letter:
        found = decision(session, case.id)
        letters.issue(session, case, Outcome.APPROVE, found.words if found else "")
    firms.approved(session, case)
