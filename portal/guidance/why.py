"""Why a programme concerns the reader, and why not: of one programme, and of all at once.

The conditions are those the nightly run asks (`matching`), asked of the reader and of the children they raise alone. What
sections know of others, and what the reader did not agree to, is not read.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.facts import service as facts
from portal.guidance import catalogue, matching, telling
from portal.guidance.models import Advice
from portal.guidance.schema import Condition, Rule, When
from portal.residents import service as residents
from portal.residents.service import Person


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one condition holds for the reader (or a child of theirs); None: not looked at, or somebody else's data."""

    condition: Condition
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Programme:
    """Why, or why not. `about` is the child's name; `in_time` whether the occasion is now (None: not looked at),
    `consents` None if none is needed."""

    about: str
    subject_id: UUID
    in_time: bool | None
    answers: list[Answer]
    consents: bool | None

    @property
    def fits(self) -> bool:
        known = all(answer.holds is not False for answer in self.answers)
        return self.in_time is not False and known and self.consents is not False


class Because(StrEnum):
    """The kinds of reasons somebody is not told of a programme now."""

    OFF = "off"
    NO_CHILD = "no-child"
    NOT_NOW = "not-now"
    CONDITION = "condition"
    UNKNOWN = "unknown"
    CONSENT = "consent"
    OTHERS = "others"
    TOLD = "told"
    APPLIED = "applied"
    SOON = "soon"


@dataclass(frozen=True, slots=True)
class Reason:
    """`condition` is what is not met, `fact` what the city does not know, `day` when they were told."""

    because: Because
    condition: Condition | None = None
    fact: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a programme stands to the reader, or to a child of theirs (`about`)."""

    about: str
    fits: bool
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class _Looks:
    """Not at what sections know of others, not at what the reader did not agree to, and not at where somebody under
    支援措置 lives: whoever holds their phone would read it off the answers."""

    consented: bool
    hides_place: bool

    def at(self, one: Condition) -> bool:
        if one.fact:
            return self.consented or not facts.types()[one.fact.name].consent
        if one.ward:
            return not self.hides_place
        if one.household or one.guards:
            return not any(part.fact or part.vaccinated or part.applied or part.ward for part in _inside(one))
        return all(self.at(part) for part in one.parts)

    def at_occasion(self, when: When) -> bool:
        name = when.fact_since or when.fact_day
        if when.declared:
            return not self.hides_place
        return name is None or self.consented or not facts.types()[name].consent


def _inside(one: Condition) -> Iterator[Condition]:
    for part in one.parts:
        yield part
        yield from _inside(part)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who asks, whom they raise, what they agreed to: looked up once for all programmes."""

    person: Person
    children: list[Person]
    topics: frozenset[str]

    def consents(self, rule: Rule) -> bool | None:
        return rule.consent in self.topics if rule.consent else None

    def subjects(self, rule: Rule) -> list[Person]:
        return [self.person] if rule.tells == "self" else self.children


def _reader(session: Session, resident_id: UUID) -> _Reader:
    person = residents.look_up(session, resident_id)
    given = facts.consents_of(session, resident_id)
    topics = frozenset(one.topic for one in given if one.withdrawn_at is None)
    return _Reader(person, residents.children_of(session, person), topics)


def programme(session: Session, resident_id: UUID, rule: Rule) -> list[Programme]:
    """Why the rule concerns the person or not: of a rule about children one answer a child."""
    return _programmes(session, rule, _reader(session, resident_id))


def _programmes(session: Session, rule: Rule, reader: _Reader) -> list[Programme]:
    subjects, consents = reader.subjects(rule), reader.consents(rule)
    if not subjects:
        return []
    hides = reader.person.protected or any(one.protected for one in subjects)
    looks = _Looks(consents is not False, hides)
    found = matching.answers(session, rule, [one.id for one in subjects], looks)
    return [_programme(rule, one, reader, looks, found[one.id]) for one in subjects]


def _programme(rule: Rule, who: Person, reader: _Reader, looks: _Looks, found: matching.Found) -> Programme:
    in_time, parts = found
    told = [Answer(one, holds if looks.at(one) else None) for one, holds in zip(rule.who, parts, strict=True)]
    about = "" if who.id == reader.person.id else who.known_as
    timely = in_time if looks.at_occasion(rule.when) else None
    return Programme(about, who.id, timely, told, reader.consents(rule))


def all_programmes(session: Session, resident_id: UUID) -> list[tuple[Rule, list[Standing]]]:
    """Every programme with why the person is not told of it now, of themselves and of each child they raise."""
    reader, off = _reader(session, resident_id), telling.switched_off(session)
    told, known = _told(session, resident_id), {}
    for one in (reader.person, *reader.children):
        known[one.id] = frozenset(fact.name for fact in facts.facts_of(session, one.id))
    found = []
    for rule in catalogue.rules().values():
        if rule.name in off:
            found.append((rule, [Standing("", False, [Reason(Because.OFF)])]))
            continue
        lines = [
            Standing(one.about, one.fits, _reasons(session, rule, one, reader, told, known[one.subject_id]))
            for one in _programmes(session, rule, reader)
        ]
        found.append((rule, lines or [Standing("", False, [Reason(Because.NO_CHILD)])]))
    return found


def _told(session: Session, resident_id: UUID) -> Mapping[tuple[str, UUID], date]:
    """When they were told of a rule last."""
    query = (
        select(Advice.rule, Advice.subject_id, func.max(Advice.told_on))
        .where(Advice.resident_id == resident_id, Advice.told_on.is_not(None))
        .group_by(Advice.rule, Advice.subject_id)
    )
    return {(name, subject): day for name, subject, day in session.execute(query) if day}


def _reasons(
    session: Session,
    rule: Rule,
    one: Programme,
    reader: _Reader,
    told: Mapping[tuple[str, UUID], date],
    known: frozenset[str],
) -> list[Reason]:
    day = told.get((rule.name, one.subject_id))
    if day and (one.fits or rule.repeat == "once"):
        return [Reason(Because.TOLD, day=day)]
    if not one.fits:
        return list(_why_not(rule, one, known))
    if matching.has_applied(session, rule, reader.person.id):
        return [Reason(Because.APPLIED)]
    is_hidden = one.in_time is None or any(answer.holds is None for answer in one.answers)
    return [Reason(Because.OTHERS if is_hidden else Because.SOON)]


def _why_not(rule: Rule, one: Programme, known: frozenset[str]) -> Iterator[Reason]:
    """What is not met; a fact nobody told the city is not known to be otherwise."""
    name = rule.when.fact_since or rule.when.fact_day or ""
    if one.in_time is False:
        yield _missing(name, one, known) or Reason(Because.NOT_NOW)
    for answer in one.answers:
        if answer.holds is False:
            asked = answer.condition.fact.name if answer.condition.fact else ""
            yield _missing(asked, one, known) or Reason(Because.CONDITION, answer.condition)
    if one.consents is False:
        yield Reason(Because.CONSENT)


def _missing(name: str, one: Programme, known: frozenset[str]) -> Reason | None:
    """Of a child, what needs the child's own consent stays closed to the parents: whether it is known is not said."""
    if not name or name in known or (one.about and facts.types()[name].consent):
        return None
    return Reason(Because.UNKNOWN, fact=name)
