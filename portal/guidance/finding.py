"""Finding whom a rule concerns: one statement a rule. Worker's work.

A run is a chain of promises in the outbox, each a transaction: one rule, the next rule, and after the last one telling
(`telling`). Killed anywhere, the rest is done later, and nobody is found twice: the unique key of an advice settles it.
"""

import gc
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, literal, or_, select, true, tuple_, union_all
from sqlalchemy.orm import Session

from portal.core import clock, outbox
from portal.core.audit import Action, did
from portal.core.clock import JST
from portal.core.db import Instant, insert_of
from portal.guidance import catalogue, matching, rules, telling
from portal.guidance.models import Advice
from portal.guidance.rules import State
from portal.guidance.schema import Rule
from portal.residents.service import Person

RUN, LOOK = "guidance.run", "guidance.look"
COLUMNS = ["resident_id", "subject_id", "occasion", "rule", "weight", "found_at", "state"]


def begin_nightly(session: Session, _payload: dict[str, Any]) -> None:
    """Begin this day's run once, when it is night (worker, hourly)."""
    now = clock.now().astimezone(JST)
    if now.hour >= rules.NIGHT_HOUR:
        begin(session, now.date().isoformat())


def begin(session: Session, key: str, *, only: Sequence[str] = ()) -> bool:
    """Promise a run over the whole population, of all rules or of those named *only*; the same *key* promises it once.
    Returns whether it was new."""
    names = list(only) or list(catalogue.rules())
    return _promise(session, key, names[0], part=0, only=only)


def _promise(session: Session, key: str, rule: str, *, part: int, only: Sequence[str]) -> bool:
    payload = {"key": key, "rule": rule, "part": part, "only": list(only)}
    return outbox.post(session, RUN, payload, key=f"{RUN}:{key}:{rule}:{part}", lane=outbox.Lane.BULK)


