"""A rule as one statement: who fits it now. Conditions become SQL that SQLite and PostgreSQL both understand.

No date is computed in the database: the days of a window become bounds of the column they are about (birth date, day of
a fact), and the column itself, as text, is the occasion.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    false,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from portal.applications import service as applications
from portal.core import clock
from portal.core.clock import JST
from portal.core.db import JapaneseDay
from portal.facts import service as facts
from portal.guidance import rules
from portal.guidance.models import Advice, Declaration, Vaccination
from portal.guidance.schema import Condition, FactIs, Rule, When
from portal.residents import service as residents
from portal.residents.service import Person

Who = Any
"""An alias of residents in a query."""
SUBJECT: Who = aliased(Person)
TOLD: Who = aliased(Person)


class Looks(Protocol):
    """What of a rule may be looked at to answer a person who asks about themselves."""

    def at(self, one: Condition) -> bool: ...

    def at_occasion(self, when: When) -> bool: ...


def matches(rule: Rule, *, one_household: bool = False, told_are: Select[Any] | None = None) -> Select[Any]:
    """(resident told, subject, occasion) of everybody who fits today, each once; of all, of the household given as
    `household`, or of those whose ids *told_are* selects."""
    today = clock.today()
    told = SUBJECT if rule.tells == "self" else TOLD
    occasion, wanted, tables = _occasion(rule, SUBJECT, today)
    query = select(told.id.label("resident_id"), SUBJECT.id.label("subject_id"), occasion.label("occasion"))
    query = query.select_from(SUBJECT)
    for table, on in tables:
        query = query.join(table, on)
    if told is not SUBJECT:
        query = query.join(told, residents.is_guarded_by(SUBJECT, told))
    query = query.where(SUBJECT.moved_out.is_(None), *wanted, *(holds(one, SUBJECT, today) for one in rule.who))
    if rule.consent:
        query = query.where(facts.consent_stands(rule.consent, of=told.id))
    if rule.leads.procedure:
        query = query.where(not_(_applied(rule.leads.procedure, told, today)))
    if one_household:
        query = query.where(SUBJECT.household_number == bindparam("household"))
    if told_are is not None:
        query = query.where(told.id.in_(told_are))
    return query.distinct() if tables else query


def not_told(rule: Rule) -> Select[Any]:
    """The same without those who were found for it already: a difference of two sets, each read once. Asked line by
    line, a database that has not looked at the table since last night would do so a hundred thousand times."""
    known = select(Advice.resident_id, Advice.subject_id, Advice.occasion).where(Advice.rule == rule.name)
    found = matches(rule).except_(known).subquery()
    return select(found.c.resident_id, found.c.subject_id, found.c.occasion)


def not_told_at_home(rule: Rule) -> Select[Any]:
    """The same for one household, where asking line by line is what costs least."""
    found = matches(rule, one_household=True).subquery()
    known = exists().where(
        Advice.resident_id == found.c.resident_id,
        Advice.rule == rule.name,
        Advice.subject_id == found.c.subject_id,
        Advice.occasion == found.c.occasion,
    )
    return select(found.c.resident_id, found.c.subject_id, found.c.occasion).where(not_(known))


def window(rule: Rule, today: date) -> tuple[date, date]:
    """The days (both included) an occasion may have for somebody to be told today."""
    return today - timedelta(days=rule.when.last), today - timedelta(days=rule.when.first)


def bounds(rule: Rule, today: date) -> tuple[str, str] | None:
    """First and last occasion, as it is written, that can be told today; None where no day counts."""
    if rule.when.standing:
        return None
    first, last = window(rule, today)
    if rule.when.birthday:
        months = rule.when.birthday.in_months
        return rules.born_from(first, months).isoformat(), rules.born_until(last, months).isoformat()
    return first.isoformat(), last.isoformat()


Occasion = tuple[ColumnElement[str], Sequence[ColumnElement[bool]], Sequence[tuple[Any, ColumnElement[bool]]]]
"""(the occasion's column, conditions on it, tables to join)."""


def _occasion(rule: Rule, subject: Who, today: date) -> Occasion:
    """What the rule counts from."""
    when = rule.when
    first, last = window(rule, today)
    if when.standing:
        return literal("" if when.standing == "once" else f"{rules.fiscal_year(today)}-04-01"), (), ()
    if when.birthday:
        months = when.birthday.in_months
        born = subject.birth_date.between(rules.born_from(first, months), rules.born_until(last, months))
        return cast(subject.birth_date, String), (born,), ()
    if when.moved_in:
        return cast(subject.moved_in, String), (subject.moved_in.between(first, last),), ()
    if when.yearly:
        days = rules.occasions_of_year(when.yearly, first, last)
        return (literal(days[-1].isoformat()), (), ()) if days else (literal(""), (false(),), ())
    if when.declared:
        said = aliased(Declaration)
        here = and_(said.kind == when.declared, said.ended_at.is_(None), said.ward.in_(("", subject.ward)))
        return cast(said.day, String), (said.day.between(first, last),), ((said, here),)
    if when.applied:
        since, until = (datetime.combine(day, time(), JST) for day in (first, last + timedelta(days=1)))
        sent, on = applications.sent_of(when.applied, of=subject.id, since=since, until=until)
        return JapaneseDay(sent), (), (on,)
    return _day_of_fact(when, subject, today, (first, last))


def _day_of_fact(when: When, subject: Who, today: date, days: tuple[date, date]) -> Occasion:
    """The first day of a fact, or the day that it tells."""
    first, last = days
    fact = aliased(facts.Known)
    name = when.fact_since or when.fact_day or ""
    day: Any = cast(fact.since, String) if when.fact_since else fact.value
    of_subject = and_(fact.resident_id == subject.id, fact.name == name)
    holds_now = (fact.since <= today, or_(fact.until.is_(None), fact.until >= today))
    return day, (day.between(first.isoformat(), last.isoformat()), *holds_now), ((fact, of_subject),)


def holds(one: Condition, who: Who, today: date) -> ColumnElement[bool]:
    """The condition about *who* (an alias of residents)."""
    return _COMPILERS[one.kind](one, who, today)


def _all(some: Sequence[Condition], who: Who, today: date) -> ColumnElement[bool]:
    return and_(true(), *(holds(one, who, today) for one in some))


def _aged(who: Who, today: date, least: int | None, most: int | None) -> ColumnElement[bool]:
    """So many whole months old, both ends included."""
    found = []
    if least is not None:
        found.append(who.birth_date <= rules.born_until(today, least))
    if most is not None:
        found.append(who.birth_date > rules.born_until(today, most + 1))
    return and_(*found)


def _age(one: Condition, who: Who, today: date) -> ColumnElement[bool]:
    assert one.age
    least, most = one.age.least, one.age.most
    return _aged(who, today, None if least is None else 12 * least, None if most is None else 12 * most + 11)


def _age_by_march(one: Condition, who: Who, today: date) -> ColumnElement[bool]:
    assert one.age_by_march
    least, most, every = one.age_by_march.least or 0, one.age_by_march.most, one.age_by_march.every
    ages = [(age, age) for age in range(least, (most or least) + 1, every)] if every else [(least, most)]
    found = []
    for youngest, oldest in ages:
        first, last = rules.born_of_ages_by_march(youngest, oldest, today)
        found.append(who.birth_date <= last if first is None else who.birth_date.between(first, last))
    return or_(*found)


def _months(one: Condition, who: Who, today: date) -> ColumnElement[bool]:
    assert one.months
    return _aged(who, today, one.months.least, one.months.most)


def _grade(one: Condition, who: Who, today: date) -> ColumnElement[bool]:
    assert one.grade
    eldest, youngest = rules.born_of_grades(one.grade.least or 0, _last_grade(one), today)
    return who.birth_date >= eldest if one.grade.least is None else who.birth_date.between(eldest, youngest)


def _last_grade(one: Condition) -> int:
    assert one.grade
    return one.grade.most if one.grade.most is not None else rules.LAST_GRADE


def _japanese(one: Condition, who: Who, _today: date) -> ColumnElement[bool]:
    return who.nationality == "日本" if one.japanese else who.nationality != "日本"


def _moved_in(one: Condition, who: Who, today: date) -> ColumnElement[bool]:
    assert one.moved_in_days is not None
    return who.moved_in >= today - timedelta(days=one.moved_in_days)


def _fact(one: Condition, who: Who, today: date) -> ColumnElement[bool]:
    assert one.fact
    said: FactIs = one.fact
    if said.least is not None or said.most is not None:
        return facts.in_range(said.name, of=who.id, least=said.least, most=said.most)
    if said.days_from is not None or said.days_to is not None:
        first, last = (
            None if days is None else today + timedelta(days=days) for days in (said.days_from, said.days_to)
        )
        return facts.in_days(said.name, of=who.id, first=first, last=last)
    return facts.has_value(said.name, said.one_of, of=who.id)


def _vaccinated(one: Condition, who: Who, _today: date) -> ColumnElement[bool]:
    assert one.vaccinated
    given = aliased(Vaccination)
    dose = one.vaccinated
    return exists().where(given.resident_id == who.id, given.vaccine == dose.vaccine, given.dose >= dose.dose)


def _guards(one: Condition, who: Who, today: date) -> ColumnElement[bool]:
    """Up to which age somebody is a child the parts say, where they name a school year: laws about children in school
    count them until its 31 March, beyond the 18th birthday (児童扶養手当法第3条)."""
    child, inner = aliased(Person), one.guards or ()
    last = max((_last_grade(part) for part in inner if part.grade), default=None)
    since = None if last is None else rules.born_of_grades(last, last, today)[0]
    guarded = residents.is_guarded_by(child, who, children_born_since=since)
    return exists().where(guarded, child.moved_out.is_(None), _all(inner, child, today))


def _household(one: Condition, who: Who, today: date) -> ColumnElement[bool]:
    member = aliased(Person)
    parts = _all(one.household or (), member, today)
    same = member.household_number == who.household_number
    return exists().where(same, member.id != who.id, member.moved_out.is_(None), parts)


def _alone(_one: Condition, who: Who, _today: date) -> ColumnElement[bool]:
    member = aliased(Person)
    same = member.household_number == who.household_number
    return not_(exists().where(same, member.id != who.id, member.moved_out.is_(None)))


def _applied(procedure: str, who: Who, today: date) -> ColumnElement[bool]:
    since = datetime.combine(today - rules.APPLIED_WITHIN, time(), JST)
    return applications.has_sent(procedure, of=who.id, since=since)


_COMPILERS: dict[str, Any] = {
    "age": _age,
    "age_by_march": _age_by_march,
    "months": _months,
    "grade": _grade,
    "sex": lambda one, who, _today: who.sex == one.sex,
    "japanese": _japanese,
    "ward": lambda one, who, _today: who.ward == one.ward,
    "moved_in_days": _moved_in,
    "fact": _fact,
    "vaccinated": _vaccinated,
    "guards": _guards,
    "household": _household,
    "alone": _alone,
    "applied": lambda one, who, today: _applied(one.applied, who, today),
    "any_of": lambda one, who, today: or_(*(holds(part, who, today) for part in one.any_of)),
    "none_of": lambda one, who, today: not_(or_(*(holds(part, who, today) for part in one.none_of))),
}


def still_holds(session: Session, rule: Rule, resident_id: UUID, subject_id: UUID) -> bool:
    """Whether the conditions hold for them now, whatever the day: facts may have changed since they were told."""
    today = clock.today()
    subject, told = aliased(Person), aliased(Person)
    same = told.id == subject.id if rule.tells == "self" else residents.is_guarded_by(subject, told)
    query = select(literal(1)).select_from(subject).join(told, same)
    query = query.where(subject.id == subject_id, told.id == resident_id, subject.moved_out.is_(None))
    query = query.where(*(holds(one, subject, today) for one in rule.who))
    if rule.consent:
        query = query.where(facts.consent_stands(rule.consent, of=told.id))
    if rule.leads.procedure:
        query = query.where(not_(_applied(rule.leads.procedure, told, today)))
    return session.execute(query.limit(1)).first() is not None


def has_applied(session: Session, rule: Rule, resident_id: UUID) -> bool:
    """Whether the person sent the application the rule leads to: then there is nothing to tell."""
    who = aliased(Person)
    if not rule.leads.procedure:
        return False
    sent = select(_applied(rule.leads.procedure, who, clock.today())).where(who.id == resident_id)
    return bool(session.scalar(sent))


Found = tuple[bool, list[bool]]
"""(whether the occasion is now, whether each condition holds)."""


def answers(session: Session, rule: Rule, subjects: Collection[UUID], looks_at: Looks) -> dict[UUID, Found]:
    """What holds of *rule* for each of the people; what *looks_at* leaves out is not read, and does not hold."""
    today = clock.today()
    subject = aliased(Person)
    parts = [holds(one, subject, today) if looks_at.at(one) else false() for one in rule.who]
    timely = _in_time(rule, subject, today) if looks_at.at_occasion(rule.when) else false()
    query = select(subject.id, timely, *parts).where(subject.id.in_(subjects))
    return {row[0]: (bool(row[1]), [bool(part) for part in row[2:]]) for row in session.execute(query)}


def _in_time(rule: Rule, subject: Who, today: date) -> ColumnElement[bool]:
    _, wanted, tables = _occasion(rule, subject, today)
    found = and_(true(), *wanted)
    for table, on in tables:
        found = exists(select(literal(1)).select_from(table).where(on, *wanted).correlate(subject))
    return found
