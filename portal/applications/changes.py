"""Answers that were sent already: corrected where a clerk asked, changed while nobody has the application in work."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from portal.applications import cases, drafts, rules
from portal.applications.casework import corrections, decisions
from portal.applications.drafts import Sent
from portal.applications.events import ApplicationChanged
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures.answers import Reading, Typed
from portal.applications.procedures.schema import FormField
from portal.applications.rules import InWork, Kind, NotPossibleNow, State
from portal.applications.signatures import service as signatures
from portal.core import clock
from portal.core.actor import Actor
from portal.core.events import emit


def correct(session: Session, actor: Actor, application_id: UUID, typed: Typed) -> Reading:
    """Correct exactly what was asked; with faults nothing moves and what was typed is kept."""
    case = cases.locked(session, application_id, owner=cases.owner_of(session, actor))
    if case.state != State.CORRECTION_ASKED:
        raise NotPossibleNow
    fields = correction_fields(session, case, typed)
    read = reading.read_fields(fields, typed, drafts.known_to(session, case))
    together = actor.stands_for is not None
    if read.faults:
        # The sent answers stand until all of the correction is understood; what was typed is kept beside them.
        own = [name for name in typed if any(reading.owns(field, name) for field in fields)]
        case.typed = {name: reading.cleaned(typed[name]) for name in own}
    else:
        drafts.keep(case, fields, read)
        case.answers, case.typed = asked_only(case), {}
        session.flush()
        corrections.settle(session, case, typed)
        case = cases.move(session, case, State.CORRECTED)
        cases.tell(session, case, Kind.CORRECTED_TOGETHER if together else Kind.CORRECTED, actor)
        signatures.void_if_changed(session, case)
    return read


def keep_typed(session: Session, actor: Actor, application_id: UUID, typed: Typed) -> Reading:
    """Keep a correction as it was typed, beside the sent answers, until it is confirmed."""
    case = cases.locked(session, application_id, owner=cases.owner_of(session, actor))
    if case.state != State.CORRECTION_ASKED:
        raise NotPossibleNow
    fields = correction_fields(session, case, typed)
    replies = [corrections.reply_input(request.field) for request in cases.open_requests(session, case.id)]
    own = [name for name in typed if name in replies or any(reading.owns(field, name) for field in fields)]
    case.typed = {name: reading.cleaned(typed[name]) for name in own}
    session.flush()
    return reading.read_fields(fields, typed, drafts.known_to(session, case))


def answers_after(case: Application, fields: tuple[FormField, ...], read: Reading) -> dict[str, Any]:
    """What the answers will be once the case takes this reading."""
    kept = {name: answer for name, answer in case.answers.items() if name not in {field.name for field in fields}}
    new = {name: answer for name, answer in read.answers.items() if answer is not None}
    return cases.procedure_of(case).told(kept | new)


def correction_fields(session: Session, case: Application, typed: Typed) -> tuple[FormField, ...]:
    """What a clerk asked to correct, and questions that arise only from the new answers."""
    procedure = cases.procedure_of(case)
    found = (procedure.field(request.field) for request in cases.open_requests(session, case.id))
    return _with_what_follows(case, [field for field in found if field], typed)


def _with_what_follows(case: Application, fields: list[FormField], typed: Typed) -> tuple[FormField, ...]:
    """What these answers make necessary beside them; documents only in a correction, which has pages to add them. To a
    change they are missing, as everybody who checks the case sees."""
    procedure = cases.procedure_of(case)
    takes_files = case.state == State.CORRECTION_ASKED
    while True:
        answers = case.answers | reading.read_fields(fields, typed, case.known).answers
        more = [
            field
            for section in procedure.asked(answers)
            for field in section.fields
            if field.required and answers.get(field.name) in (None, []) and field not in fields
            if takes_files or not section.takes_files
        ]
        if not more:
            return tuple(fields)
        fields += more


def may_change(case: Application) -> bool:
    """Whether the person may still change what they sent: nobody at the city office has taken it."""
    taken = case.claimed_by is not None and case.claimed_at is not None
    in_work = taken and case.claimed_at > clock.now() - rules.CLAIM_LASTS  # type: ignore[operator]
    return State(case.state) in rules.TO_CHECK and not in_work and not case.erased_at


def change(session: Session, actor: Actor, application_id: UUID, section_name: str, typed: Typed) -> Reading:
    """Change one page of what was sent; InWork as soon as a clerk took it. With faults nothing changes."""
    case = cases.open_case(session, application_id, owner=cases.owner_of(session, actor))
    fields = change_fields(case, section_name, typed)
    read = reading.read_fields(fields, typed, case.known)
    if read.faults:
        return read
    _hold_against_clerks(session, application_id)
    case = cases.locked(session, application_id, owner=cases.owner_of(session, actor))
    before = case.answers
    drafts.keep(case, fields, read)
    case.answers = asked_only(case)
    if changed := tuple(sorted(_differing(before, case.answers))):
        session.flush()
        decisions.void(session, case)  # what somebody proposed was about other answers
        cases.tell(session, case, Kind.CHANGED, actor)
        signatures.void_if_changed(session, case)
        emit(session, ApplicationChanged(**cases.facts_of(case), fields=changed))
    return read


def _hold_against_clerks(session: Session, application_id: UUID) -> None:
    """A clerk who takes the case and a person who changes it: one of them comes first, and the other is told."""
    free = or_(Application.claimed_by.is_(None), Application.claimed_at < clock.now() - rules.CLAIM_LASTS)
    held = session.execute(
        update(Application)
        .where(Application.id == application_id, Application.state.in_(rules.TO_CHECK), free)
        .values(saved_at=clock.now()),
        execution_options={"synchronize_session": False},
    )
    if held.rowcount != 1:  # type: ignore[attr-defined]
        raise InWork


def change_fields(case: Application, section_name: str, typed: Typed) -> tuple[FormField, ...]:
    """The questions of one page, and those that arise anywhere from its new answers."""
    section, told = drafts.open_section(case, section_name)
    if section.takes_files:
        raise NotPossibleNow
    if not typed:
        return drafts.find_section(case, section_name).fields
    asked = drafts.read_page(section, told, Sent(typed), case.known).asked
    return _with_what_follows(case, list(asked), typed)


def _differing(before: dict[str, Any], now: dict[str, Any]) -> set[str]:
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def asked_only(case: Application) -> dict[str, Any]:
    """Answers to questions this person was asked in the end; others (a changed mind) are dropped."""
    return cases.procedure_of(case).told(case.answers)