def next_run() -> datetime:
    """When the next nightly run begins at the earliest."""
    now = clock.now().astimezone(JST)
    tonight = now.replace(hour=rules.NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return tonight if tonight > now else tonight + timedelta(days=1)


def run(session: Session, payload: dict[str, Any]) -> None:
    """Find whom one rule concerns, and promise the next one; after the last, telling (worker).

    A rule that concerns very many is found in parts: writers on SQLite wait for no more than one.
    """
    key, name, part, only = payload["key"], payload.get("rule", ""), payload.get("part", 0), payload.get("only", [])
    names = [name for name in catalogue.rules() if not only or name in only]
    if name not in names:  # promised by an older version, or its file was taken away meanwhile
        telling.promise(session, key, after=None)
        return
    if name == names[0] and not part:
        _forget_late(session)
    is_off = name in telling.switched_off(session)
    if not is_off and not part:
        forget_what_ended(session, catalogue.find(name))
    if not is_off and find(session, catalogue.find(name)) == rules.FOUND_AT_ONCE:
        _promise(session, key, name, part=part + 1, only=only)
    elif name == names[-1]:
        telling.promise(session, key, after=None)
    else:
        _promise(session, key, names[names.index(name) + 1], part=0, only=only)


def find(session: Session, rule: Rule) -> int:
    """Put on record whom *rule* concerns today and who was not found for it yet, FOUND_AT_ONCE at most; returns how
    many. The statement is asked once a night: kept until the next one, sixty of them are 14 MiB."""
    gc.collect(1)  # the statement of the rule before is full of circles, and would stand beside this one
    found = matching.not_told(rule).subquery()
    # In the order of people, as the indexes are: each of their pages is filled once and not fetched for every line.
    lines = _of(rule, found).order_by(found.c.resident_id).limit(rules.FOUND_AT_ONCE).subquery()
    return _put_on_record(session, lines, case=rule.name, compiled_cache=None)


def _find_at_home(session: Session, household: str) -> int:
    """The same of every rule that is on, for one household, by one statement."""
    off = frozenset(telling.switched_off(session))
    lines = _lines_of_household(clock.today(), off)
    return _put_on_record(session, lines, case="household", values={"household": household})


@lru_cache(maxsize=2)
def _lines_of_household(_today: date, off: frozenset[str]) -> Any:
    """Built once a day: putting it together takes longer than a household's answer."""
    on = [rule for rule in catalogue.rules().values() if rule.name not in off]
    return union_all(*(_of(rule, matching.not_told_at_home(rule).subquery()) for rule in on)).subquery()


def _of(rule: Rule, found: Any) -> Select[Any]:
    return select(
        found.c.resident_id,
        found.c.subject_id,
        found.c.occasion,
        literal(rule.name).label("rule"),
        literal(rule.weight).label("weight"),
    )


def _put_on_record(
    session: Session, lines: Any, *, case: str, values: dict[str, Any] | None = None, **options: Any
) -> int:
    rows = select(lines, bindparam("now", type_=Instant), literal(str(State.OPEN)))
    rows = rows.where(true())  # SQLite reads ON CONFLICT after a bare SELECT as a join
    statement = insert_of(session.get_bind().dialect.name, Advice).from_select(COLUMNS, rows).on_conflict_do_nothing()
    options["preserve_rowcount"] = True  # PostgreSQL inserts lose it otherwise
    given = {"now": clock.now()} | (values or {})
    count = session.connection().execute(statement, given, execution_options=options).rowcount
    if count:
        did(session, Action.CREATE, whose=None, what="guidance.run", case_ref=case)
    return count


def _forget_late(session: Session) -> None:
    """What waited for a quieter day until its own time was over is not told any more."""
    today = clock.today()
    first = {name: found[0] for name, rule in catalogue.rules().items() if (found := matching.bounds(rule, today))}
    late = or_(*(and_(Advice.rule == name, Advice.occasion < day) for name, day in first.items()))
    session.execute(
        delete(Advice).where(Advice.told_on.is_(None), late), execution_options={"synchronize_session": False}
    )


def forget_what_ended(session: Session, rule: Rule, who: ColumnElement[bool] | None = None) -> None:
    """What waits for a quieter day is not told when it holds no more: somebody died or moved, applied meanwhile, took a
    consent back. Of everybody, or of *who* (a condition on Advice)."""
    waiting = and_(Advice.rule == rule.name, Advice.told_on.is_(None), true() if who is None else who)
    if session.scalar(select(Advice.number).where(waiting).limit(1)) is None:
        return
    still = matching.matches(rule, told_are=select(Advice.resident_id).where(waiting)).subquery()
    line = tuple_(Advice.resident_id, Advice.subject_id, Advice.occasion)
    ended = line.not_in(select(still.c.resident_id, still.c.subject_id, still.c.occasion))
    options = {"compiled_cache": None}  # as in find
    session.connection().execute(delete(Advice).where(waiting, ended), execution_options=options)


def look_soon(session: Session, resident_id: UUID, *, key: str) -> None:
    """Promise to look at somebody's household; the same *key* (an event's, say) once."""
    outbox.post(session, LOOK, {"resident_id": str(resident_id)}, key=f"{LOOK}:{key}")


def look_at(session: Session, payload: dict[str, Any]) -> None:
    """Something happened to somebody: look at their household now, and tell what is found (worker)."""
    person = session.get(Person, UUID(payload["resident_id"]))
    if person is None or person.moved_out is not None:
        return
    _find_at_home(session, person.household_number)
    members = select(Person.id).where(Person.household_number == person.household_number)
    at_home = Advice.resident_id.in_(members)
    for name in session.scalars(select(Advice.rule).where(at_home, Advice.told_on.is_(None)).distinct()).all():
        if name in catalogue.rules():
            forget_what_ended(session, catalogue.find(name), at_home)
    telling.tell_some(session, at_home)
