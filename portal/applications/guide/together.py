"""Several procedures filled in together: what more than one of them needs is typed once, and all are sent at once.

Each procedure stays an application of its own with its own number. A fact goes into every draft of the list; where the
person wrote something else in one of them, theirs stays. What was sent is never changed from here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.applications import cases, drafts, register
from portal.applications import service as applications
from portal.applications.applicants import OfResident
from portal.applications.guide import known as register_knows
from portal.applications.guide import service
from portal.applications.guide.models import LifeApplication, LifeList
from portal.applications.guide.rules import LIST_LIVES, ListNotFound, NotAllComplete, NothingChosen
from portal.applications.guide.schema import Event, Preset, Step
from portal.applications.models import Application
from portal.applications.procedures import answers as reading
from portal.applications.procedures import facts
from portal.applications.procedures.answers import Reading, Typed
from portal.applications.procedures.facts import Group
from portal.applications.procedures.schema import FormField, Section
from portal.applications.rules import State
from portal.core import clock
from portal.core.actor import Actor
from portal.core.db import insert_once

NONE: tuple[Any, ...] = (None, [], "")


@dataclass(frozen=True, slots=True)
class Open:
    """A page that still asks something: of common facts (`group`), or of one application (`case`, `section`)."""

    group: Group | None = None
    case: Application | None = None
    section: Section | None = None


def prepare(session: Session, actor: Actor, list_id: UUID, names: Sequence[str]) -> LifeList:
    """Begin (or go on with) a draft for each chosen step, filled with what is known; a second press changes nothing.

    A draft that was chosen before and is not any more stays, but on its own.
    """
    kept = service.open_list(session, actor, list_id, locked=True)
    chosen = [line for line in service.lines(session, kept) if line.step.procedure and line.step.name in names]
    if not chosen:
        raise NothingChosen
    _let_go(session, kept, {line.step.procedure for line in chosen})
    _look, values = register_knows.look(session, kept.resident_id)
    for line in chosen:
        if line.done:
            continue
        draft = applications.start_draft(session, kept.resident_id, line.step.procedure)
        row = {"application_id": draft.id, "list_id": kept.id}
        insert_once(session, LifeApplication.__table__, row)  # type: ignore[arg-type]
        _fill(draft, line.step, kept, values)
    session.flush()
    _spread(parts(session, kept), kept.facts, {})
    return kept


def keep_list(session: Session, actor: Actor, event: Event, answers: Mapping[str, Any]) -> LifeList:
    """Keep the list of these answers; drafts begun from it follow what is answered anew."""
    before = service.facts_of(session, actor, event)
    kept = service.save(session, actor, event, answers)
    session.flush()
    found = parts(session, kept)
    _spread(found, kept.facts, before)
    _fill_again(session, kept, found, before)
    return kept


def _let_go(session: Session, kept: LifeList, chosen: set[str]) -> None:
    gone = [case.id for case in parts(session, kept) if case.procedure not in chosen]
    session.execute(delete(LifeApplication).where(LifeApplication.application_id.in_(gone)))


def parts(session: Session, kept: LifeList) -> list[Application]:
    """The drafts of the list, in its order."""
    waiting = {case.procedure: case for case in service.linked(session, kept) if case.state == State.DRAFT}
    steps = service.event_of(kept).steps
    found = [waiting.pop(step.procedure) for step in steps if step.procedure in waiting]
    return [*found, *waiting.values()]


def _fill(draft: Application, step: Step, kept: LifeList, values: Mapping[str, Any]) -> None:
    procedure = cases.procedure_of(draft)
    for name, preset in step.answers.items():
        field = procedure.field(name)
        if field and draft.answers.get(name) in (None, [], register.known_answer(field, draft.known)):
            _put(draft, field, _value(preset, kept.facts, kept.answers | dict(values)))


def _value(preset: str | Preset, told: Mapping[str, Any], others: Mapping[str, Any]) -> Any:
    """*told* are facts, *others* answers of the guide and what the register knows (whose names have a dot)."""
    if isinstance(preset, str):
        return preset
    value = told.get(preset.fact) if preset.fact else others.get(str(preset.known or preset.answer))
    if preset.plus_days and value:
        return (date.fromisoformat(value) + timedelta(days=preset.plus_days)).isoformat()
    return value


def _put(draft: Application, field: FormField, value: Any) -> None:
    """Write *value* as the answer, if this form can take it; what it cannot take it asks itself."""
    if value in NONE:
        return
    try:
        typed = reading.typed_again(field, value, {})
        draft.answers = draft.answers | {field.name: reading.read_field(field, typed, draft.known)}
    except (reading.NotUnderstood, AttributeError, TypeError, ValueError):
        return


def asked_facts(found: Sequence[Application]) -> dict[str, list[tuple[Application, FormField]]]:
    """Facts the drafts ask for now, by name, each with the fields that take it."""
    asked: dict[str, list[tuple[Application, FormField]]] = {}
    for case in found:
        for section in cases.procedure_of(case).asked(case.answers):
            for field in section.fields:
                if facts.shipped().find(field.fact):
                    asked.setdefault(str(field.fact), []).append((case, field))
    return asked


def fields_of(found: Sequence[Application], group_name: str) -> tuple[FormField, ...]:
    """The questions of a page of common facts: each as strict as the strictest form that takes it."""
    asked = asked_facts(found)
    own = [fact for fact in facts.shipped().facts if fact.group == group_name and fact.name in asked]
    return tuple(_merged(fact, [field for _case, field in asked[fact.name]]) for fact in own)


def _merged(fact: facts.Fact, fields: Sequence[FormField]) -> FormField:
    bounds = {
        name: min((limit for field in fields if (limit := getattr(field, name)) is not None), default=None)
        for name in ("earliest_days", "latest_days")
    }
    prefill = next((field.prefill for field in fields if field.prefill), None)
    return fields[0].model_copy(
        update={
            "name": fact.name,
            "label": fact.label,
            "hint": fact.hint,
            "required": any(field.required for field in fields),
            "prefill": prefill,
            "longest": min(field.longest for field in fields),
            "within_city": any(field.within_city for field in fields),
            **bounds,
        }
    )


def facts_now(kept: LifeList, found: Sequence[Application]) -> dict[str, Any]:
    """What stands on the pages of facts: what was answered there, or else what all drafts hold alike (the register's
    address in one of them is no new address)."""
    held: dict[str, Any] = {}
    for name, fields in asked_facts(found).items():
        answers = [case.answers.get(field.name) for case, field in fields]
        if answers[0] not in NONE and all(answer == answers[0] for answer in answers):
            held[name] = answers[0]
    return held | dict(kept.facts)


def known_to(found: Sequence[Application]) -> dict[str, Any]:
    """What the register said when the drafts began, all together."""
    return {name: value for case in found for name, value in case.known.items()}


def save_facts(session: Session, actor: Actor, list_id: UUID, group_name: str, typed: Typed) -> Reading:
    """Keep a page of facts, and take them into every draft; with faults what was typed is kept beside."""
    kept = service.open_list(session, actor, list_id, locked=True)
    found = parts(session, kept)
    fields = fields_of(found, group_name)
    read = reading.read_fields(fields, typed, known_to(found))
    inputs = {name for field in fields for name in reading.inputs_of(field)}
    kept.typed = {name: texts for name, texts in kept.typed.items() if name not in inputs} | read.typed
    before = facts_now(kept, found)
    answered = {name: answer for name, answer in read.answers.items() if answer not in NONE}
    kept.facts = {name: value for name, value in kept.facts.items() if name not in read.answers} | answered
    kept.saved_at, kept.expires_at = clock.now(), clock.now() + LIST_LIVES
    _spread(found, answered, before)
    _fill_again(session, kept, found, before)
    session.flush()
    return read


def _spread(found: Sequence[Application], answered: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Take facts into the drafts: into empty fields, and where the old fact or the register's word stands."""
    for case in found:
        for field in cases.procedure_of(case).fields():
            if field.fact in answered and _is_ours(case, field, before.get(str(field.fact))):
                _put(case, field, answered[str(field.fact)])


