"""People of the boundary cases that stand in the files of rules: made into rows, and asked whether they are told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.applications.models import Application
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.facts import service as facts
from portal.facts.service import FactRow
from portal.guidance.models import Declaration, Vaccination
from portal.guidance.schema import Case, Rule
from portal.residents.models import Resident
from portal.residents.service import take
from tests.portal.residents.city import row

TODAY = date(2026, 11, 22)
PARENT: dict[str, Any] = {"born": "1990-01-01", "relation": "世帯主"}
_numbers = count(1)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), JST)


@dataclass(slots=True)
class Asked:
    """One case of one rule, as people of the database: `told` is who would be told about `subject`."""

    rule: Rule
    case: Case
    subject: UUID
    home: list[UUID] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.rule.name}: {self.case.about}"


def settle(session: Session, rules: list[Rule]) -> list[Asked]:
    """Bring every person of every case of *rules* into the register, with what is known about them."""
    homes = [(rule, case, _home(rule, case)) for rule in rules for case in rule.cases]
    rows, said = [], []
    for _, _, home in homes:
        household = next(_numbers)
        for person in home:
            number = next(_numbers)
            rows.append(_row(number, household, person))
            said.append((f"{number:015d}", person))
    take(session, rows)
    ids = {one.addressee_number: one.id for one in session.scalars(select(Resident))}
    _tell_facts(session, [(ids[number], person) for number, person in said])
    for _, case, _ in homes:
        if case.declared:
            day = date.fromisoformat(case.declared["day"])
            facts_of_it = {"kind": "disaster", "ward": case.declared["ward"], "note": "", "by": ""}
            session.merge(Declaration(id=UUID(int=1), day=day, declared_at=noon(day), **facts_of_it))
    people = iter(said)
    found = []
    for rule, case, home in homes:
        own = [ids[next(people)[0]] for _ in home]
        found.append(Asked(rule, case, own[0], own))
    return found


def _home(rule: Rule, case: Case) -> list[dict[str, Any]]:
    relation = "子" if rule.tells == "guardians" else "世帯主"
    others = list(case.household) or ([PARENT] if rule.tells == "guardians" else [])
    return [{"relation": relation} | case.person, *others]


def _row(number: int, household: int, person: dict[str, Any]) -> Any:
    known = {name: person[name] for name in ("relation", "sex", "nationality", "ward") if name in person}
    born = date.fromisoformat(person["born"])
    moved_in = date.fromisoformat(person["moved_in"]) if "moved_in" in person else max(born, date(2001, 4, 1))
    return row(number, household_number=f"{household:015d}", birth_date=born, moved_in=moved_in, **known)


def _tell_facts(session: Session, said: list[tuple[UUID, dict[str, Any]]]) -> None:
    told = list(_facts(said))
    for name in {one.name for one in told}:
        facts.take(session, [one for one in told if one.name == name], source="test")
    for resident_id, person in said:
        for topic in person.get("consents", ()):
            facts.give_consent(session, resident_id, topic)
        for vaccine, doses in person.get("vaccinations", {}).items():
            given = [{"resident_id": resident_id, "vaccine": vaccine, "dose": dose + 1} for dose in range(doses)]
            session.execute(
                insert(Vaccination), [one | {"given_on": TODAY, "place": "", "source": ""} for one in given]
            )
        for procedure, day in person.get("applied", {}).items():
            session.add(_application(resident_id, procedure, date.fromisoformat(day)))


def _facts(said: list[tuple[UUID, dict[str, Any]]]) -> Iterator[FactRow]:
    for resident_id, person in said:
        for name, told in person.get("facts", {}).items():
            value, since = told if isinstance(told, list) else (told, "2026-04-01")
            yield FactRow(resident_id, name, value, date.fromisoformat(since))


def _application(resident_id: UUID, procedure: str, day: date) -> Application:
    sent = noon(day).astimezone(UTC)
    return Application(
        id=new_id(), reference=f"{next(_numbers):014d}", resident_id=resident_id, procedure=procedure, version=1,
        state="submitted", answers={}, typed={}, known={}, seen=[], started_at=sent, saved_at=sent, submitted_at=sent,
    )  # fmt: skip