def _is_ours(case: Application, field: FormField, before: Any) -> bool:
    """Whether the answer of a draft may follow the fact: nobody wrote something of their own there."""
    answer = case.answers.get(field.name)
    return answer in NONE or answer in (before, register.known_answer(field, case.known))


def _fill_again(session: Session, kept: LifeList, found: Sequence[Application], before: Mapping[str, Any]) -> None:
    """What a step fills from a fact follows it too."""
    steps = {step.procedure: step for step in service.event_of(kept).steps if step.procedure}
    for case in found:
        for name, preset in steps[case.procedure].answers.items() if case.procedure in steps else ():
            field = cases.procedure_of(case).field(name)
            follows = field and isinstance(preset, Preset) and preset.fact
            if field and follows and _is_ours(case, field, _value(preset, before, {})):
                _put(case, field, _value(preset, kept.facts, {}))


def open_pages(kept: LifeList, found: Sequence[Application]) -> list[Open]:
    """The pages that still ask something, common facts first; none means that all can be sent."""
    answered = facts_now(kept, found)
    pages = []
    for group in facts.shipped().groups:
        fields = fields_of(found, group.name)
        unclear = any(reading.has_text(field, kept.typed) for field in fields)
        if unclear or any(field.required and answered.get(field.name) in NONE for field in fields):
            pages.append(Open(group=group))
    return [*pages, *_open_sections(found, set(asked_facts(found)) - set(answered))]


def _open_sections(found: Sequence[Application], waiting: set[str]) -> Iterator[Open]:
    """Pages of one procedure; what waits for a common fact is not asked there too."""
    for case in found:
        for page in drafts.pages(case):
            fields = [field for field in page.section.fields if field.fact not in waiting]
            if page.state == "error" or not _are_sound(case, fields):
                yield Open(case=case, section=page.section)


def _are_sound(case: Application, fields: Sequence[FormField]) -> bool:
    """Everything needed is there, and could be typed today (days move on while a draft lies)."""
    typed: dict[str, list[str]] = {}
    for field in fields:
        typed |= reading.typed_again(field, case.answers.get(field.name), {})
    return not reading.read_fields(fields, typed, case.known).faults


def send(session: Session, actor: Actor, list_id: UUID) -> list[Application]:
    """Send all drafts of the list, or none; sending twice changes nothing. The person saw all answers on one page."""
    kept = service.open_list(session, actor, list_id, locked=True)
    found = [cases.locked(session, case.id, owner=OfResident(kept.resident_id)) for case in parts(session, kept)]
    found = [case for case in found if case.state == State.DRAFT]
    if open_pages(kept, found):
        raise NotAllComplete
    for case in found:
        case.seen = [page.section.name for page in drafts.pages(case)]
    session.flush()
    return [applications.submit(session, actor, case.id) for case in found]


def find_case(session: Session, kept: LifeList, application_id: UUID) -> Application:
    """A draft of this list."""
    for case in parts(session, kept):
        if case.id == application_id:
            return case
    raise ListNotFound
